/* SPDX-License-Identifier: MIT
 * Owns: a program that calls what moves bytes, makes files and asks about them without read and write; argv[1] says
 * which calls, and it prints what each returned. Must not know: the profiler. */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

static const char gif[64] = "GIF89a and then some";
static char buffer[8192];

static void show(const char *what, long result)
{
    printf("%s %ld %d\n", what, result, result < 0 ? errno : 0);
    errno = 77; /* what a call leaves alone must stay */
}

static int make(const char *name, int parts)
{
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (int i = 0; i < parts; i++)
        if (write(fd, gif, sizeof gif) < 0)
            puts("write");
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static void ranges(void)
{
    make("one", 3), make("two", 3);
    int three = make("three", 3);
    show("cloexec", close_range(3, ~0U, CLOSE_RANGE_CLOEXEC));
    show("read", read(three, buffer, 10));
    show("refused", close_range(5, 4, 0));
    show("refused", close_range(3, ~0U, 1 << 20));
    show("range", close_range((unsigned)three, ~0U, CLOSE_RANGE_UNSHARE));
    show("read", read(three, buffer, 10));
    show("again", make("four", 2) - three);
    closefrom(three);
    show("read", read(three, buffer, 10));
    show("dup onto stdin", dup2(make("five", 2), 0));
    show("read", read(0, buffer, sizeof buffer));
    fflush(stdout);
    if (fork() == 0) {
        closefrom(0);
        int fd = make("zero", 2);
        for (int to = 1; to < 100; to++)
            if (dup3(fd, to, to % 2 ? O_CLOEXEC : 0) != to || write(to, "x", 1) != 1)
                _exit(99);
        closefrom(-5);
        _exit(make("anew", 5) + 40);
    }
    int status = 0;
    wait(&status);
    show("status", status);
    show("after", make("after", 2) >= 0);
}

static void temporaries(void)
{
    static const char *const names[] = {"made-0", "made-1", "made-2", "made-3"};
    char patterns[4][24] = {"a-XXXXXX", "b-XXXXXX", "c-XXXXXX.gif", "d-XXXXXX.gif"}, wrong[] = "no pattern", link[40];
    int made[] = {mkstemp(patterns[0]), mkostemp(patterns[1], O_APPEND), mkstemps(patterns[2], 4),
                  mkostemps(patterns[3], 4, O_CLOEXEC)};
    for (int i = 0; i < 4; i++) {
        show(names[i], write(made[i], gif, sizeof gif));
        show("rename", rename(patterns[i], names[i]));
        show("flags", fcntl(made[i], F_GETFL) & O_APPEND);
    }
    show("mkstemp", mkstemp(wrong));
    show("mkstemps", mkstemps(patterns[2], 400));
    FILE *nameless = tmpfile();
    show("tmpfile", fwrite(gif, 1, sizeof gif, nameless));
    rewind(nameless);
    show("tmpfile", fread(buffer, 1, sizeof buffer, nameless));
    show("tmpfile", fclose(nameless));
    int memory = memfd_create("in memory", MFD_CLOEXEC);
    show("memfd", write(memory, gif, sizeof gif));
    show("memfd", memfd_create("x", 0xffff));
    int hidden = open(".", O_TMPFILE | O_RDWR, 0600);
    show("hidden", write(hidden, gif, sizeof gif));
    snprintf(link, sizeof link, "/proc/self/fd/%d", hidden);
    show("linkat", linkat(AT_FDCWD, link, AT_FDCWD, "appeared", AT_SYMLINK_FOLLOW));
    show("linkat", linkat(AT_FDCWD, link, AT_FDCWD, "appeared", AT_SYMLINK_FOLLOW));
    snprintf(link, sizeof link, "/guest-calls-%d", (int)getpid());
    int shared = shm_open(link, O_RDWR | O_CREAT | O_EXCL, 0600);
    show("shm", write(shared, gif, sizeof gif));
    show("shm", shm_open(link, O_RDWR | O_CREAT | O_EXCL, 0600));
    show("shm", shm_unlink(link));
}

static void lengths(void)
{
    int fd = make("lengths", 4);
    show("truncate", truncate("lengths", 100));
    show("truncate", truncate("missing", 100));
    show("truncate", truncate("lengths", -1));
    show("ftruncate", ftruncate(fd, 5000));
    show("fallocate", fallocate(fd, 0, 4000, 4000));
    show("fallocate", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 50));
    show("fallocate", fallocate(fd, 0, -1, 10));
    errno = 123;
    show("posix_fallocate", posix_fallocate(fd, 8000, 3000));
    errno = 123;
    int error = posix_fallocate(-1, 0, 10);
    printf("posix_fallocate %d errno %d\n", error, errno);
    error = posix_fallocate(fd, 0, -10);
    printf("posix_fallocate %d errno %d\n", error, errno);
    show("fsync", fsync(fd));
    show("fdatasync", fdatasync(fd));
    show("sync_file_range", sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE));
    show("fsync", fsync(-1));
    show("dprintf", dprintf(fd, "GIF89a %d\n", 5));
    show("dprintf", dprintf(-1, "x"));
}

static void copies(void)
{
    int from = make("from", 100), to = make("to", 0), pipes[2], others[2];
    off_t in = 0, out = 640;
    show("pipe", pipe(pipes));
    show("pipe2", pipe2(others, O_NONBLOCK | O_CLOEXEC));
    show("pipe2", pipe2(others, 0xfffff));
    show("sendfile", sendfile(to, from, NULL, 320));
    show("sendfile", sendfile(to, from, &in, 320));
    show("copy_file_range", copy_file_range(from, &in, to, &out, 640, 0));
    show("copy_file_range", copy_file_range(from, NULL, to, NULL, 64, 5));
    show("splice", splice(from, &in, pipes[1], NULL, 1000, 0));
    show("tee", tee(pipes[0], others[1], 500, 0));
    show("splice", splice(pipes[0], NULL, to, NULL, 400, 0));
    struct iovec parts[2] = {{(void *)gif, 10}, {(void *)gif, 30}}, mine[2] = {{buffer, 100}, {buffer + 100, 200}};
    show("vmsplice", vmsplice(pipes[1], parts, 2, 0));
    show("vmsplice", vmsplice(-1, parts, 2, 0));
    show("read", read(pipes[0], buffer, sizeof buffer));
    show("read", read(others[0], buffer, sizeof buffer));
    show("read", read(others[0], buffer, sizeof buffer));
    show("pwritev2", pwritev2(to, parts, 2, -1, 0));
    show("pwritev2", pwritev2(to, parts, 2, 5000, RWF_DSYNC));
    show("pwritev2", pwritev2(to, parts, 2, 0, 0x4000));
    show("pwritev", pwritev(to, parts, 2, 6000));
    show("preadv2", preadv2(from, mine, 2, -1, 0));
    show("preadv2", preadv2(from, mine, 2, -1, 0));
    show("preadv", preadv(from, mine, 2, 6300));
    show("seek", lseek(from, 0, SEEK_CUR));
    show("seek", lseek(to, 0, SEEK_CUR));
    show("seek", lseek(pipes[0], 0, SEEK_CUR));
    show("sendfile", sendfile(-1, from, NULL, 10));
}

static void numbers(void)
{
    struct statx facts;
    struct open_how how = {.flags = O_RDONLY};
    struct io_uring_params ring = {0};
    off_t at = 0;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, "by-number", O_RDWR | O_CREAT | O_TRUNC, 0640);
    show("write", syscall(SYS_write, fd, gif, sizeof gif));
    show("seek", syscall(SYS_lseek, fd, 0, SEEK_SET));
    show("read", syscall(SYS_read, fd, buffer, sizeof buffer));
    show("pread", syscall(SYS_pread64, fd, buffer, 10, 5));
    int other = (int)syscall(SYS_openat2, AT_FDCWD, "by-number", &how, sizeof how);
    show("openat2", other - fd);
    show("openat2", syscall(SYS_openat2, AT_FDCWD, "missing", &how, sizeof how));
    show("openat2", syscall(SYS_openat2, AT_FDCWD, "by-number", NULL, sizeof how));
    show("openat2", syscall(SYS_openat2, AT_FDCWD, "by-number", &how, 3));
    int target = make("by-number-too", 0);
    show("copy", syscall(SYS_copy_file_range, other, &at, target, NULL, 64, 0));
    show("statx", syscall(SYS_statx, AT_FDCWD, "by-number", 0, STATX_SIZE, &facts));
    show("size", (long)facts.stx_size);
    show("statx", syscall(SYS_statx, AT_FDCWD, (char *)8, 0, STATX_SIZE, &facts));
    show("close", syscall(SYS_close, other));
    show("close", syscall(SYS_close, other));
    show("tid", syscall(SYS_gettid, 1, 2, 3, 4, 5, 6) - getpid());
    show("pid", syscall(SYS_getpid, 1, 2, 3, 4, 5, 6) - getpid());
    void *memory = (void *)syscall(SYS_mmap, NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0L);
    show("mmap", memcmp(memory, gif, sizeof gif));
    show("nothing", syscall(100000, 1, 2, 3));
    show("read", syscall(SYS_read, -1, (void *)8, 10));
    show("read", syscall(SYS_read, fd, (void *)8, 10));
    int uring = (int)syscall(SYS_io_uring_setup, 4, &ring);
    show("uring", uring < 0 ? uring : 0);
    show("uring", syscall(SYS_io_uring_setup, 0, NULL));
}

static void maps(void)
{
    long page = 4096;
    int fd = make("mapped", 640); /* ten pages */
    char *map = mmap(NULL, 10 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    show("equal", memcmp(map, gif, sizeof gif));
    memset(map + 3 * page, 'x', page);
    show("msync", msync(map, 10 * page, MS_SYNC));
    show("msync", msync(map + 1, page, MS_SYNC));
    show("munmap", munmap(map + 2 * page, page)); /* two pieces remain */
    show("munmap", munmap(map + 2 * page, page));
    show("munmap", munmap(map + 1, page));
    char *over = mmap(map + 5 * page, 2 * page, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, page);
    show("over", over - (map + 5 * page));
    show("over", over[0] == gif[0]);
    show("noreplace", mmap(map, page, PROT_READ, MAP_PRIVATE | MAP_FIXED_NOREPLACE, fd, 0) == MAP_FAILED ? -1 : 0);
    char *moved = mremap(map + 3 * page, 2 * page, 20 * page, MREMAP_MAYMOVE);
    show("moved", moved[0]);
    char *smaller = mremap(moved, 20 * page, page, 0);
    show("smaller", smaller - moved);
    show("mremap", mremap(map + 1, page, page, 0) == MAP_FAILED ? -1 : 0);
    char *place = mmap(NULL, 50 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *fixed = mremap(smaller, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, place + 7 * page);
    show("fixed", fixed - place);
    show("fixed", fixed[1]);
    show("all", munmap(place, 50 * page));
    show("head", munmap(map, 2 * page));
    show("failed", mmap(NULL, page, PROT_READ, MAP_SHARED, 12345, 0) == MAP_FAILED ? -1 : 0);
    show("failed", mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0);
    char *large = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    large = mremap(large, 1 << 20, 2 << 20, MREMAP_MAYMOVE);
    large[(2 << 20) - 1] = 1;
    show("middle", munmap(large + (1 << 19), 1 << 19));
    show("rest", munmap(large, 2 << 20));
    show("length", ftruncate(fd, 100));
}

static void metadata(void)
{
    struct stat status;
    struct statx more;
    int fd = make("asked", 3);
    show("symlink", symlink("asked", "link"));
    for (int i = 0; i < 50; i++) {
        show("stat", stat("link", &status) ?: status.st_size);
        show("lstat", lstat("link", &status) ?: status.st_size);
        show("fstat", fstat(fd, &status) ?: status.st_size);
        show("fstatat", fstatat(AT_FDCWD, "link", &status, AT_SYMLINK_NOFOLLOW) ?: status.st_size);
        show("statx", statx(AT_FDCWD, "asked", 0, STATX_SIZE, &more) ?: (long)more.stx_size);
        show("access", access("asked", X_OK));
        show("faccessat", faccessat(AT_FDCWD, "missing", R_OK, AT_EACCESS));
        show("euidaccess", euidaccess("asked", R_OK));
        show("readlink", readlink("link", buffer, 3));
        show("readlinkat", readlinkat(AT_FDCWD, "asked", buffer, sizeof buffer));
        show("stat", stat("missing/x", &status));
        show("stat", stat((char *)8, &status));
        show("stat", stat("asked", (void *)8));
        show("lstat", lstat((char *)8, &status));
        show("fstat", fstat(-1, &status));
        show("readlink", readlink("link", (char *)8, 10));
        show("access", access((char *)8, 0));
        show("chmod", chmod("asked", 0600 + (unsigned)i % 8));
        show("fchmod", fchmod(fd, 0640));
        show("utimensat", utimensat(AT_FDCWD, "asked", NULL, 0));
        show("utimes", utimes("missing", NULL));
        show("mkdir", mkdir("directory", 0700));
        show("rmdir", rmdir("directory"));
        show("rmdir", rmdir("asked"));
    }
}

/* Pointers that only the kernel may look at. */
static void refused(void)
{
    void *bad = (void *)8;
    int fd = make("refused", 5), to = make("to", 1), pipes[2];
    if (pipe(pipes))
        return;
    show("truncate", truncate(bad, 5));
    show("pipe", pipe(bad));
    show("pipe2", pipe2(bad, 0));
    show("copy_file_range", copy_file_range(fd, bad, to, NULL, 10, 0));
    show("sendfile", sendfile(to, fd, bad, 10));
    show("splice", splice(fd, bad, pipes[1], NULL, 10, 0));
    show("vmsplice", vmsplice(pipes[1], bad, 1, 0));
    struct iovec part = {bad, 10};
    show("vmsplice", vmsplice(pipes[1], &part, 1, 0));
    show("preadv2", preadv2(fd, &part, 1, -1, 0));
    show("preadv2", preadv2(fd, bad, 1, -1, 0));
    show("pwritev2", pwritev2(fd, bad, 1, -1, 0));
    show("preadv", preadv(fd, bad, 1000000, 0));
    show("memfd_create", memfd_create(bad, 0));
    show("symlinkat", symlinkat(bad, AT_FDCWD, "x"));
    show("chroot", chroot(bad));
    show("mkdir", mkdir(bad, 0700));
    show("utime", utime(bad, NULL));
    show("utimensat", utimensat(AT_FDCWD, "refused", bad, 0));
    show("chown", chown(bad, 0, 0));
    show("statx", statx(AT_FDCWD, bad, 0, 0, bad));
    show("wait4", wait4(-1, bad, 0, bad));
    show("waitid", waitid(P_ALL, 0, bad, WEXITED));
    show("mremap", mremap(bad, 100, 100, 0) == MAP_FAILED ? -1 : 0);
    show("munmap", munmap(bad, 100));
    show("msync", msync((void *)4096, 4096, MS_SYNC));
}

int main(int count, char **arguments)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } all[] = {{"ranges", ranges},     {"temporaries", temporaries}, {"lengths", lengths},
               {"copies", copies},     {"numbers", numbers},         {"maps", maps},
               {"metadata", metadata}, {"refused", refused}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (count > 1 && strcmp(arguments[1], all[i].name) == 0)
            all[i].run();
    return 5;
}

/* SPDX-License-Identifier: MIT
 * Owns: a victim: every way that libc has to read, write, open, name and map a file, each on a file of its own that is
 * named after the function, so that what a profiler misses says its name. Ends with code 9 and a buffer unwritten.
 * Must not know: the profiler. */
#undef _FORTIFY_SOURCE /* it would warn of results that nobody looks at */
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

#define BYTES ((size_t)10007) /* of every file that is read */
#define PART  ((size_t)5003)

static char buffer[16384], text[BYTES];
static struct iovec parts[2] = {{buffer, 1000}, {buffer + 1000, 4003}};

static const char *named(const char *name, const char *folder)
{
    static char path[2][256];
    static int next;
    next = !next;
    snprintf(path[next], sizeof path[next], "%s/%s", folder, name);
    return path[next];
}

static int opened(const char *name, const char *folder, int flags)
{
    int fd = open(named(name, folder), flags, 0644);
    if (fd < 0) {
        perror(name);
        abort();
    }
    return fd;
}

static int input(const char *name)
{
    int fd = opened(name, "calls", O_WRONLY | O_CREAT);
    if (write(fd, text, BYTES) != (ssize_t)BYTES)
        abort();
    close(fd);
    return opened(name, "calls", O_RDWR);
}

static FILE *stream_of(const char *name, const char *mode)
{
    close(input(name));
    FILE *stream = fopen(named(name, "calls"), mode);
    if (!stream)
        abort();
    return stream;
}

/* One call on a descriptor, or on a FILE, of a file with text in it. */
#define ON_FD(name, ...)                                                                                               \
    do {                                                                                                               \
        int fd = input(name);                                                                                          \
        __VA_ARGS__;                                                                                                   \
        close(fd);                                                                                                     \
    } while (0)
#define ON_STREAM(name, mode, times, ...)                                                                              \
    do {                                                                                                               \
        FILE *stream = stream_of(name, mode);                                                                          \
        for (int n = 0; n < (times); n++)                                                                              \
            __VA_ARGS__;                                                                                               \
        fclose(stream);                                                                                                \
    } while (0)

ssize_t __read_chk(int fd, void *to, size_t size, size_t limit);
ssize_t __pread_chk(int fd, void *to, size_t size, off_t offset, size_t limit);
ssize_t __pread64_chk(int fd, void *to, size_t size, off64_t offset, size_t limit);
size_t __fread_chk(void *to, size_t limit, size_t size, size_t count, FILE *stream);
size_t __fread_unlocked_chk(void *to, size_t limit, size_t size, size_t count, FILE *stream);
char *__fgets_chk(char *to, size_t limit, int size, FILE *stream);
char *__fgets_unlocked_chk(char *to, size_t limit, int size, FILE *stream);
int __fprintf_chk(FILE *stream, int flag, const char *format, ...);
int __dprintf_chk(int fd, int flag, const char *format, ...);
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int directory, const char *path, int flags);

static void descriptors_read(void)
{
    ON_FD("read", read(fd, buffer, PART));
    ON_FD("read at the end", read(fd, buffer, sizeof buffer), read(fd, buffer, 1));
    ON_FD("__read_chk", __read_chk(fd, buffer, PART, sizeof buffer));
    ON_FD("pread", pread(fd, buffer, PART, 77));
    ON_FD("pread64", pread64(fd, buffer, PART, 78));
    ON_FD("__pread_chk", __pread_chk(fd, buffer, PART, 79, sizeof buffer));
    ON_FD("__pread64_chk", __pread64_chk(fd, buffer, PART, 80, sizeof buffer));
    ON_FD("readv", readv(fd, parts, 2));
    ON_FD("preadv", preadv(fd, parts, 2, 81));
    ON_FD("preadv64", preadv64(fd, parts, 2, 82));
    ON_FD("preadv2", preadv2(fd, parts, 2, 83, 0));
    ON_FD("preadv2 here", preadv2(fd, parts, 2, -1, 0), read(fd, buffer, 9));
    ON_FD("preadv64v2", preadv64v2(fd, parts, 2, 84, 0));
    ON_FD("syscall read", syscall(SYS_read, fd, buffer, PART));
    ON_FD("lseek", lseek(fd, 100, SEEK_SET), read(fd, buffer, 100), lseek64(fd, -7, SEEK_END), read(fd, buffer, 9));
    read(-1, buffer, 1), read(9999, buffer, 1);
}

static void descriptors_write(void)
{
    ON_FD("write", write(fd, text, PART));
    ON_FD("pwrite", pwrite(fd, text, PART, 77));
    ON_FD("pwrite64", pwrite64(fd, text, PART, 78));
    ON_FD("writev", writev(fd, parts, 2), write(fd, text, 3));
    ON_FD("pwritev", pwritev(fd, parts, 2, 79));
    ON_FD("pwritev64", pwritev64(fd, parts, 2, 80));
    ON_FD("pwritev2", pwritev2(fd, parts, 2, 81, 0));
    ON_FD("pwritev2 here", pwritev2(fd, parts, 2, -1, 0), write(fd, text, 3));
    ON_FD("pwritev64v2", pwritev64v2(fd, parts, 2, 82, 0));
    ON_FD("syscall write", syscall(SYS_write, fd, text, PART));
    ON_FD("dprintf", dprintf(fd, "%s", "written by dprintf\n"));
    ON_FD("__dprintf_chk", __dprintf_chk(fd, 1, "%s", "written by __dprintf_chk\n"));
    ON_FD("ftruncate", ftruncate(fd, 20011));
    ON_FD("ftruncate64", ftruncate64(fd, 11));
    ON_FD("fallocate", fallocate(fd, 0, 10000, 5000));
    ON_FD("posix_fallocate", posix_fallocate(fd, 10000, 6000));
    ON_FD("posix_fallocate64", posix_fallocate64(fd, 10000, 7000));
    ON_FD("fsync", fsync(fd));
    ON_FD("fdatasync", fdatasync(fd));
    ON_FD("truncate", truncate(named("truncate", "calls"), 13));
    ON_FD("truncate64", truncate64(named("truncate64", "calls"), 14));
    int fd = opened("append", "calls", O_WRONLY | O_CREAT | O_APPEND);
    write(fd, text, 10), write(fd, text, 20);
    close(fd);
}

static void copies(void)
{
    int pipes[2], to = opened("copies", "calls", O_RDWR | O_CREAT);
    ON_FD("sendfile", sendfile(to, fd, NULL, 1000), read(fd, buffer, 5));
    off_t from = 50, at = 7;
    ON_FD("sendfile64", sendfile64(to, fd, &from, 1001));
    ON_FD("copy_file_range", copy_file_range(fd, NULL, to, NULL, 1002, 0), read(fd, buffer, 5));
    ON_FD("copy_file_range at", copy_file_range(fd, &from, to, &at, 1003, 0));
    ON_FD("syscall copy_file_range", syscall(SYS_copy_file_range, fd, NULL, to, NULL, 1004, 0));
    write(to, text, 1);
    if (pipe(pipes))
        abort();
    ON_FD("splice", splice(fd, NULL, pipes[1], NULL, 1005, 0));
    splice(pipes[0], NULL, to, NULL, 1005, 0);
    close(pipes[0]);
    close(pipes[1]);
    close(to);
}

static void print_to(FILE *stream, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vfprintf(stream, format, values);
    va_end(values);
}

static void streams_read(void)
{
    char *line = NULL, word[256];
    size_t room = 0;
    wchar_t wide[64];
    ON_STREAM("fread", "r", 3, fread(buffer, 1, 3001, stream));
    ON_STREAM("fread large", "r", 1, fread(buffer, 1, sizeof buffer, stream));
    ON_STREAM("fread_unlocked", "r", 3, fread_unlocked(buffer, 1, 3001, stream));
    ON_STREAM("__fread_chk", "r", 3, __fread_chk(buffer, sizeof buffer, 1, 3001, stream));
    ON_STREAM("__fread_unlocked_chk", "r", 3, __fread_unlocked_chk(buffer, sizeof buffer, 1, 3001, stream));
    ON_STREAM("fgetc", "r", 9000, fgetc(stream));
    ON_STREAM("getc", "r", 9000, getc(stream));
    ON_STREAM("fgetc_unlocked", "r", 9000, fgetc_unlocked(stream));
    ON_STREAM("getc_unlocked", "r", 9000, getc_unlocked(stream));
    ON_STREAM("getw", "r", 2000, getw(stream));
    ON_STREAM("ungetc", "r", 1, getc(stream), ungetc('x', stream), fread(buffer, 1, 6000, stream));
    ON_STREAM("fgets", "r", 90, fgets(buffer, 300, stream));
    ON_STREAM("fgets_unlocked", "r", 90, fgets_unlocked(buffer, 300, stream));
    ON_STREAM("__fgets_chk", "r", 90, __fgets_chk(buffer, sizeof buffer, 300, stream));
    ON_STREAM("__fgets_unlocked_chk", "r", 90, __fgets_unlocked_chk(buffer, sizeof buffer, 300, stream));
    ON_STREAM("getline", "r", 90, getline(&line, &room, stream));
    ON_STREAM("getdelim", "r", 90, getdelim(&line, &room, 'a', stream));
    ON_STREAM("fscanf", "r", 90, fscanf(stream, "%255s", word));
    ON_STREAM("fgetws", "r", 90, fgetws(wide, 64, stream));
    ON_STREAM("fgetwc", "r", 5000, fgetwc(stream));
    ON_STREAM("fseek", "r", 1, fseek(stream, -9, SEEK_END), ftell(stream), fseek(stream, 0, SEEK_SET));
    ON_STREAM("fseeko", "r", 1, fseeko(stream, 5000, SEEK_SET), fgetc(stream), fseeko(stream, 1, SEEK_CUR));
    ON_STREAM("fseeko64", "r", 1, fseeko64(stream, 5000, SEEK_SET), fgetc(stream), fseeko64(stream, 9000, SEEK_SET));
    fpos_t position;
    ON_STREAM("fsetpos", "r", 1, fseek(stream, 6000, SEEK_SET), fgetpos(stream, &position), fgetc(stream),
              fsetpos(stream, &position));
    ON_STREAM("rewind", "r", 2, fgetc(stream), rewind(stream), fgetc(stream));
    ON_STREAM("setvbuf", "r", 50, (void)(n || setvbuf(stream, NULL, _IONBF, 0)), fgetc(stream));
    ON_STREAM("freopen", "r", 1, freopen("calls/fread", "r", stream), fgetc(stream));
    free(line);
    int fd = opened("fread", "calls", O_RDONLY);
    FILE *stream = fdopen(fd, "r");
    fgetc(stream);
    fclose(stream);
}

static void streams_write(void)
{
    ON_STREAM("fwrite", "w", 3, fwrite(text, 1, 3001, stream));
    ON_STREAM("fwrite large", "w", 1, fwrite(text, 1, BYTES, stream));
    ON_STREAM("fwrite_unlocked", "w", 3, fwrite_unlocked(text, 1, 3001, stream));
    ON_STREAM("fputc", "w", 9000, fputc('a', stream));
    ON_STREAM("putc", "w", 9000, putc('a', stream));
    ON_STREAM("fputc_unlocked", "w", 9000, fputc_unlocked('a', stream));
    ON_STREAM("putc_unlocked", "w", 9000, putc_unlocked('a', stream));
    ON_STREAM("putw", "w", 2000, putw(n, stream));
    ON_STREAM("fputs", "w", 900, fputs("a line of text\n", stream));
    ON_STREAM("fputs_unlocked", "w", 900, fputs_unlocked("a line of text\n", stream));
    ON_STREAM("fprintf", "w", 900, fprintf(stream, "line %d of text\n", n));
    ON_STREAM("__fprintf_chk", "w", 900, __fprintf_chk(stream, 1, "line %d of text\n", n));
    ON_STREAM("vfprintf", "w", 900, print_to(stream, "line %d of text\n", n));
    ON_STREAM("fputws", "w", 900, fputws(L"a line of text\n", stream));
    ON_STREAM("fputwc", "w", 9000, fputwc(L'a', stream));
    ON_STREAM("fflush", "w", 3, fputs("flushed\n", stream), fflush(stream));
    ON_STREAM("fflush all", "w", 3, fputs("flushed\n", stream), fflush(NULL));
    ON_STREAM("flush by fseek", "w", 3, fputs("written\n", stream), fseek(stream, 2, SEEK_SET));
    ON_STREAM("unbuffered", "w", 3, (void)(n || setvbuf(stream, NULL, _IONBF, 0)), fprintf(stream, "%d by %d", n, n));
    ON_STREAM("by line", "w", 3, (void)(n || setvbuf(stream, NULL, _IOLBF, 0)), fprintf(stream, "%d by\n %d", n, n));
    ON_STREAM("read and write", "r+", 1, fgetc(stream), fseek(stream, 0, SEEK_CUR), fputs("over", stream));
    ON_STREAM("append to", "a+", 1, fputs("over", stream), fseek(stream, 0, SEEK_SET), fgetc(stream));
    ON_STREAM("write past stdio", "w", 1, fputs("FILE\n", stream), fflush(stream), write(fileno(stream), "fd\n", 3));
    puts("by puts"), printf("by %s\n", "printf"), putchar('c'), putchar_unlocked('\n'), fflush(stdout);
    perror("by perror");
}

static void opens(void)
{
    close(opened("opens", ".", O_RDWR | O_CREAT));
    int directory = open(".", O_RDONLY | O_DIRECTORY), fd;
    close(open64("opens", O_RDONLY | O_CLOEXEC));
    close(openat(directory, "opens", O_RDONLY));
    close(openat64(AT_FDCWD, "./calls/../opens", O_RDONLY));
    close(creat("creat", 0644));
    close(creat64("creat64", 0600));
    close(__open_2("opens", O_RDWR));
    close(__open64_2("opens", O_RDONLY));
    close(__openat_2(directory, "opens", O_RDONLY));
    open("opens", O_RDWR | O_CREAT | O_EXCL, 0644), open("missing", O_RDWR), openat(directory, "opens/x", O_RDONLY);
    fopen("missing", "r");
    fclose(fopen("opens", "r+e"));
    fclose(fopen64("fopen64", "wx"));
    close((int)syscall(SYS_openat, AT_FDCWD, "opens", O_RDONLY));
    syscall(SYS_close, (int)syscall(SYS_openat, AT_FDCWD, "opens", O_RDWR));
    unsigned long how[3] = {O_RDWR, 0, 0};
    close((int)syscall(SYS_openat2, directory, "opens", how, sizeof how));
    fd = open(".", O_TMPFILE | O_RDWR, 0600);
    if (fd >= 0) {
        write(fd, text, 21);
        snprintf(buffer, 64, "/proc/self/fd/%d", fd);
        linkat(AT_FDCWD, buffer, directory, "linked", AT_SYMLINK_FOLLOW);
        close(fd);
    }
    FILE *stream = tmpfile();
    fputs("temporary", stream);
    fclose(stream);
    fclose(tmpfile64());
    fd = memfd_create("memory", 0);
    write(fd, text, 22);
    close(fd);
    close(directory);
}

static void temporary(void)
{
    char names[8][32] = {"tmp/mkstemp-XXXXXX",           "tmp/mkostemp-XXXXXX",          "tmp/mkstemps-XXXXXX.suffix",
                         "tmp/mkostemps-XXXXXX.suffix",  "tmp/mkstemp64-XXXXXX",         "tmp/mkostemp64-XXXXXX",
                         "tmp/mkstemps64-XXXXXX.suffix", "tmp/mkostemps64-XXXXXX.suffix"};
    int fds[] = {mkstemp(names[0]),       mkostemp(names[1], O_APPEND),
                 mkstemps(names[2], 7),   mkostemps(names[3], 7, 0),
                 mkstemp64(names[4]),     mkostemp64(names[5], O_SYNC),
                 mkstemps64(names[6], 7), mkostemps64(names[7], 7, O_CLOEXEC)};
    for (int i = 0; i < 8; i++) {
        write(fds[i], text, 30);
        close(fds[i]);
        unlink(names[i]);
    }
}

static void duplicates(void)
{
    ON_FD("dup", close(dup(fd)));
    ON_FD("dup2", dup2(fd, 200), dup2(fd, 200), dup2(fd, fd), write(200, text, 5), write(fd, text, 5), close(200));
    ON_FD("dup3", dup3(fd, 201, O_CLOEXEC), close(201));
    ON_FD("F_DUPFD", close(fcntl(fd, F_DUPFD, 210)));
    ON_FD("F_DUPFD_CLOEXEC", close(fcntl(fd, F_DUPFD_CLOEXEC, 220)));
    int fd = opened("dup", "calls", O_RDWR), other = opened("dup2", "calls", O_RDWR);
    dup2(fd, other), write(other, text, 6); /* closes the other file */
    close(other);
    close(fd);
    dup2(opened("dup", "calls", O_RDONLY), 300), dup2(300, 301), close_range(300, 310, 0);
    dup2(opened("dup", "calls", O_RDONLY), 300);
    closefrom(290);
    close(12345);
}

static void names(void)
{
    int directory = open(".", O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < 6; i++)
        close(opened((const char *[]){"a", "b", "c", "d", "e", "f"}[i], ".", O_WRONLY | O_CREAT));
    rename("a", "a2"), renameat(directory, "b", AT_FDCWD, "b2"),
        renameat2(AT_FDCWD, "c", directory, "d", RENAME_EXCHANGE);
    rename("missing", "b3"), renameat2(AT_FDCWD, "a2", AT_FDCWD, "b2", RENAME_NOREPLACE);
    link("e", "e2"), linkat(directory, "e", AT_FDCWD, "e3", 0), link("e", "e2");
    symlink("f", "f2"), symlinkat("./f", directory, "f3");
    unlink("e2"), unlinkat(directory, "e3", 0), remove("f2"), unlink("missing");
    chdir("calls"), unlink("read"), fchdir(directory), unlink("calls/write");
    close(directory);
}

static void mappings(void)
{
    ON_FD("mmap", munmap(mmap(NULL, BYTES, PROT_READ, MAP_PRIVATE, fd, 0), BYTES));
    ON_FD("mmap64", munmap(mmap64(NULL, 100, PROT_READ, MAP_SHARED, fd, 8192), 100));
    int fd = input("mremap");
    char *map = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    map[3] = 'x';
    msync(map, 4096, MS_SYNC);
    map = mremap(map, BYTES, 4096, MREMAP_MAYMOVE);
    munmap(map, 4096);
}

static void ends(void)
{
    int pair[2], fds[2];
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 1};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || pipe2(fds, O_CLOEXEC))
        abort();
    write(fds[1], text, 40), read(fds[0], buffer, 100);
    write(pair[0], text, 41), send(pair[0], text, 42, 0), sendto(pair[0], text, 43, 0, NULL, 0),
        sendmsg(pair[0], &message, 0);
    read(pair[1], buffer, 41), recv(pair[1], buffer, 42, 0), recvfrom(pair[1], buffer, 43, 0, NULL, NULL);
    recvmsg(pair[1], &message, 0);
    close(fds[0]);
    close(fds[1]);
    close(pair[0]);
    close(pair[1]);
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(server, (struct sockaddr *)&address, sizeof address) || listen(server, 1) ||
        connect(client, (struct sockaddr *)&address, sizeof address))
        abort();
    int accepted = accept(server, NULL, NULL);
    write(client, text, 44), read(accepted, buffer, 44);
    close(accepted);
    close(client);
    close(server);
}

static void children(void)
{
    FILE *stream = popen("echo by popen", "r");
    fgets(buffer, 100, stream);
    pclose(stream), system("exit 3");
    pid_t pid = fork();
    if (pid == 0) {
        int fd = opened("by fork", "calls", O_WRONLY | O_CREAT);
        write(fd, text, 50);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
}

int main(void)
{
    for (size_t i = 0; i < BYTES; i++)
        text[i] = i % 61 == 60 ? '\n' : i % 7 == 6 ? ' ' : (char)('a' + i % 26);
    mkdir("calls", 0755);
    descriptors_read();
    descriptors_write();
    copies();
    streams_read();
    streams_write();
    opens();
    temporary();
    duplicates();
    names();
    mappings();
    ends();
    children();
    fputs("written by exit\n", fopen("at exit", "w"));
    return 9;
}

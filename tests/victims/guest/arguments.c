/* SPDX-License-Identifier: MIT
 * Owns: a program that hands libc arguments the kernel refuses, and prints what it got.
 * Must not know: the profiler. */
#include <dlfcn.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static void *bad = (void *)8;

static void show(const char *what, long result)
{
    printf("%s %ld %d\n", what, result, result < 0 ? errno : 0);
    errno = 77; /* what a call leaves alone must stay */
}

/* A name without an end, up to the last byte of a mapping. */
static char *endless(void)
{
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(page + 4096, 4096);
    for (int i = 0; i < 4096; i++)
        page[i] = i % 2 ? '/' : '.';
    return page;
}

/* Receiving with MSG_TRUNC says how much there was, or throws it away: the buffer may be short, or none at all. */
static void received_nowhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    static char data[60000] = "GIF89a";
    int pair[2], server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    bind(server, (struct sockaddr *)&address, length);
    listen(server, 1);
    getsockname(server, (struct sockaddr *)&address, &length);
    show("connect", connect(client, (struct sockaddr *)&address, length));
    int taken = accept(server, NULL, NULL);
    show("write", write(client, data, 1000));
    show("recv nowhere", recv(taken, NULL, 1000, MSG_TRUNC | MSG_WAITALL));
    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    char *end = endless() + 4096 - 8;
    struct iovec part = {end, 8};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    struct mmsghdr messages = {message, 0};
    for (int i = 0; i < 3; i++)
        show("write", write(pair[0], data, sizeof data));
    show("recv short", recv(pair[1], end, 8, MSG_TRUNC));
    show("recvmsg short", recvmsg(pair[1], &message, MSG_TRUNC));
    show("recvmmsg short", recvmmsg(pair[1], &messages, 1, MSG_TRUNC, NULL));
    show("its length", messages.msg_len);
    close(pair[0]);
    close(pair[1]);
    close(taken);
    close(server);
    close(client);
}

/* Some devices take bytes without a look at them: of no address, and of a file that was cut since it was mapped. */
static void written_nowhere(void)
{
    struct iovec parts[2] = {{bad, 10}, {bad, 5000}};
    int file = open("cut", O_RDWR | O_CREAT | O_TRUNC, 0600), fd = open("/dev/null", O_WRONLY);
    ftruncate(file, 4096);
    char *cut = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ftruncate(file, 0);
    for (int i = 0; i < 3; i++) { /* what is looked at is the beginning, or all */
        show("write nowhere", write(fd, bad, 100));
        show("writev nowhere", writev(fd, parts, 2));
        show("pwrite nowhere", pwrite(fd, bad, 100, 0));
        show("write cut", write(fd, cut, 4096));
        fd = open("/dev/null", O_WRONLY);
        if (i == 1)
            fd = open("/dev/zero", O_WRONLY);
    }
    FILE *out = fdopen(fd, "w");
    setvbuf(out, NULL, _IONBF, 0);
    show("fwrite nowhere", (long)fwrite(bad, 1, 5000, out));
    fclose(out);
    close(file);
}

int main(void)
{
    received_nowhere();
    written_nowhere();
    char *long_name = malloc(100001), *no_end = endless();
    for (int i = 0; i < 100000; i++)
        long_name[i] = 'x';
    long_name[100000] = '\0';
    int flags_refused_first = O_RDONLY | O_CREAT | O_TMPFILE; /* EINVAL before the name is read */

    show("closedir", closedir(NULL));
    show("open", open(bad, O_RDONLY));
    show("open flags", open(bad, flags_refused_first, 0600));
    show("open endless", open(no_end, O_RDONLY));
    show("open long", open(long_name, O_RDONLY));
    show("openat", openat(-1, "x", O_RDONLY));
    show("creat", creat(bad, 0600));
    show("fopen", fopen(bad, "r") ? 0 : -1);
    show("fopen mode", fopen(bad, "z") ? 0 : -1);
    show("rename", rename("missing/x", bad));
    show("rename from", rename(bad, "x"));
    show("renameat2", renameat2(AT_FDCWD, bad, AT_FDCWD, bad, 0x8000));
    show("link", link("missing/x", bad));
    show("linkat", linkat(AT_FDCWD, bad, AT_FDCWD, bad, 0x40000000));
    show("symlink", symlink(bad, "x"));
    show("symlink to", symlink("x", bad));
    show("unlink", unlink(bad));
    show("unlinkat", unlinkat(AT_FDCWD, bad, 0x40000000));
    show("unlink endless", unlink(no_end));
    show("remove", remove(long_name));
    show("chdir", chdir(bad));

    int fd = open("guest-file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    show("fd", fd);
    show("write", write(fd, "GIF89a-and-more", 15));
    show("write bad", write(fd, bad, 10));
    show("pwrite bad", pwrite(fd, bad, 10, 3));
    show("lseek", lseek(fd, 0, SEEK_SET));
    show("read bad", read(fd, bad, 10));
    show("pread bad", pread(fd, bad, 10, 0));
    struct iovec parts[2] = {{NULL, 0}, {bad, 4}};
    show("readv", readv(fd, parts, 2));
    show("writev", writev(fd, parts, 2));
    show("readv bad", readv(fd, bad, 2));
    show("writev count", writev(fd, bad, -1));
    char buffer[8];
    struct iovec split[2] = {{NULL, 0}, {buffer, 8}};
    show("readv split", readv(fd, split, 2));
    show("dup", dup(12345));
    show("dup2", dup2(fd, -1));
    show("close", close(12345));
    show("fcntl", fcntl(12345, F_GETFL));
    show("mmap", mmap(NULL, 0, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED ? -1 : 0);
    show("ftruncate", ftruncate(fd, -5));
    show("read closed", read(12345, buffer, 8));
    show("fdopen", fdopen(12345, "r") ? 0 : -1);

    char *arguments[] = {"true", NULL};
    char *bad_strings[] = {bad, NULL};
    show("execve", execve("/bin/true", arguments, bad));
    show("execve string", execve("/bin/true", arguments, bad_strings));
    show("execve path", execve(bad, arguments, environ));
    show("execve missing", execve("/missing", bad, environ));
    pid_t pid;
    show("spawn", posix_spawn(&pid, "/bin/true", NULL, NULL, arguments, bad));
    show("spawn missing", posix_spawn(&pid, "/missing", NULL, NULL, arguments, environ));
    show("wait", wait(NULL));
    if (fork() == 0)
        _exit(3);
    show("wait bad", wait(bad) > 0);
    show("waitid", waitid(P_ALL, 0, NULL, WEXITED));

    show("malloc", malloc(SIZE_MAX / 2) ? 0 : -1);
    show("calloc", calloc(SIZE_MAX / 2, 8) ? 0 : -1);
    void *block = malloc(10);
    show("realloc", realloc(block, SIZE_MAX / 2) ? 0 : -1);
    free(block);
    show("memalign", posix_memalign(&block, 3, 10));

    show("dlsym", dlsym(RTLD_DEFAULT, "no_such_symbol") ? 0 : -1);
    puts(dlerror());
    void *self = dlopen(NULL, RTLD_NOW);
    show("dlsym self", dlsym(self, "WebPEncode") ? 0 : -1);
    puts(dlerror());
    show("dlsym next", dlsym(RTLD_NEXT, "no_such_symbol") ? 0 : -1);
    puts(dlerror());
    errno = 5;
    free(malloc(100));
    show("errno kept", errno == 5 ? 0 : 1);
    return 9;
}

/* SPDX-License-Identifier: MIT
 * Owns: a program for which memory, threads or processes run out, and which goes on when that is over; argv[1] says
 * which. Must not know: the profiler. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int transfer(const char *name)
{
    char line[64];
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, "GIF89a, twenty bytes", 20) != 20 || lseek(fd, 0, SEEK_SET) || read(fd, line, 64) != 20)
        return 0;
    return close(fd) == 0;
}

/* Takes all that there is, does its work with nothing left, gives all back and does it again. How much there was is
 * not said: another library's segments count, too. */
static void fill(void)
{
    enum { MOST = 4096 };
    static void *blocks[MOST];
    static size_t sizes[MOST];
    int count = 0, good = 0;
    for (size_t size = 16 << 20; size >= 4096; size /= 2)
        while (count < MOST &&
               (blocks[count] = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) != MAP_FAILED)
            sizes[count++] = size;
    errno = 0;
    void *block = malloc(50 << 20);
    int error = errno;
    for (int i = 0; i < 300; i++)
        good += transfer("without-memory");
    for (int i = 0; i < count; i++)
        munmap(blocks[i], sizes[i]);
    for (int i = 0; i < 300; i++)
        good += transfer("with-memory");
    printf("%s %d %d\n", block ? "got" : "none", error == ENOMEM, good);
}

static void *waits(void *unused)
{
    (void)unused;
    usleep(20000);
    return (void *)(long)transfer("by-thread");
}

static void threads(void)
{
    enum { MOST = 100 };
    pthread_t ids[MOST];
    int made = 0, errors = 0, forked = 0, failed = 0;
    for (int i = 0; i < MOST; i++) {
        int error = pthread_create(&ids[made], NULL, waits, NULL);
        made += error == 0;
        errors += error == EAGAIN;
    }
    for (int i = 0; i < 10; i++) {
        pid_t pid = fork();
        if (pid == 0)
            _exit(transfer("by-child") ? 3 : 4);
        forked += pid > 0;
        failed += pid < 0 && errno == EAGAIN;
    }
    for (int i = 0; i < made; i++)
        pthread_join(ids[i], NULL);
    for (int status; wait(&status) > 0;)
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 3)
            puts("child");
    printf("%d %d %d\n", made + errors == MOST, forked + failed == 10, transfer("by-main"));
}

int main(int count, char **arguments)
{
    const char *how = count > 1 ? arguments[1] : "";
    if (strcmp(how, "fill") == 0)
        fill();
    if (strcmp(how, "threads") == 0)
        threads();
    return 5;
}

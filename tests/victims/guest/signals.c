/* SPDX-License-Identifier: MIT
 * Owns: a program whose signal handler allocates, writes, runs on its own stack or jumps away, or that is told of
 * inexact results; argv[1] says which. Must not know: the profiler. */
#include <errno.h>
#include <fcntl.h>
#include <fenv.h>
#include <malloc.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int handler_fd;
static volatile sig_atomic_t rings, jumps;
static sigjmp_buf away;
static long live, last_block_bytes;
static void *last_block;
static sigset_t alarm_only;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void ring(int signal)
{
    (void)signal;
    int saved = errno;
    rings = rings + 1;
    free(last_block);
    live -= last_block_bytes;
    last_block = malloc((size_t)(rings * 37 % 100000));
    last_block_bytes = (long)malloc_usable_size(last_block);
    live += last_block_bytes;
    if (write(handler_fd, "GIF89a in a handler, 32 bytes...", 32) != 32)
        puts("write");
    errno = saved;
}

static void ring_and_jump(int signal)
{
    (void)signal;
    rings = rings + 1;
    if (jumps < 100000) {
        jumps = jumps + 1;
        siglongjmp(away, 1);
    }
}

/* The number that its file gets is the lowest that is free in the program. */
static int free_fd;
static volatile sig_atomic_t taken, may_jump;
static void open_and_jump(int signal)
{
    (void)signal;
    rings = rings + 1;
    int fd = open("/dev/null", O_RDONLY);
    if (fd != free_fd)
        taken = taken + 1;
    close(fd);
    if (may_jump) {
        may_jump = 0;
        jumps = jumps + 1;
        siglongjmp(away, 1);
    }
}

static void start(void (*handler)(int), int flags, long us)
{
    struct sigaction action = {.sa_flags = flags};
    action.sa_handler = handler;
    sigaction(SIGALRM, &action, NULL);
    struct itimerval timer = {{0, us}, {0, us}};
    setitimer(ITIMER_REAL, &timer, NULL);
}

/* Allocation is not safe in a handler: it is kept out while this program allocates. The rest may be interrupted. */
static void busy(double seconds)
{
    char text[64];
    memset(text, 'x', sizeof text);
    int fd = open("main", O_RDWR | O_CREAT | O_TRUNC, 0600);
    sigprocmask(SIG_BLOCK, &alarm_only, NULL);
    FILE *out = fopen("stream", "w");
    setvbuf(out, NULL, _IOFBF, 200);
    sigprocmask(SIG_UNBLOCK, &alarm_only, NULL);
    double end = now() + seconds;
    while (now() < end) {
        for (int i = 0; i < 20; i++) {
            if (write(fd, text, sizeof text) < 0)
                puts("write");
            if (lseek(fd, 0, SEEK_SET))
                puts("lseek");
            fwrite(text, 1, sizeof text, out);
        }
        sigprocmask(SIG_BLOCK, &alarm_only, NULL);
        void *block = malloc(1000);
        live += (long)malloc_usable_size(block);
        live -= (long)malloc_usable_size(block);
        free(block);
        sigprocmask(SIG_UNBLOCK, &alarm_only, NULL);
    }
    sigprocmask(SIG_BLOCK, &alarm_only, NULL);
    fclose(out);
    close(fd);
    truncate("stream", 0);
}

/* Asks for a signal where a result is not exact: only its own arithmetic may raise one. */
static void inexact(void)
{
    int fd = open("main", O_RDWR | O_CREAT | O_TRUNC, 0600);
    double end = now() + 0.1;
    int on = 1;
    while (on) {
        feclearexcept(FE_ALL_EXCEPT);
        feenableexcept(FE_INEXACT | FE_DIVBYZERO);
        for (int i = 0; i < 100; i++)
            if (write(fd, "GIF89a", 6) < 0 || lseek(fd, 0, SEEK_SET) < 0)
                puts("I/O");
        fedisableexcept(FE_ALL_EXCEPT);
        if (fetestexcept(FE_ALL_EXCEPT))
            puts("inexact");
        on = now() < end;
    }
    close(fd);
}

int main(int count, char **arguments)
{
    const char *how = count > 1 ? arguments[1] : "";
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    handler_fd = open("handler", O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (strcmp(how, "ring") == 0) {
        start(ring, SA_RESTART, 1000);
        busy(1);
    } else if (strcmp(how, "alternate") == 0) {
        stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
        sigaltstack(&stack, NULL);
        start(ring, SA_RESTART | SA_ONSTACK, 1000);
        busy(1);
    } else if (strcmp(how, "numbers") == 0) {
        int fd = open("main", O_RDWR | O_CREAT | O_TRUNC, 0600);
        volatile double end = now() + 1.5;
        close(free_fd = open("/dev/null", O_RDONLY));
        start(open_and_jump, 0, 200);
        sigsetjmp(away, 1);
        while (now() < end) {
            may_jump = 1;
            for (int i = 0; i < 50; i++)
                if (write(fd, "GIF89a", 6) < 0 || lseek(fd, 0, SEEK_SET) < 0)
                    puts("I/O");
            may_jump = 0;
        }
        sigprocmask(SIG_BLOCK, &alarm_only, NULL);
        printf("taken %d left %d\n", taken, open("/dev/null", O_RDONLY) - free_fd);
    } else if (strcmp(how, "inexact") == 0) {
        inexact();
    } else if (strcmp(how, "jump") == 0) {
        int fd = open("main", O_RDWR | O_CREAT | O_TRUNC, 0600);
        char name[] = "made-0";
        volatile double end = now() + 1.5;
        start(ring_and_jump, SA_NODEFER, 300);
        sigsetjmp(away, 1);
        while (now() < end)
            for (int i = 0; i < 50; i++) {
                if (write(fd, "GIF89a", 6) < 0 || lseek(fd, 0, SEEK_SET) < 0)
                    puts("I/O");
                name[5] = (char)('0' + i % 10);
                int other = open(name, O_RDWR | O_CREAT, 0600);
                close(other);
            }
        sigprocmask(SIG_BLOCK, &alarm_only, NULL);
        for (int other = 3; other < 1024; other++)
            close(other);
    }
    truncate("handler", 0);
    truncate("main", 0); /* a jump between write and lseek lets it grow, with the library or without */
    printf("rang %d jumped %d\n", rings > 100, jumps > 100);
    FILE *note = fopen("live", "w");
    setvbuf(note, NULL, _IONBF, 0);
    unlink("live");
    fclose(note);
    return 5;
}

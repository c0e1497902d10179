/* SPDX-License-Identifier: MIT
 * Owns: a program that loses files from before it began while something else is going on: locks and leases on them,
 * signal handlers, forks, calls that are refused; argv[1] says what. What it prints is the same whether somebody keeps
 * them or not. Must not know: the profiler. */
#include <linux/capability.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "tests/victims/guest_files/originals.h"

/* Whether another process finds a lock of this one there. */
static void tell_lock(const char *when)
{
    fflush(stdout);
    if (fork() == 0) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        fcntl(open("file", O_RDWR), F_GETLK, &lock);
        printf("%s: %s\n", when, lock.l_type == F_UNLCK ? "free" : "locked");
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
}

static void locks(void)
{
    make("file", 0);
    make("other", 0);
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    int reading = open("file", O_RDONLY);
    tell("lock", fcntl(reading, F_SETLK, &lock));
    tell("other", open("other", O_WRONLY));
    int writing = open("file", O_WRONLY | O_APPEND);
    tell_lock("opened for writing");
    tell("truncated", truncate("file", 50));
    tell_lock("truncated");
    tell("close", close(writing));
    tell_lock("closed");
}

static volatile sig_atomic_t alarms;
static void alarmed(int number)
{
    (void)number;
    int fd = open("shared", O_WRONLY | O_CREAT, 0600);
    alarms += fd >= 0;
    close(fd);
}

/* Anybody's open would break it. */
static void leases(void)
{
    make("file", 0);
    int fd = open("file", O_RDONLY);
    signal(SIGIO, SIG_IGN);
    tell("lease", fcntl(fd, F_SETLEASE, F_RDLCK));
    link("file", "name");
    tell("unlink", unlink("file"));
    tell("lease", fcntl(fd, F_GETLEASE));
}

/* Calls that the kernel refuses, also root's. */
static void refusals(void)
{
    mkdir("directory", 0700);
    make("readable", 0);
    make("directory/link", 0);
    make("directory/copy", 0);
    link("directory/copy", "copy");
    chmod("readable", 0444);
    chmod("directory", 0555);
    struct __user_cap_header_struct version = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2] = {0};
    syscall(SYS_capset, &version, none);
    errno = 77;
    tell("open", open("readable", O_RDWR));
    tell("truncate", truncate("readable", 0));
    tell("unlink", unlink("directory/link"));
    tell("unlink", unlink("directory/copy"));
    tell_file("directory/link");
    chmod("directory", 0700);
}

#define LONG_BYTES (200 << 20)
static int make_long(void)
{
    int fd = open("long", O_RDWR | O_CREAT, 0600);
    const struct timespec times[2] = {{1000000000, 0}, {1000000000, 0}};
    static char block[1 << 20];
    memset(block, 'x', sizeof block);
    for (int i = 0; i < LONG_BYTES >> 20; i++)
        if (write(fd, block, sizeof block) != (ssize_t)sizeof block)
            puts("cannot be made");
    futimens(fd, times);
    return fd;
}

static void overwriting(int number)
{
    (void)number;
    int fd = open("long", O_WRONLY);
    if (write(fd, "new", 3) != 3)
        puts("cannot be written");
    close(fd);
}

/* A handler writes into the file that is being copied. */
static void nested(void)
{
    close(make_long());
    struct sigaction action = {.sa_handler = overwriting, .sa_flags = SA_RESTART};
    const struct itimerval soon = {{0, 0}, {0, 8000}};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    errno = 77;
    tell("open", open("long", O_WRONLY));
    usleep(20000);
    unlink("long");
    errno = 77;
}

static void *overwrite_long(void *unused)
{
    (void)unused;
    tell("open", open("long", O_WRONLY) >= 0);
    return NULL;
}

/* Children of a fork, and a lock that is taken, while another thread's file is copied. */
static void slices(void)
{
    int fd = make_long(), inherited = 0;
    pthread_t thread;
    struct sigaction action = {.sa_handler = alarmed, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    errno = 77;
    pthread_create(&thread, NULL, overwrite_long, NULL);
    for (int i = 0; i < 10; i++) {
        usleep(3000);
        if (fork() == 0) { /* what it may have: the thread's own result, but nothing of what copies */
            struct stat status;
            int others = 0;
            for (int other = fd + 2; other < 20; other++)
                others += fstat(other, &status) == 0;
            _exit(others);
        }
        int status;
        wait(&status);
        inherited += WEXITSTATUS(status);
        pthread_kill(thread, SIGALRM);
    }
    pthread_join(thread, NULL);
    printf("inherited: %d\n", inherited);
    unlink("long");
    unlink("shared");
    errno = 77;
}

/* Handlers that open files while files are kept; children of fork and vfork. */
static void signals(void)
{
    struct sigaction action = {.sa_handler = alarmed, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    const struct itimerval often = {{0, 300}, {0, 300}}, never = {0};
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < 300; i++) {
        char name[20];
        snprintf(name, sizeof name, "file%d", i % 20);
        make(name, i);
        close(open(name, O_WRONLY | O_TRUNC));
        if (i % 20 == 0 && vfork() == 0) {
            int fd = open("of_child", O_WRONLY | O_CREAT, 0600);
            close(fd);
            _exit(0);
        }
        if (i % 20 == 10 && fork() == 0) {
            make("of_fork", i);
            unlink("of_fork");
            _exit(0);
        }
    }
    setitimer(ITIMER_REAL, &never, NULL);
    while (wait(NULL) > 0)
        ;
    printf("handlers ran: %d\n", alarms > 0);
}

static void handled(int number)
{
    (void)number;
    tell("unlink", unlink("removed"));
    tell("open", open("emptied", O_WRONLY | O_TRUNC));
}

/* A handler that has 8 KiB, the most part of which is the kernel's, and no page below them. */
static void small_stack(void)
{
    enum { PAGE = 4096, STACK = 8192 };
    make("removed", 0);
    make("emptied", 0);
    char *memory = mmap(NULL, PAGE + STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(memory, PAGE, PROT_NONE);
    stack_t stack = {.ss_sp = memory + PAGE, .ss_size = STACK};
    struct sigaction action = {.sa_handler = handled, .sa_flags = SA_ONSTACK};
    sigaltstack(&stack, NULL);
    sigaction(SIGUSR1, &action, NULL);
    errno = 77;
    raise(SIGUSR1);
    puts("back");
}

int main(int count, char **arguments)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } ways[] = {{"locks", locks},   {"leases", leases},   {"refusals", refusals},      {"slices", slices},
                {"nested", nested}, {"signals", signals}, {"small_stack", small_stack}};
    for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++)
        if (count > 1 && strcmp(arguments[1], ways[i].name) == 0)
            ways[i].run();
    tell("next number", open("/dev/null", O_RDONLY));
    return 0;
}

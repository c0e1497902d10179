/* SPDX-License-Identifier: MIT
 * Owns: a program of which one thread closes every descriptor it can think of, though none but its own is open, and
 * writes files meanwhile; others only allocate. Its own files must hold what it wrote. Usage: closes HOW ROUNDS
 * HOW: close, close_range, closefrom, dup2, tight, fork; slow_fork: a handler makes each take a while, and the others
 * read; lost_fork: the same after one whose handler ended its thread; numbers: by system calls' numbers; idle: those
 * who allocate get what processors are left with; full: not one descriptor is free but the one that is asked for. Must
 * not know: the profiler. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LOW = 3, HIGH = 40, BYTES = 300 };
static _Atomic int stop, started;

static void *allocates(void *idle)
{
    struct sched_param none = {0};
    started++;
    if (idle && sched_setscheduler(0, SCHED_IDLE, &none))
        perror("SCHED_IDLE");
    for (unsigned i = 0; !stop; i++)
        free(malloc(100000 + i % 1000));
    return NULL;
}

static void *reads(void *unused)
{
    char byte;
    started++;
    while (!stop)
        if (read(0, &byte, 1) < 0)
            perror("read");
    return unused;
}

static void *spins(void *unused)
{
    while (!stop)
        ;
    return unused;
}

static void close_all(const char *how, int but)
{
    if (strcmp(how, "close_range") == 0) {
        close_range(LOW, (unsigned)but - 1, 0);
        close_range((unsigned)but + 1, ~0U, 0);
    } else if (strcmp(how, "closefrom") == 0 && but < LOW) {
        closefrom(LOW);
    } else if (strcmp(how, "numbers") == 0) {
        syscall(SYS_close_range, LOW, but - 1, 0);
        if (but >= LOW && (syscall(SYS_dup2, but, but + 1) != but + 1 || syscall(SYS_dup3, but, but + 2, 0) != but + 2))
            abort();
        syscall(SYS_close_range, but + 1, ~0U, 0);
    } else if (strcmp(how, "dup2") == 0 && but >= LOW) {
        for (int fd = LOW; fd < HIGH; fd++)
            if (fd != but && dup2(but, fd) == fd)
                close(fd);
    } else {
        for (int fd = LOW; fd < HIGH; fd++)
            if (fd != but)
                close(fd);
    }
}

/* A whole file of its own: 0, or what was wrong with it. */
static int file(const char *how)
{
    char text[BYTES], found[BYTES + 1];
    int wrong = 0;
    memset(text, 'm', sizeof text);
    close_all(how, LOW - 1);
    int fd = open("mine", O_RDWR | O_CREAT | O_TRUNC, 0600);
    close_all(how, fd);
    for (int i = 0; i < BYTES; i += 100)
        wrong |= write(fd, text + i, 100) != 100;
    close_all(how, fd);
    wrong |= (pread(fd, found, sizeof found, 0) != BYTES) << 1;
    wrong |= (memcmp(text, found, BYTES) != 0) << 2;
    wrong |= (close(fd) != 0) << 3;
    struct stat status;
    wrong |= (stat("mine", &status) || status.st_size != BYTES) << 4;
    return wrong;
}

/* The same in as little time as possible. */
static int tight(void)
{
    char found[16];
    for (int fd = LOW; fd < LOW + 4; fd++)
        close(fd);
    int fd = open("mine", O_RDWR | O_CREAT | O_TRUNC, 0600);
    int wrong = write(fd, "mine and no more", 16) != 16;
    wrong |= (pread(fd, found, 16, 0) != 16 || memcmp(found, "mine and no more", 16) != 0) << 1;
    wrong |= (close(fd) != 0) << 3;
    struct stat status;
    return wrong | (stat("mine", &status) || status.st_size != 16) << 4;
}

/* A child has no descriptor but the standard ones: the next is 3. */
static int child(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(open("mine", O_RDONLY | O_CREAT, 0600) == LOW ? 0 : 1);
    int status = -1;
    return waitpid(pid, &status, 0) != pid || status != 0;
}

static __thread bool leaves;
static void takes_a_while(void)
{
    if (leaves)
        pthread_exit(NULL);
    nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
}

static void *loses_a_fork(void *unused)
{
    leaves = true;
    fork();
    return unused;
}

/* Whether each way to get a descriptor gets the last one, or the last two. */
static int last_ones(void)
{
    int wrong = 0, pair[2];
    for (int way = 0; way < 7; way++) {
        int fd = way == 0   ? open("/dev/null", O_RDONLY)
                 : way == 1 ? openat(AT_FDCWD, "/dev/null", O_RDONLY)
                 : way == 2 ? dup(0)
                 : way == 3 ? fcntl(0, F_DUPFD, 0)
                 : way == 4 ? socket(AF_UNIX, SOCK_STREAM, 0)
                 : way == 5 ? (pipe(pair) ? -1 : pair[0])
                            : (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) ? -1 : pair[0]);
        wrong |= (fd < 0) << way;
        if (fd >= 0)
            close(fd);
        if (fd >= 0 && way > 4)
            close(pair[1]);
    }
    FILE *stream = fopen("/dev/null", "r");
    wrong |= (!stream) << 7;
    if (stream)
        fclose(stream);
    return wrong;
}

/* Lets two descriptors be free and no more. */
static void fill(void)
{
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){64, 64});
    int fd = 0;
    for (int next; (next = dup(0)) >= 0;)
        fd = next;
    close(fd);
    close(fd - 1);
}

int main(int count, char **arguments)
{
    const char *how = count > 1 ? arguments[1] : "close";
    int rounds = count > 2 ? atoi(arguments[2]) : 100, wrong = 0, kinds = 0;
    int idle = strcmp(how, "idle") == 0, full = strcmp(how, "full") == 0;
    pthread_t threads[4];
    void *(*beside)(void *) = allocates;
    if (strcmp(how, "slow_fork") == 0 || strcmp(how, "lost_fork") == 0) {
        pthread_atfork(takes_a_while, NULL, NULL);
        beside = reads;
    }
    if (strcmp(how, "lost_fork") == 0) {
        pthread_create(threads, NULL, loses_a_fork, NULL);
        pthread_join(threads[0], NULL);
    }
    for (int i = 0; i < 2 + 2 * idle; i++)
        pthread_create(&threads[i], NULL, i < 2 ? beside : spins, idle ? threads : NULL);
    while (started < 2)
        usleep(100);
    if (full)
        fill();
    for (int i = 0; i < rounds; i++) {
        int found = strstr(how, "fork")                 ? child()
                    : full                              ? last_ones()
                    : strcmp(how, "tight") == 0 || idle ? tight()
                                                        : file(how);
        wrong += found != 0;
        kinds |= found;
    }
    stop = 1;
    for (int i = 0; i < 2 + 2 * idle; i++)
        pthread_join(threads[i], NULL);
    printf("%d wrong, of kinds %d\n", wrong, kinds);
    return 5;
}

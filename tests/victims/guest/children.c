/* SPDX-License-Identifier: MIT
 * Owns: a program that starts children by every function there is, ends in every way, and names its threads; argv[1]
 * says which. Must not know: the profiler. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static _Atomic int stop, started;
static int end_comes;

static void touch(const char *name, int times)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    for (int i = 0; i < times; i++)
        if (write(fd, "GIF89a, twenty bytes", 20) != 20)
            puts("write");
    close(fd);
}

static int status_of(pid_t pid)
{
    int status = -1;
    return waitpid(pid, &status, 0) == pid ? status : -1;
}

static void shells(void)
{
    char text[100] = "";
    touch("image", 1);
    printf("%d %d %d\n", system("exit 7"), system(NULL), system("kill -TERM $$"));
    FILE *first = popen("printf GIF89a-by-a-child; exit 3", "r"), *second = popen("cat >popened", "w");
    printf("%d\n", fprintf(second, "GIF89a to a child %d\n", 12));
    printf("%zu %s\n", fread(text, 1, sizeof text - 1, first), text);
    printf("%d %d\n", pclose(second), pclose(first));
    errno = 0;
    printf("%d %d\n", popen("true", "x") != NULL, errno);
    first = popen("true", "re");
    fclose(first); /* nobody waits for it */
}

/* The parent of a daemon leaves at once; the pipe ends when the daemon has ended. */
static void daemons(void)
{
    int ends[2];
    char byte;
    if (pipe(ends))
        return;
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        printf("daemon %d\n", daemon(1, 1));
        touch("by-daemon", 3);
        exit(0);
    }
    close(ends[1]);
    int status = status_of(pid);
    ssize_t end = read(ends[0], &byte, 1); /* before a word of ours: the daemon's comes first, whoever runs first */
    printf("parent of daemon %d\n", status);
    printf("end %zd\n", end);
    touch("by-main", 1);
}

static sigjmp_buf away;
static void jumps_away(int signal)
{
    siglongjmp(away, signal);
}
static void returns(int signal)
{
    (void)signal;
    if (write(1, "in the handler\n", 15) < 0)
        _exit(1);
}

static void aborts(int how)
{
    touch("before", 2);
    for (volatile int i = 0; how == 'j' && i < 3; i++) {
        signal(SIGABRT, jumps_away);
        if (!sigsetjmp(away, 1))
            abort();
        touch("after-jump", i);
        printf("back %d\n", i);
    }
    if (how == 'h')
        signal(SIGABRT, returns);
    if (how != 'j')
        abort();
}

enum way { EXECL, EXECLE, EXECLP, EXECV, EXECVE, EXECVP, EXECVPE, FEXECVE, EXECVEAT, WAYS };

static int replace(enum way way, int echo, int directory)
{
    char name[] = "way 0", *list[] = {"echo", name, NULL};
    name[4] = (char)('0' + way);
    switch (way) {
    case EXECL: return execl("/bin/echo", "echo", name, (char *)NULL);
    case EXECLE: return execle("/bin/echo", "echo", name, (char *)NULL, environ);
    case EXECLP: return execlp("echo", "echo", name, (char *)NULL);
    case EXECV: return execv("/bin/echo", list);
    case EXECVE: return execve("/bin/echo", list, environ);
    case EXECVP: return execvp("echo", list);
    case EXECVPE: return execvpe("echo", list, environ);
    case FEXECVE: return fexecve(echo, list, environ);
    default: return execveat(directory, "echo", list, environ, 0);
    }
}

/* Nine ways out of children of fork, _Fork and vfork. */
static void replaced(void)
{
    int echo = open("/bin/echo", O_RDONLY), directory = open("/bin", O_RDONLY | O_DIRECTORY);
    touch("image", 1);
    for (int way = 0; way < WAYS; way++)
        for (int kind = 0; kind < 3; kind++) {
            pid_t pid = kind == 0 ? fork() : kind == 1 ? _Fork() : vfork();
            if (pid == 0) {
                replace(way, echo, directory);
                _exit(99);
            }
            printf("%d ", status_of(pid));
        }
    puts("");
    printf("%d %d\n", fexecve(-1, (char *[]){"x", NULL}, environ), errno);
    printf("%d %d\n", execveat(directory, "missing", (char *[]){"x", NULL}, environ, 0), errno);
    printf("%d %d\n", execvpe("missing-program", (char *[]){"x", NULL}, environ), errno);
    printf("%d %d\n", execlp("missing-program", "x", (char *)NULL), errno);
    touch("still-here", 1);
}

static void by_name(void)
{
    touch("by-handler", 1);
}

static void *works(void *name)
{
    char line[64];
    started++;
    while (!stop) {
        free(malloc(300));
        int fd = open(name, O_RDWR | O_CREAT, 0600);
        if (end_comes) { /* libc's own, too: it flushes FILEs whatever threads do with them */
            if (pwrite(fd, "GIF89a and then some", 20, 0) != 20 || pread(fd, line, 20, 0) != 20)
                puts("I/O");
            close(fd);
            continue;
        }
        FILE *stream = fdopen(fd, "r+");
        fwrite("GIF89a and then some", 1, 20, stream);
        rewind(stream);
        if (fread(line, 1, 20, stream) != 20)
            puts("read");
        fclose(stream);
    }
    return NULL;
}

static void start(pthread_t threads[3])
{
    static char *const names[] = {"one", "two", "three"};
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, works, names[i]);
    while (started < 3)
        usleep(100);
}

static void forks_among_busy(int rounds)
{
    pthread_t threads[3];
    int bad = 0;
    start(threads);
    for (int i = 0; i < rounds; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            free(malloc(70000));
            touch("by-child", 1);
            _exit(i % 50);
        }
        bad += status_of(pid) != (i % 50) << 8;
    }
    stop = 1;
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    printf("bad children %d\n", bad);
}

/* They are at work while main returns. */
static void detached(void)
{
    pthread_t threads[3];
    end_comes = 1;
    start(threads);
    for (int i = 0; i < 3; i++)
        pthread_detach(threads[i]);
    usleep(20000);
}

static void *remains(void *main_thread)
{
    printf("joined %d\n", pthread_join(*(pthread_t *)main_thread, NULL));
    touch("remaining", 50);
    return NULL;
}

static void main_leaves(void)
{
    static pthread_t self;
    pthread_t thread;
    self = pthread_self();
    pthread_create(&thread, NULL, remains, &self);
    pthread_detach(thread);
    pthread_exit(NULL);
}

static void *is_named(void *unused)
{
    (void)unused;
    touch("named", 1); /* who it is becomes known */
    started = 1;
    while (!stop)
        usleep(100);
    char name[16] = "";
    prctl(PR_GET_NAME, name);
    printf("%s\n", name);
    printf("%d\n", prctl(PR_SET_NAME, "by-prctl"));
    return NULL;
}

static void names(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, is_named, NULL);
    while (!started)
        usleep(100);
    touch("image", 1);
    printf("%d\n", pthread_setname_np(pthread_self(), "main-thread"));
    printf("%d\n", pthread_setname_np(thread, "the-other"));
    printf("%d\n", pthread_setname_np(thread, "a name that is longer than fits"));
    stop = 1;
    pthread_join(thread, NULL);
}

int main(int count, char **arguments)
{
    const char *how = count > 1 ? arguments[1] : "";
    setvbuf(stdout, NULL, _IONBF, 0);
    if (strcmp(how, "shells") == 0)
        shells();
    if (strcmp(how, "daemon") == 0)
        daemons();
    if (strcmp(how, "abort") == 0)
        aborts('a');
    if (strcmp(how, "abort_handled") == 0)
        aborts('h');
    if (strcmp(how, "abort_jump") == 0)
        aborts('j');
    if (strcmp(how, "exec") == 0)
        replaced();
    if (strcmp(how, "fork") == 0)
        forks_among_busy(200);
    if (strcmp(how, "detached") == 0)
        detached();
    if (strcmp(how, "main_leaves") == 0)
        main_leaves();
    if (strcmp(how, "names") == 0)
        names();
    if (strcmp(how, "quick_exit") == 0) {
        touch("image", 1);
        at_quick_exit(by_name);
        quick_exit(9);
    }
    return 5;
}

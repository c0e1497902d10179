/* SPDX-License-Identifier: MIT
 * Owns: a program that overwrites, replaces and removes files from before it began; argv[1] says how. What it prints is
 * the same whether somebody keeps them or not. Must not know: the profiler. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define BYTES 100000

/* Last read and changed so many seconds after a morning in 2001: an open that reads it would change the former. */
static void make(const char *name, int second)
{
    static char content[BYTES];
    snprintf(content, sizeof content, "%s of %d", name, second);
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (write(fd, content, sizeof content) != (ssize_t)sizeof content)
        puts("cannot be made");
    close(fd);
    struct timespec times[2] = {{1000000000 + second, 5}, {1000000000 + second, 7}};
    utimensat(AT_FDCWD, name, times, 0);
}

static void tell(const char *what, int result)
{
    printf("%s %d errno %d\n", what, result, errno);
    errno = 77;
}

static void tell_file(const char *name)
{
    struct stat status = {0};
    int error = lstat(name, &status);
    printf("%s: %d %lld bytes, %d names, changed %lld.%09ld, read %lld\n", name, error, (long long)status.st_size,
           (int)status.st_nlink, (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
           (long long)status.st_atim.tv_sec);
    errno = 77;
}

static void opens(void)
{
    static const int flags[] = {O_RDWR, O_WRONLY | O_APPEND, O_WRONLY | O_CREAT | O_EXCL, O_RDONLY, O_PATH | O_RDWR};
    errno = 77;
    for (unsigned i = 0; i < sizeof flags / sizeof *flags; i++) {
        char name[] = "open0";
        name[4] = (char)('0' + i);
        make(name, (int)i);
        tell("open", open(name, flags[i], 0600));
        tell_file(name);
    }
    close(0);
    make("lowest", 0);
    close(0);
    tell("lowest number", open("lowest", O_WRONLY | O_TRUNC));
    tell("next", open("lowest", O_RDONLY));
    for (const char *const *mode = (const char *const[]){"r", "r+", "w", "a", "w+x", NULL}; *mode; mode++) {
        char name[20];
        snprintf(name, sizeof name, "file-%s", *mode);
        make(name, 0);
        FILE *file = fopen(name, *mode);
        tell(name, file ? fileno(file) : -1);
    }
    make("reopened", 0);
    FILE *again = freopen("reopened", "w", fopen("file-r", "r"));
    tell("freopen", again ? fileno(again) : -1);
    make("shorter", 0);
    tell("truncate", truncate("shorter", 10));
    make("raw", 0);
    tell("raw", (int)syscall(SYS_openat, AT_FDCWD, "raw", O_WRONLY | O_TRUNC));
    int here = open(".", O_RDONLY | O_DIRECTORY);
    make("beneath", 0);
    tell("openat", openat(here, "beneath", O_WRONLY | O_TRUNC));
    make("created", 0);
    tell("creat", creat("created", 0600));
}

static void names(void)
{
    mkdir("directory", 0700);
    mkdir("directory/full", 0700);
    errno = 77;
    for (const char *const *name = (const char *const[]){"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", NULL}; *name;
         name++)
        make(*name, (*name)[0]);
    errno = 77;
    tell("rename", rename("a", "b"));
    tell("of nothing", rename("a", "c"));
    tell_file("c");
    tell("a directory", rename("directory", "c"));
    tell("onto a directory", rename("c", "directory"));
    tell("onto itself", rename("c", "c"));
    tell_file("c");
    tell("not replacing", renameat2(AT_FDCWD, "c", AT_FDCWD, "d", RENAME_NOREPLACE));
    tell("exchanging", renameat2(AT_FDCWD, "i", AT_FDCWD, "j", RENAME_EXCHANGE));
    tell("renameat", renameat(AT_FDCWD, "c", AT_FDCWD, "d"));
    tell("unlink", unlink("d"));
    tell("remove", remove("e"));
    tell("unlinkat", unlinkat(AT_FDCWD, "f", 0));
    tell("unlinkat", unlinkat(AT_FDCWD, "directory/full", AT_REMOVEDIR));
    tell("remove", remove("directory"));
    tell("link", link("g", "g2"));
    tell("one of two names", unlink("g"));
    tell_file("g2");
    tell("symlink", symlink("h", "to_h"));
    tell("symlink", symlink("h", "to_h2"));
    make("new", 0);
    tell("onto a link", rename("new", "to_h"));
    tell("a link", unlink("to_h2"));
    tell_file("h");
    symlink("h", "to_h3");
    tell("through a link", open("to_h3", O_WRONLY | O_TRUNC));
}

/* other: a file that can be made on another file system. */
static void across(const char *other)
{
    make(other, 0);
    make("here", 0);
    errno = 77;
    tell("onto another file system's", rename(other, "here"));
    tell_file("here");
    tell("unlink", unlink(other));
}

static void bad_pointers(void)
{
    char *bad = (char *)8;
    make("file", 0);
    errno = 77;
    tell("open", open(bad, O_WRONLY));
    tell("openat", openat(AT_FDCWD, bad, O_RDWR));
    tell("raw", (int)syscall(SYS_openat, AT_FDCWD, bad, O_WRONLY));
    tell("creat", creat(bad, 0600));
    tell("truncate", truncate(bad, 0));
    tell("rename", rename(bad, "file"));
    tell("rename", rename("file", bad));
    tell("unlink", unlink(bad));
    tell("unlinkat", unlinkat(-5, "file", 0));
    tell("fopen", fopen(bad, "w") != NULL);
    tell("null", open(NULL, O_WRONLY));
    tell("", open("", O_WRONLY));
    tell_file("file");
}

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
static void *overwrite_long(void *unused)
{
    (void)unused;
    tell("open", open("long", O_WRONLY) >= 0);
    return NULL;
}

/* Children of a fork, and a lock that is taken, while another thread's file is copied. */
static void slices(void)
{
    int fd = open("long", O_RDWR | O_CREAT, 0600), inherited = 0;
    const struct timespec times[2] = {{1000000000, 0}, {1000000000, 0}};
    pthread_t thread;
    static char block[1 << 20];
    memset(block, 'x', sizeof block);
    for (int i = 0; i < LONG_BYTES >> 20; i++)
        if (write(fd, block, sizeof block) != (ssize_t)sizeof block)
            puts("cannot be made");
    futimens(fd, times);
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

static void *swap(void *stop)
{
    mkfifo("fifo", 0600);
    for (int i = 0; !*(volatile int *)stop; i++) {
        make("regular", i);
        rename("regular", "file");
        link("fifo", "fifo2");
        rename("fifo2", "file");
    }
    return NULL;
}

/* What is opened may have become a FIFO since it was looked at. */
static void fifos(void)
{
    int stop = 0;
    pthread_t thread;
    mkfifo("file", 0600);
    tell("fifo", open("file", O_WRONLY | O_NONBLOCK));
    pthread_create(&thread, NULL, swap, &stop);
    for (int i = 0; i < 3000; i++)
        close(open("file", O_WRONLY | O_NONBLOCK));
    stop = 1;
    pthread_join(thread, NULL);
    unlink("file");
    unlink("regular");
    puts("none of them waited");
}

static void no_descriptors(void)
{
    make("file", 0);
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_NOFILE, &none);
    errno = 77;
    tell("truncate", truncate("file", 10));
}

static void small_files(void)
{
    make("file", 0);
    make("name", 0);
    struct rlimit limit = {50000, 50000};
    setrlimit(RLIMIT_FSIZE, &limit);
    errno = 77;
    tell("truncate", truncate("file", 10));
    tell("unlink", unlink("name"));
}

static void fresh(void)
{
    FILE *file = fopen("file", "w");
    fputs("made in the run", file);
    fclose(file);
    usleep(50000); /* the clock of files is coarse */
    tell("again", open("file", O_WRONLY | O_TRUNC));
    fclose(fopen("empty", "w"));
    tell("unlink", unlink("empty"));
}

#define FILES 40
static void *overwrite(void *unused)
{
    (void)unused;
    for (int i = 0; i < FILES; i++) {
        char name[20];
        snprintf(name, sizeof name, "file%d", i);
        int fd = open(name, O_WRONLY);
        if (fd < 0 || write(fd, "new", 3) != 3)
            puts("cannot be written");
        close(fd);
    }
    return NULL;
}

/* Several processes of several threads, all at the same files. */
static void together(void)
{
    for (int i = 0; i < FILES; i++) {
        char name[20];
        snprintf(name, sizeof name, "file%d", i);
        make(name, i);
    }
    for (int i = 0; i < 4; i++)
        if (fork() == 0) {
            pthread_t threads[4];
            for (int k = 0; k < 4; k++)
                pthread_create(&threads[k], NULL, overwrite, NULL);
            for (int k = 0; k < 4; k++)
                pthread_join(threads[k], NULL);
            exit(0);
        }
    while (wait(NULL) > 0)
        ;
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
    } ways[] = {{"opens", opens},
                {"names", names},
                {"pointers", bad_pointers},
                {"locks", locks},
                {"fifos", fifos},
                {"no_descriptors", no_descriptors},
                {"fresh", fresh},
                {"together", together},
                {"small_files", small_files},
                {"signals", signals},
                {"small_stack", small_stack},
                {"leases", leases},
                {"refusals", refusals},
                {"slices", slices}};
    for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++)
        if (count > 1 && strcmp(arguments[1], ways[i].name) == 0)
            ways[i].run();
    if (count > 2 && strcmp(arguments[1], "across") == 0)
        across(arguments[2]);
    tell("next number", open("/dev/null", O_RDONLY));
    return 0;
}

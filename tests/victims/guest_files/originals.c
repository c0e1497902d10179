/* SPDX-License-Identifier: MIT
 * Owns: a program that overwrites, replaces and removes files from before it began; argv[1] says how. What it prints is
 * the same whether somebody keeps them or not. Must not know: the profiler. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/victims/guest_files/originals.h"

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
    /* Files are dated by the coarse clock. What is made in the tick that the program begins in may be kept. */
    struct timespec began, dated;
    clock_gettime(CLOCK_REALTIME, &began);
    do {
        usleep(1000);
        clock_gettime(CLOCK_REALTIME_COARSE, &dated);
    } while (dated.tv_sec < began.tv_sec || (dated.tv_sec == began.tv_sec && dated.tv_nsec <= began.tv_nsec));
    FILE *file = fopen("file", "w");
    fputs("made in the run", file);
    fclose(file);
    usleep(50000); /* it has another time than what follows */
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

int main(int count, char **arguments)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } ways[] = {{"opens", opens},
                {"names", names},
                {"pointers", bad_pointers},
                {"fifos", fifos},
                {"no_descriptors", no_descriptors},
                {"fresh", fresh},
                {"together", together},
                {"small_files", small_files}};
    for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++)
        if (count > 1 && strcmp(arguments[1], ways[i].name) == 0)
            ways[i].run();
    if (count > 2 && strcmp(arguments[1], "across") == 0)
        across(arguments[2]);
    tell("next number", open("/dev/null", O_RDONLY));
    return 0;
}

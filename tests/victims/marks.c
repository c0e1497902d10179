/* SPDX-License-Identifier: MIT
 * Owns: a program that names moments by every call that may, on threads, in children and in a signal handler, and that
 * asks about files that are no marks. Prints each result and errno: they must be the same with and without the library.
 * Must not know: who listens. */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "include/imgbench/mark.h"

static void said(const char *what, int result)
{
    printf("%s: %d, errno %d\n", what, result, result ? errno : 0);
}
#define SAY(call) (errno = 0, said(#call, (int)(call)))

static void every_call(void)
{
    struct stat status;
    struct statx extended;
    SAY(access("imgbench:mark:access", F_OK));
    SAY(faccessat(AT_FDCWD, "imgbench:mark:faccessat", R_OK, 0));
    SAY(faccessat(AT_FDCWD, "imgbench:mark:faccessat2", R_OK, AT_EACCESS));
    SAY(euidaccess("imgbench:mark:euidaccess", R_OK));
    SAY(eaccess("imgbench:mark:eaccess", R_OK));
    SAY(stat("imgbench:mark:stat", &status));
    SAY(lstat("imgbench:mark:lstat", &status));
    SAY(fstatat(AT_FDCWD, "imgbench:mark:fstatat", &status, AT_SYMLINK_NOFOLLOW));
    SAY(statx(AT_FDCWD, "imgbench:mark:statx", 0, STATX_SIZE, &extended));
    SAY(syscall(SYS_statx, AT_FDCWD, "imgbench:mark:statx by number", 0, STATX_SIZE, &extended));
    int (*old)(int, const char *, struct stat *);
    *(void **)&old = dlsym(RTLD_DEFAULT, "__xstat");
    if (old)
        SAY(old(1, "imgbench:mark:xstat", &status));
}

static void no_marks(void)
{
    char path[5000] = "imgbench:mark:";
    SAY(access((const char *)8, F_OK));
    SAY(access("", F_OK));
    SAY(access("imgbench:", F_OK));
    SAY(access("imgbench:mark", F_OK));
    SAY(access("imgbench:mark:", F_OK));
    SAY(access("imgbench:mark:?data", F_OK));
    SAY(access("imgbench:made:up", F_OK));
    SAY(access("Imgbench:mark:capital", F_OK));
    SAY(access("/imgbench:mark:absolute", F_OK));
    SAY(access("./imgbench:mark:dotted", F_OK));
    SAY(access("imgbench:mark:line\nend", F_OK));
    memset(path + 14, 'n', 201);
    SAY(access(path, F_OK)); /* a name that is too long */
    memset(path, 'i', sizeof path - 1);
    SAY(access(path, F_OK));
    SAY(open("imgbench:mark:there", O_CREAT | O_WRONLY, 0600) < 0);
    SAY(access("imgbench:mark:there", F_OK)); /* a file */
    SAY(unlink("imgbench:mark:there"));
    SAY(open("imgbench:mark:opened", O_RDONLY) < 0);
}

static void limits(void)
{
    char name[202] = "", data[1030] = "";
    memset(name, 'n', 200);
    memset(data, 'd', 1024);
    imgbench_mark_data(name, data);
    data[1024] = 'd';
    imgbench_mark_data("without data", data);
    name[200] = 'n';
    imgbench_mark(name); /* nothing */
    imgbench_mark_data("slashes", "{\"image\":\"a/b/../c.png\"}");
}

static void *helper(void *argument)
{
    (void)argument;
    imgbench_begin("helper");
    imgbench_end("helper");
    imgbench_end("handed over");
    return NULL;
}

static void on_signal(int number)
{
    (void)number;
    imgbench_mark("in a signal handler");
}

static void children(void)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        imgbench_mark("in a forked child");
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    said("forked child", status);
    child = vfork();
    if (child == 0) {
        access("imgbench:mark:in a child of vfork", F_OK); /* it shares our memory: nobody may write there */
        _exit(0);
    }
    waitpid(child, &status, 0);
    said("child of vfork", status);
}

int main(void)
{
    errno = ERANGE;
    imgbench_begin("whole");
    printf("errno is kept: %d\n", errno == ERANGE);
    every_call();
    no_marks();
    limits();
    imgbench_begin("handed over");
    pthread_t thread;
    if (pthread_create(&thread, NULL, helper, NULL) == 0)
        pthread_join(thread, NULL);
    signal(SIGUSR1, on_signal);
    raise(SIGUSR1);
    children();
    imgbench_end_data("whole", "{\"n\":1}");
    return 7;
}

/* SPDX-License-Identifier: MIT
 * Owns: what a process and all its descendants use, as the kernel tells it from outside: proc(5).
 * Must not know: traces, images. */
#include "analyzer/run/watch/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The file's first bytes, terminated; false where it is gone or not to be read. */
static bool read_file(const char *path, char *text, size_t capacity)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t bytes = file < 0 ? -1 : read(file, text, capacity - 1);
    if (file >= 0)
        close(file);
    text[bytes > 0 ? bytes : 0] = '\0';
    return bytes > 0;
}

static bool ask(pid_t pid, const char *what, char *text, size_t capacity)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, what);
    return read_file(path, text, capacity);
}

/* The number behind a name at the start of a line. */
static bool number_of(const char *text, const char *name, uint64_t *number)
{
    size_t bytes = strlen(name);
    for (const char *line = text; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL)
        if (!strncmp(line, name, bytes))
            return sscanf(line + bytes, "%" SCNu64, number) == 1;
    return false;
}

static void add_child(struct tree *tree, pid_t pid)
{
    for (uint32_t i = 0; i < tree->processes; i++)
        if (tree->pids[i] == pid)
            return;
    if (tree->processes < TREE_PROCESSES_MAX)
        tree->pids[tree->processes++] = pid;
    else
        tree->whole = false;
}

/* Each thread's children are listed with it. */
static void add_children(struct tree *tree, pid_t pid)
{
    char path[64], list[65536];
    struct dirent *entry;
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    while (tasks && (entry = readdir(tasks))) {
        if (entry->d_name[0] == '.')
            continue;
        tree->threads++;
        char file[384];
        snprintf(file, sizeof file, "%s/%s/children", path, entry->d_name);
        if (!read_file(file, list, sizeof list))
            continue;
        char *rest = list, *end;
        if (list[strlen(list) - 1] != ' ') { /* cut: what the last number would have been is not known */
            tree->whole = false;
            rest = strrchr(list, ' ');
            *(rest ? rest : list) = '\0';
            rest = list;
        }
        for (long child = strtol(rest, &end, 10); end != rest; rest = end, child = strtol(rest, &end, 10))
            add_child(tree, (pid_t)child);
    }
    if (tasks)
        closedir(tasks);
}

static bool add_stat(struct tree *tree, pid_t pid)
{
    char text[1024];
    uint64_t user, system, child_user, child_system, pages;
    if (!ask(pid, "stat", text, sizeof text))
        return false;
    const char *behind = strrchr(text, ')'); /* the name may hold anything, brackets too */
    if (!behind || sscanf(behind + 1,
                          " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
                          " %*d %*d %*d %*d %*u %*u %" SCNu64,
                          &user, &system, &child_user, &child_system, &pages) != 5)
        return false;
    uint64_t tick_ns = UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK);
    tree->cpu_ns += (user + system + child_user + child_system) * tick_ns;
    tree->rss_bytes += pages * (uint64_t)sysconf(_SC_PAGESIZE);
    return true;
}

static void add_process(struct tree *tree, pid_t pid)
{
    char text[4096];
    uint64_t number;
    add_children(tree, pid);
    if (!add_stat(tree, pid))
        return; /* it has just ended */
    if (!ask(pid, "io", text, sizeof text)) {
        tree->whole = false;
        return;
    }
    if (number_of(text, "rchar:", &number))
        tree->read_bytes += number;
    if (number_of(text, "wchar:", &number))
        tree->write_bytes += number;
}

static void add_proportional(struct tree *tree, pid_t pid)
{
    char text[4096];
    uint64_t number;
    if (ask(pid, "smaps_rollup", text, sizeof text) && number_of(text, "Pss:", &number))
        tree->pss_bytes += number * 1024;
    else if (ask(pid, "stat", text, sizeof text) && !strstr(text, ") Z"))
        tree->pss_bytes = UINT64_MAX; /* alive, and not to be asked */
}

void tree_ask(struct tree *tree, pid_t pid)
{
    *tree = (struct tree){.whole = true, .pss_bytes = UINT64_MAX};
    add_child(tree, pid);
    for (uint32_t i = 0; i < tree->processes; i++) /* grows meanwhile */
        add_process(tree, tree->pids[i]);
    if (tree->processes > 1)
        tree->pss_bytes = 0;
    for (uint32_t i = 0; i < tree->processes && tree->pss_bytes != UINT64_MAX; i++)
        add_proportional(tree, tree->pids[i]);
}

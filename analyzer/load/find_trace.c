/* SPDX-License-Identifier: MIT
 * Owns: which trace a command means: the operand, or the user's newest.
 * Must not know: what is done with it. */
#include "analyzer/load/find_trace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/file_changed.h"
#include "analyzer/base/message.h"
#include "analyzer/reader/reader.h"
#include "analyzer/base/usage.h"

struct candidate {
    char *path;
    int64_t begun_ns; /* since the epoch */
    bool controlled;  /* has a control page */
};

struct candidates {
    struct candidate *list;
    size_t count;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    const char **trace = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (*trace)
            return usage_error(
                state, "one TRACE only, but there is also '%s' (a FILE follows its option behind '=': --md=FILE)",
                argument);
        *trace = argument;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp find_trace_argp = {NULL, parse, NULL, NULL, NULL, NULL, NULL};

error_t find_trace_parse(int key, char *argument, struct argp_state *state)
{
    (void)argument;
    if (key != ARGP_KEY_INIT)
        return ARGP_ERR_UNKNOWN;
    state->child_inputs[0] = state->input;
    return 0;
}

/* The control page knows when a trace began; the directory's own time changes with every process that joins. */
static int64_t begun_ns(const char *path, bool *controlled)
{
    char name[4352];
    struct trace_control control;
    struct stat status;
    snprintf(name, sizeof name, "%s/%s", path, TRACE_CONTROL_NAME);
    int fd = open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool read_it = fd >= 0 && pread(fd, &control, sizeof control, 0) == sizeof control;
    if (fd >= 0)
        close(fd);
    *controlled = read_it && control.magic == TRACE_CONTROL_MAGIC;
    if (*controlled && control.realtime_offset_ns > 0)
        return (int64_t)((uint64_t)control.realtime_offset_ns + (control.start_ns & TRACE_TIME_MAX));
    return lstat(path, &status) ? 0 : (int64_t)file_changed_ns(&status); /* before 1970: before all others */
}

static void list(struct candidates *candidates, const char *path, unsigned depth);

/* A directory without a control page may be a set of runs, or sets of several variants: `imgbench run` makes them. */
static bool is_trace(const char *path)
{
    char name[4352];
    struct stat status;
    snprintf(name, sizeof name, "%s/%s", path, TRACE_CONTROL_NAME);
    return !lstat(name, &status);
}

static void add(struct candidates *candidates, const char *directory, const char *name, unsigned depth)
{
    char path[4200];
    struct stat status;
    if (snprintf(path, sizeof path, "%s/%s", directory, name) >= (int)sizeof path)
        return;
    if (lstat(path, &status) || !S_ISDIR(status.st_mode))
        return;
    if (depth < 2 && !is_trace(path))
        list(candidates, path, depth + 1);
    struct candidate *larger = realloc(candidates->list, (candidates->count + 1) * sizeof *larger);
    if (!larger)
        return;
    candidates->list = larger;
    bool controlled;
    int64_t ns = begun_ns(path, &controlled);
    larger[candidates->count] = (struct candidate){strdup(path), ns, controlled};
    candidates->count += larger[candidates->count].path != NULL;
}

static void list(struct candidates *candidates, const char *path, unsigned depth)
{
    DIR *directory = opendir(path);
    struct dirent *entry;
    while (directory && (entry = readdir(directory)))
        if (entry->d_name[0] != '.')
            add(candidates, path, entry->d_name, depth);
    if (directory)
        closedir(directory);
}

static int newest_first(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    if (a->begun_ns != b->begun_ns)
        return a->begun_ns > b->begun_ns ? -1 : 1;
    return strcmp(b->path, a->path);
}

void find_trace_directory(char *path, size_t capacity)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    const struct passwd *user = home && *home ? NULL : getpwuid(getuid());
    if (user)
        home = user->pw_dir;
    if (state && *state == '/') /* a relative one is to be ignored, says the XDG specification */
        snprintf(path, capacity, "%s/imgbench", state);
    else
        snprintf(path, capacity, "%s/.local/state/imgbench", home && *home ? home : "");
}

bool find_trace_temporary(char path[64], bool make)
{
    struct stat status;
    snprintf(path, 64, "/tmp/imgbench-%u", (unsigned)geteuid());
    if (make && mkdir(path, 0700) && errno != EEXIST)
        return false;
    return !lstat(path, &status) && S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
           !(status.st_mode & (S_IWGRP | S_IWOTH));
}

/* Or a mark: whoever makes one wants to see it. */
static bool saw_image(struct reader *reader)
{
    struct trace_record record;
    struct reader_origin origin;
    while (reader_next(reader, &record, &origin))
        if (record.kind == TRACE_KIND_head || record.kind == TRACE_KIND_codec_call || record.kind == TRACE_KIND_rows ||
            record.kind == TRACE_KIND_mark)
            return true;
    return false;
}

struct places {
    char state[4096], temp[64];
};

/* All that may be a trace, newest first. */
static struct candidates look(struct places *places)
{
    struct candidates candidates = {0};
    find_trace_directory(places->state, sizeof places->state);
    list(&candidates, places->state, 0);
    if (find_trace_temporary(places->temp, false))
        list(&candidates, places->temp, 0);
    if (candidates.count)
        qsort(candidates.list, candidates.count, sizeof *candidates.list, newest_first);
    return candidates;
}

/* found, copied, once it has been said where there is none. */
static char *chosen(struct candidates *candidates, const struct places *places, const char *found, const char *readable)
{
    char *copy = NULL;
    if (!found && readable)
        message_error("no trace below %s saw an image; for the newest one say: imgbench report %s", places->state,
                      readable);
    else if (!found)
        message_error("no trace below %s or %s; record one with LD_PRELOAD=libimgbench.so, or name its directory",
                      places->state, places->temp);
    else if (!(copy = strdup(found)))
        message_error("not enough memory to name the trace");
    for (size_t i = 0; i < candidates->count; i++)
        free(candidates->list[i].path);
    free(candidates->list);
    return copy;
}

static char *newest(bool any)
{
    char why[4500];
    struct places places;
    struct candidates candidates = look(&places);
    const char *found = NULL, *readable = NULL;
    for (size_t i = 0; i < candidates.count && !found; i++) {
        struct reader *reader = reader_open(candidates.list[i].path, NULL, NULL, why, sizeof why);
        if (reader && saw_image(reader))
            found = candidates.list[i].path;
        else if (reader && !readable)
            readable = candidates.list[i].path;
        reader_close(reader);
    }
    return chosen(&candidates, &places, !found && any ? readable : found, readable);
}

static char *newest_to_control(void)
{
    struct places places;
    struct candidates candidates = look(&places);
    const char *found = NULL;
    for (size_t i = 0; i < candidates.count && !found; i++)
        found = candidates.list[i].controlled ? candidates.list[i].path : NULL;
    return chosen(&candidates, &places, found, NULL);
}

/* False when the operand is a set of runs, or another place where traces lie, after having said so. */
static bool is_no_set(const char *operand)
{
    struct candidates candidates = {0};
    const char *first = NULL;
    size_t count = 0;
    if (!is_trace(operand))
        list(&candidates, operand, 1);
    for (size_t i = 0; i < candidates.count; i++)
        if (candidates.list[i].controlled) {
            first = !first || strcmp(candidates.list[i].path, first) < 0 ? candidates.list[i].path : first;
            count++;
        }
    if (count)
        message_error("%s: a directory of %zu trace%s: name one of them, as in %s; whole sets of runs are for "
                      "'imgbench compare'",
                      operand, count, count == 1 ? "" : "s", first);
    for (size_t i = 0; i < candidates.count; i++)
        free(candidates.list[i].path);
    free(candidates.list);
    return !count;
}

static char *named(const char *operand)
{
    char *path = strdup(operand);
    if (!path)
        message_error("not enough memory to name the trace");
    return path;
}

char *find_trace(const char *operand, bool any)
{
    return !operand ? newest(any) : is_no_set(operand) ? named(operand) : NULL;
}

char *find_trace_to_control(const char *operand)
{
    return operand ? named(operand) : newest_to_control();
}

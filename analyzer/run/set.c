/* SPDX-License-Identifier: MIT
 * Owns: where the traces of `imgbench run` lie, whether there is room for them, and what a set of runs says of itself.
 * Must not know: how targets are started, figures. */
#include "analyzer/run/set.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/base/version.h"
#include "analyzer/compare/side.h"
#include "analyzer/load/find_trace.h"
#include "analyzer/base/output_file.h"
#include "analyzer/render/json_values.h"
#include "trace/size.h"

static bool make_directories(const char *path)
{
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(copy, 0700) && errno != EEXIST)
            return false;
        *slash = '/';
    }
    return !mkdir(copy, 0700) || errno == EEXIST;
}

/* 1 = it is empty, 0 = it holds something, -1 = not to be read. */
static int is_empty(const char *path)
{
    DIR *directory = opendir(path);
    struct dirent *entry;
    int empty = 1;
    while (directory && (entry = readdir(directory)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            empty = 0;
    if (directory)
        closedir(directory);
    return directory ? empty : -1;
}

static void default_name(const char *program, char path[PATH_MAX])
{
    char state[PATH_MAX - 512], date[32];
    time_t now = time(NULL);
    struct tm utc;
    const char *slash = strrchr(program, '/');
    strftime(date, sizeof date, "%Y%m%dT%H%M%S", gmtime_r(&now, &utc));
    find_trace_directory(state, sizeof state);
    snprintf(path, PATH_MAX, "%s/%.200s-%s-%d", state, slash ? slash + 1 : program, date, (int)getpid());
}

bool set_directory(const char *wanted, const char *program, char path[PATH_MAX], bool *is_default, char *why,
                   size_t capacity)
{
    const char *given = getenv("IMGBENCH_DIR");
    char here[PATH_MAX] = "";
    if (!wanted && given && *given)
        wanted = given;
    *is_default = !wanted;
    if (!wanted) {
        default_name(program, path);
    } else if (wanted[0] != '/' && !getcwd(here, sizeof here)) {
        snprintf(why, capacity, "the working directory: %s", strerror(errno));
        return false;
    } else if (snprintf(path, PATH_MAX, "%s%s%s", here, *here ? "/" : "", wanted) >= PATH_MAX - 64) {
        snprintf(why, capacity, "%.60s...: %s", wanted, strerror(ENAMETOOLONG));
        return false;
    }
    bool made = make_directories(path);
    if (!made && *is_default) { /* as the library does: a home that cannot be written to is no reason to fail */
        const char *slash = strrchr(path, '/');
        char name[512];
        snprintf(name, sizeof name, "%s", slash + 1);
        char directory[64];
        made = find_trace_temporary(directory, true);
        snprintf(path, PATH_MAX, "%s/%s", directory, name);
        made = made && make_directories(path);
    }
    if (!made) {
        snprintf(why, capacity, "cannot make the trace directory %s: %s; name another one: --out=DIR", path,
                 strerror(errno));
        return false;
    }
    if (is_empty(path) != 1) {
        snprintf(why, capacity, "%s %s: name a new one: --out=DIR", path,
                 is_empty(path) == 0 ? "holds files already, and a trace or set of runs needs a directory of its own"
                                     : "cannot be read");
        return false;
    }
    if (access(path, W_OK | X_OK)) {
        snprintf(why, capacity, "%s cannot be written to: %s; name another one: --out=DIR", path, strerror(errno));
        return false;
    }
    return true;
}

static uint64_t quota(void)
{
    const char *text = getenv("IMGBENCH_QUOTA");
    uint64_t bytes = TRACE_QUOTA_DEFAULT;
    if (text)
        trace_size_parse(text, TRACE_QUOTA_MOST, &bytes); /* as the library: nonsense changes nothing */
    return bytes;
}

bool set_has_room(const char *path, char *why, size_t capacity)
{
    struct statvfs place;
    uint64_t wanted = quota();
    if (statvfs(path, &place) || !place.f_blocks)
        return true; /* what cannot be asked, or is not told (ramfs, some FUSE), is found out by writing */
    uint64_t there = (uint64_t)place.f_bavail * place.f_frsize;
    if (there >= wanted)
        return true;
    snprintf(
        why, capacity,
        "%s: %llu MB are free, and a trace may take %llu MB (IMGBENCH_QUOTA): make room, name another --out=DIR, or "
        "set a smaller IMGBENCH_QUOTA",
        path, (unsigned long long)(there / 1000000), (unsigned long long)(wanted / 1000000));
    return false;
}

bool set_subdirectory(const char *parent, const char *name, char path[PATH_MAX], char *why, size_t capacity)
{
    if (snprintf(path, PATH_MAX, "%s/%s", parent, name) < PATH_MAX && !mkdir(path, 0700))
        return true;
    snprintf(why, capacity, "cannot make %s/%s: %s", parent, name, strerror(errno));
    return false;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)where;
    return kind == FTW_DP ? rmdir(path) : unlink(path);
}

void set_remove(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static json_t *run_json(const struct set_run *run)
{
    char started[40] = "";
    time_t seconds = (time_t)(run->end.started_ns / 1000000000);
    struct tm utc;
    strftime(started, sizeof started, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &utc));
    return json_pack("{s:o, s:i, s:i, s:s, s:f, s:f, s:f, s:o, s:o}", "trace", render_json_text(run->name), "round",
                     (int)run->round, "place", (int)run->place, "started", started, "wall_s",
                     (double)run->end.wall_ns / 1e9, "stopped_s", (double)run->end.stopped_ns / 1e9, "cpu_s",
                     (double)run->end.cpu_ns / 1e9, "exit_code",
                     run->end.exit_code >= 0 ? json_integer(run->end.exit_code) : json_null(), "signal",
                     run->end.signal ? json_integer(run->end.signal) : json_null());
}

bool set_write(const struct set *set)
{
    json_t *runs = json_array(), *bare = json_array(), *arguments = json_array();
    for (size_t i = 0; i < set->run_count; i++)
        json_array_append_new(set->runs[i].name ? runs : bare, run_json(&set->runs[i]));
    for (char **argument = set->arguments; *argument; argument++)
        json_array_append_new(arguments, render_json_text(*argument));
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:o}", "schema", SIDE_SET_SCHEMA, "tool_version",
                             version_text, "session", set->session, "variant", set->variant, "command", arguments,
                             "preload", set->preload, "runs", runs, "bare", bare);
    char path[PATH_MAX + 16];
    struct output_file file;
    snprintf(path, sizeof path, "%s/%s", set->directory, SIDE_SET_NAME);
    bool good = json && output_file_replace(&file, path);
    if (good) {
        int error = json_dumpf(json, file.stream, JSON_INDENT(2)) || fputc('\n', file.stream) == EOF ? EIO : 0;
        good = output_file_close(&file, error);
    }
    json_decref(json);
    return good;
}

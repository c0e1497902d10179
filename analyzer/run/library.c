/* SPDX-License-Identifier: MIT
 * Owns: where libimgbench.so and other allocators are, as LD_PRELOAD can name them.
 * Must not know: targets, traces. */
#include "analyzer/run/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/load/find_trace.h"

static const char name[] = "libimgbench.so";

static bool can_be_named(const char *path)
{
    return !strpbrk(path, " :\t\n");
}

/* A link that LD_PRELOAD can name; the same one for the same library. */
static bool link_to(char path[LIBRARY_PATH], char *why, size_t capacity)
{
    char directory[64], temporary[160], link[128], there[LIBRARY_PATH];
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (const char *byte = path; *byte; byte++)
        hash = (hash ^ (unsigned char)*byte) * UINT64_C(0x100000001b3);
    if (!find_trace_temporary(directory, true)) {
        snprintf(why, capacity,
                 "%s holds a blank or colon, which LD_PRELOAD cannot name, and %s cannot be used for a link to it",
                 path, directory);
        return false;
    }
    snprintf(link, sizeof link, "%s/%016" PRIx64, directory, hash);
    snprintf(temporary, sizeof temporary, "%s.%d", link, (int)getpid());
    if (mkdir(link, 0700) && errno != EEXIST)
        goto failed;
    snprintf(link + strlen(link), sizeof link - strlen(link), "/%s", name);
    ssize_t bytes = readlink(link, there, sizeof there - 1);
    if (bytes < 0 || (size_t)bytes != strlen(path) || memcmp(there, path, (size_t)bytes) != 0)
        if (symlink(path, temporary) || rename(temporary, link))
            goto failed;
    snprintf(path, LIBRARY_PATH, "%s", link);
    return true;
failed:
    snprintf(why, capacity, "%s: a link to the library could not be made: %s", link, strerror(errno));
    return false;
}

bool library_find(char path[LIBRARY_PATH], char *why, size_t capacity)
{
    static const char *const places[] = {"", "../lib/imgbench/", "../lib/"};
    char own[LIBRARY_PATH - 64];
    ssize_t bytes = readlink("/proc/self/exe", own, sizeof own - 1);
    if (bytes <= 0) {
        snprintf(why, capacity, "where imgbench lies could not be asked (/proc/self/exe: %s)", strerror(errno));
        return false;
    }
    own[bytes] = '\0';
    *(strrchr(own, '/') + 1) = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char tried[LIBRARY_PATH];
        snprintf(tried, sizeof tried, "%s%s%s", own, places[i], name);
        if (access(tried, R_OK) || !realpath(tried, path))
            continue;
        return can_be_named(path) || link_to(path, why, capacity);
    }
    snprintf(
        why, capacity,
        "%s is neither beside imgbench in %s nor in ../lib/imgbench or ../lib of it: install it again, or run make",
        name, own);
    return false;
}

/* In the directories that the loader searches by default, and where software lies that no package brought. It is not
 * loaded to be found: two allocators in one process do not get on. */
static bool search(const char *file, char path[LIBRARY_PATH])
{
    Dl_serinfo size, *info = NULL;
    char tried[LIBRARY_PATH];
    void *self = dlopen(NULL, RTLD_LAZY);
    bool found = false;
    if (self && !dlinfo(self, RTLD_DI_SERINFOSIZE, &size) && (info = malloc(size.dls_size))) {
        dlinfo(self, RTLD_DI_SERINFOSIZE, info);
        if (!dlinfo(self, RTLD_DI_SERINFO, info))
            for (unsigned i = 0; i < info->dls_cnt && !found; i++) {
                snprintf(tried, sizeof tried, "%s/%s", info->dls_serpath[i].dls_name, file);
                found = !access(tried, R_OK) && realpath(tried, path);
            }
    }
    free(info);
    snprintf(tried, sizeof tried, "/usr/local/lib/%s", file);
    return found || (!access(tried, R_OK) && realpath(tried, path));
}

bool library_find_allocator(const char *wanted, char path[LIBRARY_PATH], char *why, size_t capacity)
{
    static const char *const endings[] = {".so.2", ".so.4", ".so", ".so.1"};
    bool found = strchr(wanted, '/') && !access(wanted, R_OK) && realpath(wanted, path);
    for (size_t i = 0; i < sizeof endings / sizeof *endings && !found && !strchr(wanted, '/'); i++) {
        char file[512];
        snprintf(file, sizeof file, "lib%.400s%s", wanted, endings[i]);
        found = search(file, path);
    }
    if (!found) {
        snprintf(why, capacity,
                 strchr(wanted, '/')
                     ? "allocator %s: no such library"
                     : "allocator %s: the loader has no library of that name; install it, or give its path",
                 wanted);
        return false;
    }
    if (can_be_named(path))
        return true;
    snprintf(why, capacity, "allocator %s: LD_PRELOAD cannot hold a path with blanks or colons", path);
    return false;
}

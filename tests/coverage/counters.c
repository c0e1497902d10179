/* SPDX-License-Identifier: MIT
 * Owns: what gcov counts in the preload library, in a build for scripts/checks/coverage: the counters' pages are those
 * of one file, COVERAGE_COUNTERS, which all processes share. So nothing has to be written when a process ends, however
 * it ends: by a signal, by _exit, in a vfork's child; and nothing of gcov's runs in the program but this, once. A
 * program that starts with COVERAGE_WRITE in its environment makes files for gcov of them. Must not know: what is
 * counted. */
#include <gcov.h>
#include <stdlib.h>

#include "preload/base/system.h"

extern uint64_t coverage_first[], coverage_last[];                       /* counters.ld */
extern const struct gcov_info *__start_gcov_info[], *__stop_gcov_info[]; /* the linker: one for each object */

/* Only its address is asked for: counters that have such a function are in use. */
void __gcov_merge_add(int64_t *counters, unsigned count)
{
    (void)counters;
    (void)count;
}

static void open_file(const char *name, void *fd)
{
    *(int *)fd = system_open_at(AT_FDCWD, name, O_WRONLY | O_CREAT | O_TRUNC, 0666);
}
static void write_part(const void *part, unsigned bytes, void *fd)
{
    if (system_write(*(int *)fd, part, bytes) != (long)bytes)
        abort();
}
static void *allocate(unsigned bytes, void *fd)
{
    (void)fd;
    return malloc(bytes);
}

__attribute__((constructor)) static void share_counters(void)
{
    int fd = system_open_at(AT_FDCWD, COVERAGE_COUNTERS, O_RDWR, 0);
    if (fd < 0)
        return; /* out of reach: another root, no right */
    size_t count = (size_t)(coverage_last - coverage_first);
    long place = SYSTEM6(SYS_mmap, NULL, count * 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (place > 0 || place < -4095) {
        uint64_t *shared = (uint64_t *)place;
        for (size_t i = 0; i < count; i++) /* what ran before, which is little: pages that nobody touched stay so */
            if (coverage_first[i])
                __atomic_fetch_add(&shared[i], coverage_first[i], __ATOMIC_RELAXED);
        (void)SYSTEM6(SYS_mremap, place, count * 8, count * 8, MREMAP_MAYMOVE | MREMAP_FIXED, coverage_first, 0);
    }
    system_close(fd);
    if (!getenv("COVERAGE_WRITE"))
        return;
    for (const struct gcov_info **info = __start_gcov_info; info < __stop_gcov_info; info++) {
        __gcov_info_to_gcda(*info, open_file, write_part, allocate, &fd);
        system_close(fd);
    }
}

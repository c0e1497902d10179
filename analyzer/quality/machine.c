/* SPDX-License-Identifier: MIT
 * Owns: how much of this machine comparing may use.
 * Must not know: what is compared. */
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>

#include "analyzer/quality/quality.h"

unsigned quality_processes(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return count > 0 ? (unsigned)count : 1;
}

static uint64_t first_number(const char *path)
{
    uint64_t value;
    FILE *file = fopen(path, "re");
    bool found = file && fscanf(file, "%" SCNu64, &value) == 1;
    if (file)
        fclose(file);
    return found ? value : UINT64_MAX;
}

static uint64_t available(void)
{
    char line[160];
    uint64_t kilobytes = UINT64_MAX;
    FILE *file = fopen("/proc/meminfo", "re");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "MemAvailable: %" SCNu64, &kilobytes) == 1)
            break;
    if (file)
        fclose(file);
    return kilobytes == UINT64_MAX ? UINT64_MAX : kilobytes * 1024;
}

uint64_t quality_memory(unsigned processes)
{
    uint64_t free_bytes = available();
    /* A container's limit, less what is in use of it; what is only cached of that could go. */
    uint64_t limit = first_number("/sys/fs/cgroup/memory.max"), used = first_number("/sys/fs/cgroup/memory.current");
    if (limit != UINT64_MAX && used != UINT64_MAX) {
        uint64_t left = limit > used ? limit - used : 0;
        free_bytes = left < free_bytes ? left : free_bytes;
    }
    return free_bytes == UINT64_MAX ? UINT64_MAX : free_bytes / processes;
}

/* SPDX-License-Identifier: MIT
 * Owns: checks of the machine: kernel, C library, clock, /proc, libraries for some figures.
 * Must not know: traces. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/base/monotonic.h"

#include "analyzer/doctor/doctor.h"

#define CLOCK_READINGS 20000
#define CLOCK_SLOW_NS  250 /* a reading through the vDSO takes 20 to 60, one by a system call from here on */

void doctor_say(struct doctor *doctor, enum doctor_grade grade, const char *what, const char *format, ...)
{
    char text[3 * LIBRARY_PATH];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    doctor->counts[grade]++;
    doctor->tell(doctor, grade, what, text);
}

/* The first line of a small file; false where it cannot be read. */
static bool first_line(const char *path, char *line, size_t capacity)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t bytes = file >= 0 ? read(file, line, capacity - 1) : -1;
    int error = errno;
    if (file >= 0)
        close(file);
    line[bytes > 0 ? bytes : 0] = '\0';
    line[strcspn(line, "\n")] = '\0';
    errno = error;
    return bytes >= 0;
}

static bool is_older(const char *version, unsigned major, unsigned minor)
{
    unsigned has[2] = {0, 0};
    return sscanf(version, "%u.%u", &has[0], &has[1]) == 2 && (has[0] < major || (has[0] == major && has[1] < minor));
}

static void check_versions(struct doctor *doctor)
{
    struct utsname machine;
    if (!uname(&machine)) {
        bool old = is_older(machine.release, 5, 10);
        doctor_say(doctor, old ? DOCTOR_NOTE : DOCTOR_OK, "kernel", "%s%s", machine.release,
                   old ? ": 5.10 or newer is what imgbench is made for" : "");
    }
    bool old = is_older(gnu_get_libc_version(), 2, 31);
    doctor_say(doctor, old ? DOCTOR_NOTE : DOCTOR_OK, "C library", "glibc %s%s", gnu_get_libc_version(),
               old ? ": libimgbench.so needs 2.31 or newer" : "");
}

static void check_clock(struct doctor *doctor)
{
    char source[64];
    uint64_t best = UINT64_MAX;
    if (!first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource", source, sizeof source))
        snprintf(source, sizeof source, "source not known (/sys)");
    for (unsigned round = 0; round < 5; round++) { /* the best of five: others use the CPU, too */
        uint64_t begin = monotonic_ns();
        for (unsigned i = 0; i < CLOCK_READINGS / 5; i++)
            monotonic_ns();
        uint64_t each = (monotonic_ns() - begin) / (CLOCK_READINGS / 5);
        best = each < best ? each : best;
    }
    bool slow = best > CLOCK_SLOW_NS;
    doctor_say(doctor, slow ? DOCTOR_NOTE : DOCTOR_OK, "clock", "%s, %" PRIu64 " ns a reading%s", source, best,
               slow ? ": each record needs two, so recording costs more; clock source tsc or kvm-clock is faster" : "");
}

static void check_proc(struct doctor *doctor)
{
    static const struct {
        const char *what, *path, *without;
    } parts[] = {
        {"I/O count", "/proc/self/io", "coverage cannot be told"},
        {"memory", "/proc/self/smaps_rollup", "memory of all processes together is a coarser estimate"},
        {"scheduler", "/proc/self/schedstat", "waiting for a CPU cannot be told from other waiting"},
        {"idle CPUs", "/proc/stat", "what other programs used of the machine is not known"},
        {"cgroup", "/proc/self/cgroup", "limits of a container on CPU and memory are not known"},
    };
    char line[256];
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (first_line(parts[i].path, line, sizeof line))
            doctor_say(doctor, DOCTOR_OK, parts[i].what, "%s", parts[i].path);
        else
            doctor_say(doctor, DOCTOR_NOTE, parts[i].what, "%s: %s: %s%s", parts[i].path, strerror(errno),
                       parts[i].without, access("/proc/self", F_OK) ? "; mount /proc" : "");
    bool there = !access("/sys/fs/cgroup/cgroup.controllers", R_OK) || !access("/sys/fs/cgroup/memory", R_OK);
    doctor_say(doctor, there ? DOCTOR_OK : DOCTOR_NOTE, "cgroup limits", "/sys/fs/cgroup%s",
               there ? "" : " is not mounted: limits of a container and throttling by them are not known");
}

static void check_libraries(struct doctor *doctor)
{
    char path[LIBRARY_PATH], why[LIBRARY_PATH + 256];
    void *unwinder = dlopen("libunwind.so.8", RTLD_LAZY | RTLD_LOCAL);
    if (unwinder)
        dlclose(unwinder);
    doctor_say(doctor, unwinder ? DOCTOR_OK : DOCTOR_NOTE, "stacks", "libunwind.so.8%s",
               unwinder ? "" : " is not there: IMGBENCH_STACKS=1 records no stacks; on Debian it is in libunwind8");
    if (library_find_allocator("jemalloc", path, why, sizeof why))
        doctor_say(doctor, DOCTOR_OK, "allocators", "%s", path);
    else
        doctor_say(doctor, DOCTOR_NOTE, "allocators", "%s (for run --allocator; on Debian jemalloc is in libjemalloc2)",
                   why);
}

void doctor_check_machine(struct doctor *doctor)
{
    check_versions(doctor);
    check_clock(doctor);
    check_proc(doctor);
    check_libraries(doctor);
}

/* SPDX-License-Identifier: MIT
 * Owns: facts about machine and process read from /proc and /sys. Must not know: hooks. */
#include "preload/facts/facts.h"

#include <string.h>
#include <sys/utsname.h>

#include "preload/base/system.h"
#include "preload/facts/read.h"
#include "preload/state/thread_state.h"
#include "preload/arch/x86_64.h"
#include "preload/base/text.h"

#define NS_PER_S UINT64_C(1000000000)

struct facts_io facts_io(void)
{
    char text[256];
    struct facts_io io = {TRACE_UNKNOWN, TRACE_UNKNOWN};
    /* The file's own bytes reach rchar only after it is read: not yet part of what it says. */
    if (facts_read("/proc/self/io", text, sizeof text)) {
        io.rchar = facts_number_after(text, "rchar:");
        io.wchar = facts_number_after(text, "wchar:");
    }
    return io;
}

bool facts_resident(uint64_t *rss_bytes, uint64_t *shared_bytes)
{
    char text[128];
    *rss_bytes = *shared_bytes = TRACE_UNKNOWN;
    if (!facts_read("/proc/self/statm", text, sizeof text))
        return false;
    const char *resident = strchr(text, ' ');
    const char *shared = resident ? strchr(resident + 1, ' ') : NULL;
    if (!shared)
        return false;
    *rss_bytes = facts_number_at(resident) * 4096;
    *shared_bytes = facts_number_at(shared) * 4096;
    return true;
}

uint64_t facts_machine_idle_ns(void)
{
    char text[64]; /* "uptime idle\n", both in seconds with two decimals */
    facts_read("/proc/uptime", text, sizeof text);
    const char *idle = strchr(text, ' '), *point = idle ? strchr(idle, '.') : NULL;
    if (!point || facts_number_at(point + 1) > 99)
        return TRACE_UNKNOWN;
    return facts_number_at(idle) * NS_PER_S + facts_number_at(point + 1) * (NS_PER_S / 100);
}

uint64_t facts_threads(void)
{
    struct stat status; /* a directory for each: "." and ".." are two links more, and nothing has to be read */
    return system_stat("/proc/self/task", &status) == 0 && status.st_nlink > 2 ? status.st_nlink - 2 : TRACE_UNKNOWN;
}

bool facts_schedule(uint32_t tid, uint64_t *on_cpu_ns, uint64_t *run_queue_ns)
{
    char place[48], content[96];
    struct text path = text_begin(place, sizeof place);
    text_add(&path, "/proc/self/task/");
    text_add_number(&path, tid, 1);
    text_add(&path, "/schedstat");
    facts_read(place, content, sizeof content);
    const char *second = strchr(content, ' ');
    *on_cpu_ns = facts_number_at(content);
    *run_queue_ns = second ? facts_number_at(second) : TRACE_UNKNOWN;
    return *on_cpu_ns != TRACE_UNKNOWN && *run_queue_ns != TRACE_UNKNOWN;
}

uint64_t facts_vm_hwm(struct thread *self)
{
    char *text = self->facts;
    facts_read("/proc/self/status", text, 4096);
    uint64_t kib = facts_number_after(text, "VmHWM:");
    return kib == TRACE_UNKNOWN ? kib : kib * 1024;
}

size_t facts_thread_name(char *name)
{
    if (SYSTEM3(SYS_prctl, 16 /* PR_GET_NAME */, name, 0) != 0)
        name[0] = '\0';
    name[16] = '\0';
    return strlen(name);
}

uint32_t facts_usable_cpus(struct thread *self)
{
    unsigned long few[128 / sizeof(long)]; /* most machines have fewer than 1,024 CPUs */
    const unsigned long *mask = few;
    long bytes = SYSTEM3(SYS_sched_getaffinity, 0, sizeof few, few);
    if (bytes < 0) {
        mask = (const void *)self->facts;
        bytes = SYSTEM3(SYS_sched_getaffinity, 0, sizeof self->facts, mask);
    }
    uint32_t cpus = 0;
    for (long i = 0; i < bytes / (long)sizeof mask[0]; i++)
        cpus += (uint32_t)__builtin_popcountl(mask[i]);
    return cpus;
}

static bool ask_cycles_are_time(void)
{
    char text[32];
    facts_read("/sys/devices/system/clocksource/clocksource0/current_clocksource", text, sizeof text);
    /* A guest of KVM reads the same counter, and scales it by what the host says. */
    return strncmp(text, "tsc", 3) == 0 || (strncmp(text, "kvm-clock", 9) == 0 && arch_cycles_are_steady());
}

bool facts_cycles_are_time(void)
{
    static _Atomic int known; /* 0 = not asked, 1 = they are, -1 = they are not */
    int answer = atomic_load_explicit(&known, memory_order_relaxed);
    if (unlikely(!answer)) {
        answer = ask_cycles_are_time() ? 1 : -1;
        atomic_store_explicit(&known, answer, memory_order_relaxed);
    }
    return answer > 0;
}

static uint64_t timeval_ns(struct timeval t)
{
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_usec * 1000u;
}

uint64_t facts_cpu_ns(uint64_t *user_ns, uint64_t *system_ns, uint64_t *minor_faults, uint64_t *major_faults)
{
    struct rusage usage;
    memset(&usage, 0, sizeof usage);
    system_usage(RUSAGE_SELF, &usage);
    *user_ns = timeval_ns(usage.ru_utime);
    *system_ns = timeval_ns(usage.ru_stime);
    *minor_faults = (uint64_t)usage.ru_minflt;
    *major_faults = (uint64_t)usage.ru_majflt;
    return *user_ns + *system_ns;
}

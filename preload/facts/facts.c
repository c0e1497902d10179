/* SPDX-License-Identifier: MIT
 * Owns: facts about machine and process read from /proc and /sys. Must not know: hooks. */
#include "preload/facts/facts.h"

#include <string.h>
#include <sys/utsname.h>

#include "preload/arch/x86_64.h"
#include "preload/record/packet.h"
#include "preload/record/descriptors.h"
#include "preload/process/process.h"
#include "preload/base/text.h"

#define NS_PER_S UINT64_C(1000000000)

size_t facts_read(const char *path, char *out, size_t capacity)
{
    size_t used = 0;
    uint64_t signals = system_hold_signals();
    int fd = descriptors_open(path, O_RDONLY, 0);
    if (fd >= 0) {
        /* A file of /proc or /sys that is shorter than what was asked for has ended. */
        for (size_t wanted = capacity - 1; wanted; wanted = capacity - 1 - used) {
            long n = system_read(fd, out + used, wanted);
            if (n <= 0)
                break;
            used += (size_t)n;
            if ((size_t)n < wanted && n < 1024)
                break;
        }
        descriptors_close(fd);
    }
    system_give_signals(signals);
    out[used] = '\0';
    atomic_fetch_add_explicit(&process.own_rchar, used, memory_order_relaxed);
    return used;
}

static uint64_t number_at(const char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    if (*text < '0' || *text > '9')
        return TRACE_UNKNOWN;
    uint64_t number = 0;
    for (; *text >= '0' && *text <= '9'; text++)
        number = number * 10 + (uint64_t)(*text - '0');
    return number;
}

static uint64_t number_after(const char *text, const char *key)
{
    const char *at = strstr(text, key);
    return at ? number_at(at + strlen(key)) : TRACE_UNKNOWN;
}

struct facts_io facts_io(void)
{
    char text[256];
    struct facts_io io = {TRACE_UNKNOWN, TRACE_UNKNOWN};
    /* The file's own bytes reach rchar only after it is read: not yet part of what it says. */
    if (facts_read("/proc/self/io", text, sizeof text)) {
        io.rchar = number_after(text, "rchar:");
        io.wchar = number_after(text, "wchar:");
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
    *rss_bytes = number_at(resident) * 4096;
    *shared_bytes = number_at(shared) * 4096;
    return true;
}

uint64_t facts_machine_idle_ns(void)
{
    char text[64]; /* "uptime idle\n", both in seconds with two decimals */
    facts_read("/proc/uptime", text, sizeof text);
    const char *idle = strchr(text, ' '), *point = idle ? strchr(idle, '.') : NULL;
    if (!point || number_at(point + 1) > 99)
        return TRACE_UNKNOWN;
    return number_at(idle) * NS_PER_S + number_at(point + 1) * (NS_PER_S / 100);
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
    *on_cpu_ns = number_at(content);
    *run_queue_ns = second ? number_at(second) : TRACE_UNKNOWN;
    return *on_cpu_ns != TRACE_UNKNOWN && *run_queue_ns != TRACE_UNKNOWN;
}

uint64_t facts_vm_hwm(struct thread *self)
{
    char *text = self->facts;
    facts_read("/proc/self/status", text, 4096);
    uint64_t kib = number_after(text, "VmHWM:");
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

static struct trace_text text_of(char *line)
{
    line[strcspn(line, "\n")] = '\0';
    return (struct trace_text){line, strlen(line)};
}

void facts_put_host(struct thread *self)
{
    struct trace_host host = {.page_bytes = 4096, .memory_bytes = TRACE_UNKNOWN, .load_milli = TRACE_UNKNOWN};
    struct utsname *names = (void *)self->facts;
    char *machine = self->facts + sizeof *names, *boot = machine + 2 * sizeof names->nodename, *cpu = boot + 64;
    char *load = cpu + 512;
    if (SYSTEM3(SYS_uname, names, 0, 0) == 0) {
        strcat(strcat(strcpy(machine, names->nodename), " "), names->machine);
        host.machine = text_of(machine);
        host.kernel = text_of(names->release);
    }
    facts_read("/proc/sys/kernel/random/boot_id", boot, 64);
    host.boot_id = text_of(boot);
    /* The model name stands in the first lines: the rest of a large machine's file is not read. */
    facts_read("/proc/cpuinfo", cpu, 512);
    char *model = strstr(cpu, "model name");
    model = model ? strchr(model, ':') : NULL;
    if (model)
        host.cpu_model = text_of(model + 2);
    if (facts_read("/proc/loadavg", load, 64)) {
        const char *point = strchr(load, '.');
        if (point)
            host.load_milli = number_at(load) * 1000 + number_at(point + 1) * 10;
    }
    char *rest = load + 64;
    facts_read("/proc/meminfo", rest, 256);
    uint64_t kib = number_after(rest, "MemTotal:");
    host.memory_bytes = kib == TRACE_UNKNOWN ? kib : kib * 1024;
    facts_read("/sys/devices/system/cpu/online", rest, 256);
    for (const char *at = rest; *at >= '0' && *at <= '9';) { /* "0-3,8" */
        uint64_t low = number_at(at), high = low;
        at += strspn(at, "0123456789");
        if (*at == '-') {
            high = number_at(at + 1);
            at += 1 + strspn(at + 1, "0123456789");
        }
        host.cpus += (uint32_t)(high - low + 1);
        at += *at == ',';
    }
    packet_put(self, TRACE_KIND_host, thread_now_ns(), &host);
    facts_put_cgroup(self);
}

/* Path of this process's group for a controller of /proc/self/cgroup ("" = cgroup v2), into out. */
static bool group_path(const char *groups, const char *controller, char *out, size_t capacity)
{
    for (const char *line = groups; *line;) {
        const char *end = strchr(line, '\n');
        const char *first = strchr(line, ':');
        const char *second = first ? strchr(first + 1, ':') : NULL;
        size_t length = strlen(controller);
        if (second && (size_t)(second - first - 1) >= length && (!length || strstr(first, controller)) &&
            (length || second == first + 1) && (!length || strstr(first, controller) < second)) {
            size_t n = (size_t)((end ? end : line + strlen(line)) - second - 1);
            if (n >= capacity)
                return false;
            memcpy(out, second + 1, n);
            out[n] = '\0';
            return true;
        }
        if (!end)
            break;
        line = end + 1;
    }
    return false;
}

static size_t read_group(const char *mount, const char *group, const char *file, char *path, char *out, size_t capacity)
{
    /* Inside a container the group's own path may not be visible: its root is then the group. */
    for (int attempt = 0; attempt < 2; attempt++) {
        path[0] = '\0';
        strcat(strcat(strcat(strcat(path, mount), attempt ? "" : group), "/"), file);
        size_t n = facts_read(path, out, capacity);
        if (n)
            return n;
    }
    return 0;
}

void facts_put_cgroup(struct thread *self)
{
    struct trace_cgroup cgroup = {TRACE_UNKNOWN, TRACE_UNKNOWN, TRACE_UNKNOWN,
                                  TRACE_UNKNOWN, TRACE_UNKNOWN, TRACE_UNKNOWN};
    char *groups = self->facts, *group = groups + 2048, *path = group + 1024, *out = path + 2048;
    const size_t capacity = 1024;
    facts_read("/proc/self/cgroup", groups, 2048);
    if (group_path(groups, "", group, 1024) &&
        read_group("/sys/fs/cgroup", group, "cgroup.controllers", path, out, capacity)) {
        if (read_group("/sys/fs/cgroup", group, "cpu.max", path, out, capacity)) {
            cgroup.quota_us = number_at(out);
            const char *space = strchr(out, ' ');
            cgroup.period_us = space ? number_at(space) : TRACE_UNKNOWN;
        }
        if (read_group("/sys/fs/cgroup", group, "cpu.stat", path, out, capacity))
            cgroup.throttled_us = number_after(out, "throttled_usec");
        if (read_group("/sys/fs/cgroup", group, "memory.max", path, out, capacity))
            cgroup.memory_limit = number_at(out);
        if (read_group("/sys/fs/cgroup", group, "memory.peak", path, out, capacity))
            cgroup.memory_peak = number_at(out);
        if (read_group("/sys/fs/cgroup", group, "memory.events", path, out, capacity))
            cgroup.oom_kills = number_after(out, "oom_kill");
    } else {
        if (group_path(groups, "cpu", group, 1024)) {
            if (read_group("/sys/fs/cgroup/cpu", group, "cpu.cfs_quota_us", path, out, capacity))
                cgroup.quota_us = number_at(out); /* -1 = none: not a number */
            if (read_group("/sys/fs/cgroup/cpu", group, "cpu.cfs_period_us", path, out, capacity))
                cgroup.period_us = number_at(out);
            if (read_group("/sys/fs/cgroup/cpu", group, "cpu.stat", path, out, capacity)) {
                uint64_t ns = number_after(out, "throttled_time");
                cgroup.throttled_us = ns == TRACE_UNKNOWN ? ns : ns / 1000;
            }
        }
        if (group_path(groups, "memory", group, 1024)) {
            if (read_group("/sys/fs/cgroup/memory", group, "memory.limit_in_bytes", path, out, capacity))
                cgroup.memory_limit = number_at(out);
            if (cgroup.memory_limit != TRACE_UNKNOWN && cgroup.memory_limit > UINT64_C(1) << 60)
                cgroup.memory_limit = TRACE_UNKNOWN; /* v1 writes "no limit" as a huge number */
            if (read_group("/sys/fs/cgroup/memory", group, "memory.max_usage_in_bytes", path, out, capacity))
                cgroup.memory_peak = number_at(out);
            if (read_group("/sys/fs/cgroup/memory", group, "memory.oom_control", path, out, capacity))
                cgroup.oom_kills = number_after(out, "oom_kill ");
        }
    }
    packet_put(self, TRACE_KIND_cgroup, thread_now_ns(), &cgroup);
}

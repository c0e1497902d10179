/* SPDX-License-Identifier: MIT
 * Owns: the records of the machine and of the control group. Must not know: when they are due. */
#include "preload/samples/host.h"

#include <string.h>
#include <sys/utsname.h>

#include "preload/base/system.h"
#include "preload/state/clock.h"
#include "preload/state/thread_state.h"
#include "preload/facts/read.h"
#include "preload/record/packet.h"

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

void host_put_cgroup(struct thread *self)
{
    struct trace_cgroup cgroup = {TRACE_UNKNOWN, TRACE_UNKNOWN, TRACE_UNKNOWN,
                                  TRACE_UNKNOWN, TRACE_UNKNOWN, TRACE_UNKNOWN};
    char *groups = self->facts, *group = groups + 2048, *path = group + 1024, *out = path + 2048;
    const size_t capacity = 1024;
    facts_read("/proc/self/cgroup", groups, 2048);
    if (group_path(groups, "", group, 1024) &&
        read_group("/sys/fs/cgroup", group, "cgroup.controllers", path, out, capacity)) {
        if (read_group("/sys/fs/cgroup", group, "cpu.max", path, out, capacity)) {
            cgroup.quota_us = facts_number_at(out);
            const char *space = strchr(out, ' ');
            cgroup.period_us = space ? facts_number_at(space) : TRACE_UNKNOWN;
        }
        if (read_group("/sys/fs/cgroup", group, "cpu.stat", path, out, capacity))
            cgroup.throttled_us = facts_number_after(out, "throttled_usec");
        if (read_group("/sys/fs/cgroup", group, "memory.max", path, out, capacity))
            cgroup.memory_limit = facts_number_at(out);
        if (read_group("/sys/fs/cgroup", group, "memory.peak", path, out, capacity))
            cgroup.memory_peak = facts_number_at(out);
        if (read_group("/sys/fs/cgroup", group, "memory.events", path, out, capacity))
            cgroup.oom_kills = facts_number_after(out, "oom_kill");
    } else {
        if (group_path(groups, "cpu", group, 1024)) {
            if (read_group("/sys/fs/cgroup/cpu", group, "cpu.cfs_quota_us", path, out, capacity))
                cgroup.quota_us = facts_number_at(out); /* -1 = none: not a number */
            if (read_group("/sys/fs/cgroup/cpu", group, "cpu.cfs_period_us", path, out, capacity))
                cgroup.period_us = facts_number_at(out);
            if (read_group("/sys/fs/cgroup/cpu", group, "cpu.stat", path, out, capacity)) {
                uint64_t ns = facts_number_after(out, "throttled_time");
                cgroup.throttled_us = ns == TRACE_UNKNOWN ? ns : ns / 1000;
            }
        }
        if (group_path(groups, "memory", group, 1024)) {
            if (read_group("/sys/fs/cgroup/memory", group, "memory.limit_in_bytes", path, out, capacity))
                cgroup.memory_limit = facts_number_at(out);
            if (cgroup.memory_limit != TRACE_UNKNOWN && cgroup.memory_limit > UINT64_C(1) << 60)
                cgroup.memory_limit = TRACE_UNKNOWN; /* v1 writes "no limit" as a huge number */
            if (read_group("/sys/fs/cgroup/memory", group, "memory.max_usage_in_bytes", path, out, capacity))
                cgroup.memory_peak = facts_number_at(out);
            if (read_group("/sys/fs/cgroup/memory", group, "memory.oom_control", path, out, capacity))
                cgroup.oom_kills = facts_number_after(out, "oom_kill ");
        }
    }
    packet_put(self, TRACE_KIND_cgroup, thread_now_ns(), &cgroup);
}

static struct trace_text text_of(char *line)
{
    line[strcspn(line, "\n")] = '\0';
    return (struct trace_text){line, strlen(line)};
}

void host_put(struct thread *self)
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
            host.load_milli = facts_number_at(load) * 1000 + facts_number_at(point + 1) * 10;
    }
    char *rest = load + 64;
    facts_read("/proc/meminfo", rest, 256);
    uint64_t kib = facts_number_after(rest, "MemTotal:");
    host.memory_bytes = kib == TRACE_UNKNOWN ? kib : kib * 1024;
    facts_read("/sys/devices/system/cpu/online", rest, 256);
    for (const char *at = rest; *at >= '0' && *at <= '9';) { /* "0-3,8" */
        uint64_t low = facts_number_at(at), high = low;
        at += strspn(at, "0123456789");
        if (*at == '-') {
            high = facts_number_at(at + 1);
            at += 1 + strspn(at + 1, "0123456789");
        }
        host.cpus += (uint32_t)(high - low + 1);
        at += *at == ',';
    }
    packet_put(self, TRACE_KIND_host, thread_now_ns(), &host);
    host_put_cgroup(self);
}

/* SPDX-License-Identifier: MIT
 * Owns: facts about machine and process read from /proc and /sys with our own system calls.
 * Must not know: hooks. Unknown = TRACE_UNKNOWN. Guard set. */
#ifndef PRELOAD_FACTS_H
#define PRELOAD_FACTS_H

#include "preload/base/system.h"
#include "preload/state/thread_state.h"

struct facts_io {
    uint64_t rchar, wchar;
};
/* /proc/self/io. The bytes this very reading adds are counted as our own. */
struct facts_io facts_io(void);
/* Resident set and its part backed by files or shared memory, from /proc/self/statm. */
bool facts_resident(uint64_t *rss_bytes, uint64_t *shared_bytes);
/* Threads alive, or TRACE_UNKNOWN. */
uint64_t facts_threads(void);
/* Time on a CPU, and ready to run without one, of a thread of this process in its life: /proc/self/task/TID/schedstat.
 * False where the kernel does not count it, or the thread has gone. */
bool facts_schedule(uint32_t tid, uint64_t *on_cpu_ns, uint64_t *run_queue_ns);
/* Time that all CPUs of the machine together had nothing to do, to 10 ms: /proc/uptime. */
uint64_t facts_machine_idle_ns(void);
/* VmHWM of /proc/self/status. */
uint64_t facts_vm_hwm(struct thread *self);
/* Name of the calling thread into name[17]; returns its length. */
size_t facts_thread_name(char *name);
uint32_t facts_usable_cpus(struct thread *self);
/* The cycle counter is what the kernel's clock is made of, so pairs of readings measure time. */
bool facts_cycles_are_time(void);
/* CPU time of the process so far. */
uint64_t facts_cpu_ns(uint64_t *user_ns, uint64_t *system_ns, uint64_t *minor_faults, uint64_t *major_faults);

#endif

/* SPDX-License-Identifier: MIT
 * Owns: beginning and fork of this process image, and what it says of itself on the way. Must not know: codecs' rows,
 * files of the trace. */
#include "preload/process/process.h"

#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "preload/base/hook.h"
#include "preload/base/system.h"
#include "preload/codecs/calls/sessions.h"
#include "preload/facts/read.h"
#include "preload/process/idle.h"
#include "preload/record/definitions.h"
#include "preload/samples/transfers.h"
#include "preload/state/clock.h"
#include "preload/state/process_state.h"
#include "preload/guard/thread.h"
#include "preload/guard/thread_start.h"
#include "preload/state/thread_state.h"
#include "preload/guard/threads.h"
#include "preload/memory/allocator.h"
#include "preload/codecs/patch/objects.h"
#include "preload/guard/descriptors.h"
#include "preload/record/directory.h"
#include "preload/facts/facts.h"
#include "preload/files/files.h"
#include "preload/memory/heap.h"
#include "preload/record/packet.h"
#include "preload/samples/schedule.h"
#include "preload/base/settings.h"
#include "preload/memory/stacks.h"
#include "preload/base/symbols.h"

static void put_start(struct thread *self)
{
    struct trace_idle other;
    (void)process_take_idle(process.pid, UINT64_MAX, &other); /* who ended idle was an earlier process of this number */
    struct facts_io io = transfers_begin();
    uint64_t shared;
    char *exe = self->start;
    struct trace_process record = {
        .start_ns = process.start_ns,
        .realtime_offset_ns = system_realtime_offset_ns(),
        .cpu_ns = process.start_cpu_ns,
        .rchar = io.rchar,
        .wchar = io.wchar,
        .pid = process.pid,
        .ppid = (uint32_t)system_parent_pid(),
        .usable_cpus = facts_usable_cpus(self),
        .forked = process.forked,
        .resumed = process.resumed,
        .library_version = {IMGBENCH_VERSION, sizeof IMGBENCH_VERSION - 1},
    };
    const char *allocator = symbols_next_provider("malloc");
    if (allocator)
        record.allocator = (struct trace_text){allocator, strlen(allocator)};
    facts_resident(&record.rss_bytes, &shared);
    /* One behind the other: each page that is touched costs a fault. */
    long n = system_read_link("/proc/self/exe", exe, 4096);
    record.exe = (struct trace_text){exe, n > 0 ? (uint64_t)n : 0};
    char *cwd = exe + record.exe.bytes;
    n = SYSTEM3(SYS_getcwd, cwd, 4096, 0);
    record.cwd = (struct trace_text){cwd, n > 0 ? (uint64_t)n - 1 : 0};
    char *argv = cwd + record.cwd.bytes;
    record.argv = (struct trace_text){argv, facts_read("/proc/self/cmdline", argv, 8192)};
    packet_put(self, TRACE_KIND_process, thread_now_ns(), &record);
    for (unsigned i = 0; i < settings.bad_count && !process.forked; i++) {
        struct trace_notice notice = {.what = trace_note_BAD_SETTING,
                                      .text = {settings.bad[i], strlen(settings.bad[i])}};
        packet_put(self, TRACE_KIND_notice, thread_now_ns(), &notice);
    }
    if (!process.heap_known && !process.forked) {
        struct trace_notice notice = {.what = trace_note_OWN_MALLOC};
        packet_put(self, TRACE_KIND_notice, thread_now_ns(), &notice);
    }
}

void process_forked(void)
{
    stacks_reset_after_fork();
    thread_token_is_quiet();
    thread_reset_after_fork();
    thread_starts_reset_after_fork();
    heap_reset_after_fork();
    objects_reset_after_fork();
    descriptors_reset_after_fork();
    directory_reset_after_fork();
    packet_reset_after_fork();
    files_reset_after_fork();
    codec_sessions_reset_after_fork();
    schedule_reset_after_fork();
    transfers_reset();
    definitions_reset();
    process.pid = (uint32_t)system_pid();
    process.start_ns = system_now_ns();
    process.start_cpu_ns = system_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    process.told = false;
    process.forked = true;
    process.resumed = false;
    process.ended = false;
    process.threaded = false;
    process.lost = process.slow_ns = process.own_rchar = process.own_wchar = 0;
}

void process_begin_anew(void)
{
    bool trace_is_ours = packet_made_trace(), directory_is_ours = directory_made_trace;
    stacks_begin_anew();
    thread_token_is_quiet();
    thread_begin_anew();
    heap_begin_anew();
    directory_reset_after_fork();
    packet_reset_after_fork();
    if (trace_is_ours)
        packet_trace_is_ours();
    directory_made_trace = directory_is_ours;
    files_reset_after_fork();
    codec_sessions_begin_anew();
    transfers_reset();
    definitions_reset();
    process.start_ns = system_now_ns();
    process.start_cpu_ns = system_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    process.told = false;
    process.resumed = true;
    process.lost = process.slow_ns = process.own_rchar = process.own_wchar = 0;
}

void process_tell(struct thread *self)
{
    if (!thread_token_is_armed()) {
        if ((uint32_t)system_pid() != process.pid)
            process_forked(); /* by a call that is not wrapped, before there was anything to tell it by */
        if (!thread_arm_token()) {
            atomic_store(&thread_recording, false);
            return;
        }
        allocator_find();
    }
    if (!atomic_exchange(&process.told, true)) {
        /* An allocator that does not say how large its blocks are: another one's answer would be no size at all. */
        if (process.heap_known && symbols_next_provider("malloc") != symbols_next_provider("malloc_usable_size")) {
            process.heap_known = false;
            heap_enable(false);
        }
        put_start(self);
        heap_put(self); /* what was allocated before the first image */
        objects_put_modules(self);
    }
    *thread_fork_token = THREAD_TOKEN_TOLD;
}

void process_before_start(void)
{
    bool first;
    if (packet_on_disk())
        return;
    uint64_t signals = system_hold_signals();
    if (directory_open_trace(&first) && first)
        packet_trace_is_ours();
    system_give_signals(signals);
}

void *process_before_vfork(void)
{
    int saved = errno;
    bool records = thread_may_record();
    if (records) {
        struct thread *self = thread_enter();
        if (self) {
            process_before_start();
            thread_leave();
        }
    }
    if (records || thread_is_paused()) { /* which may end while the child is there */
        thread_local_state.vfork_parent = system_pid();
        thread_local_state.heap = NULL;
    }
    errno = saved;
    void *address;
    real_find_all(); /* the child must not write to our memory */
    memcpy(&address, &real.vfork, sizeof address);
    return address;
}

void process_put_notice(enum trace_note what)
{
    int saved = errno;
    struct thread *self = thread_enter();
    if (self) {
        struct trace_notice notice = {.what = (uint8_t)what};
        packet_put(self, TRACE_KIND_notice, thread_now_ns(), &notice);
        thread_leave();
    }
    errno = saved;
}

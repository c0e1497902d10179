/* SPDX-License-Identifier: MIT
 * Owns: beginning and fork of this process image, and what it says of itself on the way. Must not know: codecs' rows,
 * files of the trace. */
#include "preload/process/process.h"

#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "preload/memory/allocator.h"
#include "preload/codecs/call.h"
#include "preload/codecs/patch/objects.h"
#include "preload/codecs/patch/slots.h"
#include "preload/record/descriptors.h"
#include "preload/record/directory.h"
#include "preload/facts/facts.h"
#include "preload/files/files.h"
#include "preload/memory/heap.h"
#include "preload/record/packet.h"
#include "preload/process/recording.h"
#include "preload/facts/sample.h"
#include "preload/facts/schedule.h"
#include "preload/base/settings.h"
#include "preload/memory/stacks.h"
#include "preload/base/symbols.h"
#include "preload/base/text.h"

struct process_state process;

_Atomic uint8_t process_hook_defined[HOOK_end];

void process_define_hook_now(struct thread *self, unsigned hook, unsigned codec, unsigned role, const char *library)
{
    if (atomic_exchange(&process_hook_defined[hook], 1))
        return;
    const char *name = hook_name(hook);
    struct trace_hook record = {
        .hook = (uint16_t)hook,
        .codec = (uint8_t)codec,
        .role = (uint8_t)role,
        .name = {name, strlen(name)},
        .library = {library ? library : "", library ? strlen(library) : 0},
    };
    uint64_t discarded = self->packet.discarded;
    packet_put(self, TRACE_KIND_hook, thread_now_ns(), &record);
    if (unlikely(self->packet.discarded != discarded))
        atomic_store(&process_hook_defined[hook], 0); /* its next use tries again */
}

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
    memset((void *)process_hook_defined, 0, sizeof process_hook_defined);
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
    memset((void *)process_hook_defined, 0, sizeof process_hook_defined);
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

bool process_seal(void)
{
    if (!thread_may_record())
        return recording_end_for_good();
    int saved = errno;
    struct thread *self = thread_enter();
    if (self) {
        sample_now(self, SAMPLE_ANYWHERE);
        process_save(self);
        /* The packet stays mapped: a store into its header is no system call. */
        if (self->packet.on_disk)
            atomic_store(&thread_sealed, packet_losses(self));
        atomic_store(&thread_recording, false);
        thread_shut_all(self); /* what another thread is about may take calls that are about to be forbidden */
        thread_leave();
    }
    errno = saved;
    return self != NULL;
}

void process_sealed(void)
{
    struct thread *self = thread_local_state.self;
    if (!self || thread_local_state.guard)
        return;
    thread_local_state.guard = (uintptr_t)__builtin_frame_address(0); /* nobody enters the usual way any more */
    struct trace_notice notice = {.what = trace_note_SECCOMP};
    if (self->packet.base &&
        self->packet.on_disk) /* where there is room for a last record; at the time of the record before it */
        packet_put(self, TRACE_KIND_notice, 0, &notice);
    thread_leave();
}

void process_unseal(void)
{
    atomic_store(&thread_sealed, NULL);
    atomic_store(&thread_shut, false);
    atomic_store(&thread_recording, !atomic_load(&thread_paused));
    recording_may_go_on();
}

static void at_exit(int status, void *unused)
{
    (void)unused;
    int saved = errno;
    thread_local_state.finished = false; /* main may have ended by pthread_exit: the last thread ends the process */
    if (thread_may_record_quietly()) {
        struct thread *self = thread_enter();
        if (self) {
            process_finish(self, trace_ending_EXIT, status & 0xff);
            thread_leave();
        }
    }
    errno = saved;
}

/* Absolute path of this library as it was loaded, or NULL. */
static const char *own_path(char *out, size_t capacity)
{
    for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next) {
        if (map->l_ld != _DYNAMIC)
            continue;
        if (map->l_name[0] == '/')
            return map->l_name;
        struct text text = text_begin(out, capacity);
        long n = SYSTEM3(SYS_getcwd, out, capacity, 0);
        text.used = n > 0 && out[0] == '/' ? (size_t)n - 1 : 0;
        text.cut = text.used == 0;
        text_add(&text, "/");
        text_add(&text, map->l_name);
        return text.cut ? NULL : out;
    }
    return NULL;
}

system_clock_function *_Atomic system_clock;
_Atomic uintptr_t system_next_place;

static void find_clock(void)
{
    void *address = symbols_in_libc("clock_gettime");
    system_clock_function *function;
    memcpy(&function, &address, sizeof function);
    atomic_store_explicit(&system_clock, function, memory_order_relaxed);
}

__attribute__((constructor)) static void begin(void)
{
    int saved = errno;
    symbols_started();
    find_clock();
    settings_read();
    thread_prepare();
    if (settings.off || !settings.directory[0]) {
        heap_enable(false);
        errno = saved;
        return;
    }
    process.pid = (uint32_t)system_pid();
    process.start_ns = system_now_ns();
    process.start_cpu_ns = system_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    process.heap_known = symbols_first_is_ours("malloc") && atomic_load(&heap_counting);
    if (!process.heap_known)
        heap_enable(false);
    struct thread *self = thread_enter();
    if (self) {
        settings_prepare_children(own_path(self->scratch, THREAD_PATH_BYTES));
        stacks_prepare(self);
        slots_scan(self);
        bool records = !settings.paused || recording_begins_with(self);
        thread_leave();
        atomic_store(&thread_recording, records);
        on_exit(at_exit, NULL);
    }
    errno = saved;
}

/* SPDX-License-Identifier: MIT
 * Owns: the library's constructor: what is there before the program's first call, and its last word at exit.
 * Must not know: what is recorded. */
#include <errno.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "preload/base/system.h"
#include "preload/state/thread_state.h"
#include "preload/base/settings.h"
#include "preload/base/symbols.h"
#include "preload/base/text.h"
#include "preload/codecs/patch/slots.h"
#include "preload/memory/heap.h"
#include "preload/memory/stacks.h"
#include "preload/process/end.h"
#include "preload/process/recording.h"
#include "preload/state/process_state.h"
#include "preload/guard/thread.h"

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

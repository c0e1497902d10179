/* SPDX-License-Identifier: MIT
 * Owns: the wrappers of pthread_create and pthread_exit: a thread's beginning and end. Must not know: files, codecs'
 * tables. */
#include "preload/hooks/thread.h"
#include <stdatomic.h>
#include <string.h>

#include "preload/base/hook.h"
#include "preload/state/clock.h"
#include "preload/state/process_state.h"
#include "preload/guard/thread.h"
#include "preload/guard/thread_cpu.h"
#include "preload/guard/thread_start.h"
#include "preload/state/thread_state.h"
#include "preload/guard/threads.h"
#include "preload/codecs/calls/call.h"
#include "preload/memory/heap.h"
#include "preload/record/packet.h"
#include "preload/samples/schedule.h"

/* A thread that is cancelled does not come by here: its state stays in use, its CPU is known from the last reading. */
static void thread_ends(void)
{
    int saved = errno;
    bool records = thread_may_record();
    struct thread *self = records || thread_is_paused() ? thread_enter() : NULL;
    if (self && !records) {
        struct trace_thread_end end;
        heap_thread_end(self, &end);
        thread_release(self);
        thread_leave();
    } else if (self) {
        codec_call_leave_all(self);
        schedule_thread_ends(self);
        struct trace_thread_end end = {.cpu_ns = thread_cpu_ns(self)};
        heap_thread_end(self, &end);
        packet_put(self, TRACE_KIND_thread_end, thread_now_ns(), &end);
        packet_set_in_flight(self, 0, 0);
        thread_release(self);
        thread_leave();
    }
    errno = saved;
}

void thread_named(uint32_t tid, const char *name)
{
    int saved = errno;
    struct thread *self = tid ? thread_enter() : NULL;
    if (self) {
        struct trace_thread_name record = {.tid = tid, .name = {name, strnlen(name, 15)}};
        packet_put(self, TRACE_KIND_thread_name, thread_now_ns(), &record);
        thread_leave();
    }
    errno = saved;
}

static void *thread_runs(void *argument)
{
    struct thread_start start = {0};
    int saved = errno;
    struct thread *self = thread_enter();
    start = *(struct thread_start *)argument;
    if (self) {
        self->creator_tid = start.creator_tid;
        thread_start_give(argument);
        thread_leave();
    }
    errno = saved;
    void *result = start.routine(start.argument);
    thread_ends();
    return result;
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*routine)(void *), void *argument)
{
    struct thread_start *start = NULL;
    if (thread_may_record() || (thread_is_paused() && !thread_local_state.vfork_parent)) {
        int saved = errno;
        struct thread *self = thread_enter();
        if (self) {
            start = thread_start_take();
            if (start)
                *start = (struct thread_start){NULL, routine, argument, self->tid};
            thread_leave();
        }
        errno = saved;
    }
    process.threaded = true;
    if (!start)
        return REAL(pthread_create)(thread, attributes, routine, argument);
    int error = REAL(pthread_create)(thread, attributes, thread_runs, start);
    if (error) {
        int saved = errno;
        if (thread_enter()) {
            thread_start_give(start);
            thread_leave();
        }
        errno = saved;
    }
    return error;
}

/* Of a thread that our hooks have met, by its handle; 0 of any other. */
static uint32_t id_of(pthread_t thread)
{
    for (const struct thread *state = thread_list(); state; state = state->next)
        if (state->handle == thread && atomic_load_explicit(&state->in_use, memory_order_relaxed))
            return state->tid;
    return 0;
}

EXPORT int pthread_setname_np(pthread_t thread, const char *name)
{
    int error = REAL(pthread_setname_np)(thread, name);
    if (!error && thread_may_record())
        thread_named(id_of(thread), name);
    return error;
}

EXPORT _Noreturn void pthread_exit(void *result)
{
    thread_ends();
    REAL(pthread_exit)(result);
    __builtin_unreachable();
}

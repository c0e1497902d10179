/* SPDX-License-Identifier: MIT
 * Owns: the wrappers of codec entry points, expanded from codecs.def: CODEC_INSTANCES of each, so that two copies of a
 * library in one process keep apart. Must not know: records, packets.
 * Ordinary functions with unwind tables and no cleanup of their own: exceptions and longjmp pass through them alike,
 * and the frame they leave behind is closed by its address. (A cleanup attribute would tie every program to libgcc_s.)
 */
#include "preload/base/hook.h"
#include "preload/codecs/calls/rows.h"
#include "preload/codecs/calls/sessions.h"
#include "preload/codecs/calls/targets.h"
#include "preload/codecs/settings/reveal.h"
#include "preload/codecs/calls/call.h"

#define FRAME ((uintptr_t)__builtin_frame_address(0))
/* Adds the instance in front of a row's parameters and arguments. */
#define WITH_INSTANCE(...) (unsigned instance, __VA_ARGS__)
#define ARGUMENTS_0(...)   (0, __VA_ARGS__)
#define ARGUMENTS_1(...)   (1, __VA_ARGS__)
#define ARGUMENTS_2(...)   (2, __VA_ARGS__)
#define ARGUMENTS_3(...)   (3, __VA_ARGS__)
#define REAL_CALL(returns, name, parameters, arguments)                                                                \
    ((returns(*) parameters)atomic_load_explicit((uintptr_t _Atomic *)&codec_targets[CODEC_ROW_##name][instance].real, \
                                                 memory_order_relaxed)) arguments
#define session_finish(number) codec_session_finish(codec_rows[row].family, session_handle, number)

#define BEGIN(name, handle_expression, role)                                                                           \
    enum { row = CODEC_ROW_##name };                                                                                   \
    const void *session_handle = (handle_expression);                                                                  \
    struct codec_scope scope;                                                                                          \
    codec_enter(&scope, row, instance, session_handle, FRAME, role)
#define BEFORE(reveal_call)                                                                                            \
    if (codec_begins(&scope)) {                                                                                        \
        uint32_t session = scope.session;                                                                              \
        (void)session;                                                                                                 \
        reveal_call;                                                                                                   \
        codec_begun(&scope);                                                                                           \
    }
#define END(done_expression, source_value, source_length, target_value, target_length, reveal_call)                    \
    if (codec_return(&scope)) {                                                                                        \
        uint32_t session = scope.session;                                                                              \
        (void)session;                                                                                                 \
        bool done = (done_expression);                                                                                 \
        struct codec_buffers buffers = {0};                                                                            \
        if (done)                                                                                                      \
            buffers = (struct codec_buffers){source_value, source_length, target_value, target_length};                \
        codec_put(&scope, done, &buffers);                                                                             \
        if (done)                                                                                                      \
            reveal_call;                                                                                               \
        codec_end(&scope);                                                                                             \
    }

/* The functions that the slots lead to: one for each instance. give: return, or nothing. */
#define INSTANCE(number, returns, name, parameters, arguments, give)                                                   \
    static returns name##_##number parameters                                                                          \
    {                                                                                                                  \
        give body_##name ARGUMENTS_##number arguments;                                                                 \
    }
#define INSTANCES(returns, name, parameters, arguments, give)                                                          \
    INSTANCE(0, returns, name, parameters, arguments, give)                                                            \
    INSTANCE(1, returns, name, parameters, arguments, give)                                                            \
    INSTANCE(2, returns, name, parameters, arguments, give)                                                            \
    INSTANCE(3, returns, name, parameters, arguments, give)

#define CODEC(family, returns, name, parameters, arguments, role, handle, meaning, done, source, source_bytes, target, \
              target_bytes, reveal_call)                                                                               \
    static returns body_##name WITH_INSTANCE parameters                                                                \
    {                                                                                                                  \
        BEGIN(name, handle, trace_role_##role);                                                                        \
        returns result = REAL_CALL(returns, name, parameters, arguments);                                              \
        END(done, source, source_bytes, target, target_bytes, reveal_call)                                             \
        return result;                                                                                                 \
    }                                                                                                                  \
    INSTANCES(returns, name, parameters, arguments, return )
#define CODEC_VOID(family, name, parameters, arguments, role, handle, meaning, source, source_bytes, target,           \
                   target_bytes, reveal_call)                                                                          \
    static void body_##name WITH_INSTANCE parameters                                                                   \
    {                                                                                                                  \
        BEGIN(name, handle, trace_role_##role);                                                                        \
        REAL_CALL(void, name, parameters, arguments);                                                                  \
        END(true, source, source_bytes, target, target_bytes, reveal_call)                                             \
    }                                                                                                                  \
    INSTANCES(void, name, parameters, arguments, )
#define CODEC_EARLY(family, returns, name, parameters, arguments, role, handle, meaning, done, source, source_bytes,   \
                    target, target_bytes, reveal_call, when, before)                                                   \
    static returns body_##name WITH_INSTANCE parameters                                                                \
    {                                                                                                                  \
        BEGIN(name, handle, when);                                                                                     \
        BEFORE(before)                                                                                                 \
        returns result = REAL_CALL(returns, name, parameters, arguments);                                              \
        END(done, source, source_bytes, target, target_bytes, reveal_call)                                             \
        return result;                                                                                                 \
    }                                                                                                                  \
    INSTANCES(returns, name, parameters, arguments, return )
#define CODEC_EARLY_VOID(family, name, parameters, arguments, role, handle, meaning, source, source_bytes, target,     \
                         target_bytes, reveal_call, when, before)                                                      \
    static void body_##name WITH_INSTANCE parameters                                                                   \
    {                                                                                                                  \
        BEGIN(name, handle, when);                                                                                     \
        BEFORE(before)                                                                                                 \
        REAL_CALL(void, name, parameters, arguments);                                                                  \
        END(true, source, source_bytes, target, target_bytes, reveal_call)                                             \
    }                                                                                                                  \
    INSTANCES(void, name, parameters, arguments, )
/* The stub in arch/ keeps all argument registers, calls codec_entry with the number that each of these loads, and jumps
 * to the real function. */
#define ENTRY_STUB(name, number)                                                                                       \
    static __attribute__((naked)) void name##_##number(void)                                                           \
    {                                                                                                                  \
        __asm__(ARCH_ENTRY_STUB : : "i"(CODEC_ROW_##name * CODEC_INSTANCES + number));                                 \
    }
#define CODEC_ENTRY(family, name, role, handle, meaning, reveal_call)                                                  \
    static void body_##name(unsigned instance, uintptr_t first, uintptr_t second, uintptr_t third)                     \
    {                                                                                                                  \
        enum { row = CODEC_ROW_##name };                                                                               \
        struct codec_scope scope;                                                                                      \
        uint32_t session;                                                                                              \
        (void)first, (void)second, (void)third;                                                                        \
        if (codec_note(&scope, row, instance, (const void *)(handle), &session)) {                                     \
            reveal_call;                                                                                               \
            codec_noted(&scope);                                                                                       \
        }                                                                                                              \
    }                                                                                                                  \
    ENTRY_STUB(name, 0)                                                                                                \
    ENTRY_STUB(name, 1)                                                                                                \
    ENTRY_STUB(name, 2)                                                                                                \
    ENTRY_STUB(name, 3)
#define BEGIN_ROW(name, handle_expression)                                                                             \
    struct codec_row_scope scope;                                                                                      \
    codec_row_enter(&scope, CODEC_ROW_##name, instance, (handle_expression), FRAME)
#define CODEC_ROWS(family, returns, name, parameters, arguments, role, handle, meaning, buffer)                        \
    static returns body_##name WITH_INSTANCE parameters                                                                \
    {                                                                                                                  \
        BEGIN_ROW(name, handle);                                                                                       \
        returns result = REAL_CALL(returns, name, parameters, arguments);                                              \
        codec_row_leave(&scope, buffer);                                                                               \
        return result;                                                                                                 \
    }                                                                                                                  \
    INSTANCES(returns, name, parameters, arguments, return )
#define CODEC_ROWS_VOID(family, name, parameters, arguments, role, handle, meaning, buffer)                            \
    static void body_##name WITH_INSTANCE parameters                                                                   \
    {                                                                                                                  \
        BEGIN_ROW(name, handle);                                                                                       \
        REAL_CALL(void, name, parameters, arguments);                                                                  \
        codec_row_leave(&scope, buffer);                                                                               \
    }                                                                                                                  \
    INSTANCES(void, name, parameters, arguments, )
#include "preload/codecs.def"

/* Called by the stub: returns the real function. */
uintptr_t codec_entry(unsigned number, uintptr_t first, uintptr_t second, uintptr_t third);

uintptr_t codec_entry(unsigned number, uintptr_t first, uintptr_t second, uintptr_t third)
{
    unsigned row = number / CODEC_INSTANCES, instance = number % CODEC_INSTANCES;
    (void)first, (void)second, (void)third;
    switch (row) {
#define CODEC(...)
#define CODEC_ROWS(...)
#define CODEC_ENTRY(family, name, ...)                                                                                 \
    case CODEC_ROW_##name:                                                                                             \
        body_##name(instance, first, second, third);                                                                   \
        break;
#include "preload/codecs.def"
    default: break;
    }
    return (uintptr_t)atomic_load_explicit(&codec_targets[row][instance].real, memory_order_relaxed);
}

#define ROW(family, name, role) [CODEC_ROW_##name] = {trace_codec_##family, trace_role_##role, HOOK_##name},
const struct codec_row codec_rows[CODEC_ROW_COUNT] = {
#define CODEC(family, returns, name, parameters, arguments, role, handle, meaning, ...)      ROW(family, name, role)
#define CODEC_ROWS(family, returns, name, parameters, arguments, role, handle, meaning, ...) ROW(family, name, role)
#include "preload/codecs.def"
};

/* Code that computes the addresses, not a table of them, which would have to be relocated at each start of a program.
 */
#define ADDRESS(function) (__extension__(void *)(function))
#define ADDRESSES(name)                                                                                                \
    case CODEC_ROW_##name *CODEC_INSTANCES: return ADDRESS(name##_0);                                                  \
    case CODEC_ROW_##name *CODEC_INSTANCES + 1: return ADDRESS(name##_1);                                              \
    case CODEC_ROW_##name *CODEC_INSTANCES + 2: return ADDRESS(name##_2);                                              \
    case CODEC_ROW_##name *CODEC_INSTANCES + 3: return ADDRESS(name##_3);
__attribute__((optimize("no-tree-switch-conversion"))) void *codec_wrapper(unsigned row, unsigned instance)
{
    switch (row * CODEC_INSTANCES + instance) {
#define CODEC(family, returns, name, parameters, arguments, role, handle, meaning, ...)      ADDRESSES(name)
#define CODEC_ROWS(family, returns, name, parameters, arguments, role, handle, meaning, ...) ADDRESSES(name)
#include "preload/codecs.def"
    default: return NULL;
    }
}

/* SPDX-License-Identifier: MIT
 * Owns: wrappers of stdio that write. Must not know: packets, codecs.
 * A call whose bytes find room in the buffer is counted, not timed. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "preload/base/hook.h"
#include "preload/base/system.h"
#include "preload/hooks_io/stdio_call.h"

#define LIBC_WRITE(returns, name, parameters, arguments, stream, most, given, buffer, meaning)                         \
    EXPORT returns name parameters                                                                                     \
    {                                                                                                                  \
        if (!stdio_is_seen(stream))                                                                                    \
            return REAL(name) arguments;                                                                               \
        uint64_t wanted = (most);                                                                                      \
        if (likely(wanted && stdio_room(stream) >= wanted)) {                                                          \
            uint64_t pending = stdio_pending(stream);                                                                  \
            returns result = REAL(name) arguments;                                                                     \
            if (likely(stdio_count_write(stream, given)))                                                              \
                return result;                                                                                         \
            struct stdio_write seen;                                                                                   \
            seen.start_ns = 0;                                                                                         \
            seen.held = 0;                                                                                             \
            seen.pending = pending;                                                                                    \
            stdio_write_end(&seen, stream, given, buffer, false, trace_io_op_WRITE, HOOK_##name);                      \
            return result;                                                                                             \
        }                                                                                                              \
        struct stdio_write write;                                                                                      \
        stdio_write_begin(&write, stream, wanted);                                                                     \
        returns result = REAL(name) arguments;                                                                         \
        stdio_write_end(&write, stream, given, buffer, false, trace_io_op_WRITE, HOOK_##name);                         \
        return result;                                                                                                 \
    }

size_t fwrite_unlocked(const void *restrict buffer, size_t size, size_t count, FILE *restrict stream);
int __vfprintf_chk(FILE *restrict stream, int flag, const char *restrict format, va_list list);
int __vprintf_chk(int flag, const char *restrict format, va_list list);
#include "preload/libc.def"

/* The list form does the work. */
#define PRINT(name, file, call)                                                                                        \
    va_list list;                                                                                                      \
    va_start(list, format);                                                                                            \
    FILE *to = (file);                                                                                                 \
    bool seen = stdio_is_seen(to);                                                                                     \
    struct stdio_write write;                                                                                          \
    if (seen)                                                                                                          \
        stdio_write_begin(&write, to, 0);                                                                              \
    int result = call;                                                                                                 \
    if (seen)                                                                                                          \
        stdio_write_end(&write, to, result > 0 ? (uint64_t)result : 0, NULL, false, trace_io_op_WRITE, HOOK_##name);   \
    va_end(list);                                                                                                      \
    return result

EXPORT int fprintf(FILE *restrict stream, const char *restrict format, ...)
{
    PRINT(fprintf, stream, REAL(vfprintf)(to, format, list));
}

EXPORT int printf(const char *restrict format, ...)
{
    PRINT(printf, stdout, REAL(vfprintf)(to, format, list));
}

int __fprintf_chk(FILE *restrict stream, int flag, const char *restrict format, ...);
EXPORT int __fprintf_chk(FILE *restrict stream, int flag, const char *restrict format, ...)
{
    PRINT(__fprintf_chk, stream, REAL(__vfprintf_chk)(to, flag, format, list));
}

int __printf_chk(int flag, const char *restrict format, ...);
EXPORT int __printf_chk(int flag, const char *restrict format, ...)
{
    PRINT(__printf_chk, stdout, REAL(__vfprintf_chk)(to, flag, format, list));
}

#define OWN_stdio_write(name) OWN_NAME(name)
#include "preload/base/own_names.h"

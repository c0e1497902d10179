/* SPDX-License-Identifier: MIT
 * Owns: wrappers of stdio that read. Must not know: packets, codecs.
 * A call that finds all it wants in the buffer is counted, not timed. */

/* The header gives these names to the C99 forms, which libc keeps apart. */
#define fscanf  header_fscanf
#define scanf   header_scanf
#define vfscanf header_vfscanf
#define vscanf  header_vscanf
#include <stdio.h>
#undef fscanf
#undef scanf
#undef vfscanf
#undef vscanf

#include <stdarg.h>

#include "preload/base/hook.h"
#include "preload/base/system.h"
#include "preload/files/description.h"
#include "preload/files/files.h"
#include "preload/hooks_io/stdio_call.h"

#define LIBC_READ(returns, name, parameters, arguments, stream, most, consumed, buffer, meaning)                       \
    EXPORT returns name parameters                                                                                     \
    {                                                                                                                  \
        if (!stdio_is_seen(stream))                                                                                    \
            return REAL(name) arguments;                                                                               \
        uint64_t wanted = (most);                                                                                      \
        if (likely(wanted && stdio_span((stream)->_IO_read_ptr, (stream)->_IO_read_end) >= wanted)) {                  \
            returns result = REAL(name) arguments;                                                                     \
            if (likely(stdio_count_read(stream, consumed)))                                                            \
                return result;                                                                                         \
            struct stdio_read seen = {.available = stdio_available(stream) + (consumed)};                              \
            stdio_read_end(&seen, stream, consumed, buffer, HOOK_##name);                                              \
            return result;                                                                                             \
        }                                                                                                              \
        struct stdio_read read = stdio_read_begin(stream, wanted);                                                     \
        returns result = REAL(name) arguments;                                                                         \
        stdio_read_end(&read, stream, consumed, buffer, HOOK_##name);                                                  \
        return result;                                                                                                 \
    }

size_t __fread_chk(void *restrict buffer, size_t limit, size_t size, size_t count, FILE *restrict stream);
size_t __fread_unlocked_chk(void *restrict buffer, size_t limit, size_t size, size_t count, FILE *restrict stream);
char *__fgets_chk(char *restrict line, size_t limit, int size, FILE *restrict stream);
char *__fgets_unlocked_chk(char *restrict line, size_t limit, int size, FILE *restrict stream);
int vfscanf(FILE *restrict stream, const char *restrict format, va_list list);
int vscanf(const char *restrict format, va_list list);
int __isoc99_vfscanf(FILE *restrict stream, const char *restrict format, va_list list);
int __isoc99_vscanf(const char *restrict format, va_list list);
int __underflow(FILE *stream);
#include "preload/libc.def"

/* The list form does the work; the stream's buffer tells what was taken. */
#define SCAN(name, list_form, file)                                                                                    \
    va_list list;                                                                                                      \
    va_start(list, format);                                                                                            \
    FILE *from = (file);                                                                                               \
    bool seen = stdio_is_seen(from);                                                                                   \
    struct stdio_read read = {0};                                                                                      \
    if (seen)                                                                                                          \
        read = stdio_read_begin(from, 0);                                                                              \
    int result = REAL(list_form)(from, format, list);                                                                  \
    if (seen)                                                                                                          \
        stdio_read_end(&read, from, TRACE_UNKNOWN, NULL, HOOK_##name);                                                 \
    va_end(list);                                                                                                      \
    return result

int fscanf(FILE *restrict stream, const char *restrict format, ...);
EXPORT int fscanf(FILE *restrict stream, const char *restrict format, ...)
{
    SCAN(fscanf, vfscanf, stream);
}

int __isoc99_fscanf(FILE *restrict stream, const char *restrict format, ...);
EXPORT int __isoc99_fscanf(FILE *restrict stream, const char *restrict format, ...)
{
    SCAN(__isoc99_fscanf, __isoc99_vfscanf, stream);
}

int scanf(const char *restrict format, ...);
EXPORT int scanf(const char *restrict format, ...)
{
    SCAN(scanf, vfscanf, stdin);
}

int __isoc99_scanf(const char *restrict format, ...);
EXPORT int __isoc99_scanf(const char *restrict format, ...)
{
    SCAN(__isoc99_scanf, __isoc99_vfscanf, stdin);
}

/* Puts into the buffer and takes nothing. */
EXPORT int ungetc(int byte, FILE *stream)
{
    int result = REAL(ungetc)(byte, stream);
    if (stdio_is_seen(stream)) {
        (void)stdio_count_read(stream, 0);
        struct description *description = files_peek(stream->_fileno);
        if (description)
            description->buffered_after = -1; /* what is taken unseen from here on cannot be told */
    }
    return result;
}

#define OWN_stdio_read(name) OWN_NAME(name)
#include "preload/base/own_names.h"

// SPDX-License-Identifier: MIT
// Owns: a stand-in codec library that answers with the number it was built with, and leaves its calls in all the ways
// there are. Must not know: the profiler.
#include <cerrno>
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>

#ifndef NUMBER
#define NUMBER 1
#endif

// data: what to do; bytes: with what.
extern "C" int WebPGetInfo(const uint8_t *data, size_t bytes, int *width, int *height)
{
    const char *how = reinterpret_cast<const char *>(data);
    if (how[0] == 't')
        throw static_cast<int>(bytes);
    if (how[0] == 'j')
        longjmp(*reinterpret_cast<jmp_buf *>(bytes), 7);
    if (how[0] == 'e')
        errno = static_cast<int>(bytes);
    *width = NUMBER;
    *height = errno;
    return NUMBER;
}

// Integers and doubles by turns, more of each than there are registers.
extern "C" int gdk_pixbuf_save(void *pixbuf, const char *path, const char *type, void *error, ...)
{
    va_list list;
    va_start(list, error);
    double sum = 0;
    for (int i = 1; i <= 12; i++) {
        sum += i * va_arg(list, int);
        sum += i * va_arg(list, double);
    }
    va_end(list);
    return pixbuf && path && type ? static_cast<int>(sum * 4) : 0;
}

/* SPDX-License-Identifier: MIT
 * Owns: reading the small files in which the kernel says what it knows. Must not know: what they say. */
#include "preload/facts/read.h"

#include <string.h>

#include "preload/base/system.h"
#include "preload/guard/descriptors.h"
#include "trace/trace.h"
#include "preload/state/process_state.h"

size_t facts_read(const char *path, char *out, size_t capacity)
{
    size_t used = 0;
    uint64_t signals = system_hold_signals();
    int fd = descriptors_open(path, O_RDONLY, 0);
    if (fd >= 0) {
        /* A file of /proc or /sys that is shorter than what was asked for has ended. */
        for (size_t wanted = capacity - 1; wanted; wanted = capacity - 1 - used) {
            long n = system_read(fd, out + used, wanted);
            if (n <= 0)
                break;
            used += (size_t)n;
            if ((size_t)n < wanted && n < 1024)
                break;
        }
        descriptors_close(fd);
    }
    system_give_signals(signals);
    out[used] = '\0';
    atomic_fetch_add_explicit(&process.own_rchar, used, memory_order_relaxed);
    return used;
}

uint64_t facts_number_at(const char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    if (*text < '0' || *text > '9')
        return TRACE_UNKNOWN;
    uint64_t number = 0;
    for (; *text >= '0' && *text <= '9'; text++)
        number = number * 10 + (uint64_t)(*text - '0');
    return number;
}

uint64_t facts_number_after(const char *text, const char *key)
{
    const char *at = strstr(text, key);
    return at ? facts_number_at(at + strlen(key)) : TRACE_UNKNOWN;
}

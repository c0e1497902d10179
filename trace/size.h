/* SPDX-License-Identifier: MIT
 * Owns: how a number of bytes is written in a setting, and the limits of the one that both sides look at.
 * Must not know: environments, files. */
#ifndef TRACE_SIZE_H
#define TRACE_SIZE_H

#include <stdbool.h>
#include <stdint.h>

/* IMGBENCH_QUOTA where nobody set it, or to nonsense. */
#define TRACE_QUOTA_DEFAULT (UINT64_C(1) << 30)
#define TRACE_QUOTA_MOST    (UINT64_MAX / 2)

/* Digits, and K, M or G (powers of 1,024) behind them, with iB or B or without. False, and *out as it was, for anything
 * else and above limit. Calls nothing: the library reads its settings before libc is ready. */
static inline bool trace_size_parse(const char *text, uint64_t limit, uint64_t *out)
{
    uint64_t number = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (number > (UINT64_MAX - 9) / 10)
            return false;
        number = number * 10 + (uint64_t)(*at - '0');
    }
    if (at == text)
        return false;
    unsigned shift = *at == 'K' || *at == 'k' ? 10 : *at == 'M' || *at == 'm' ? 20 : *at == 'G' || *at == 'g' ? 30 : 0;
    if (shift) {
        at++;
        at += *at == 'i';
        at += *at == 'B';
    }
    if (*at || number > limit >> shift)
        return false;
    *out = number << shift;
    return true;
}

#endif

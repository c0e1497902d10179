/* SPDX-License-Identifier: MIT
 * Owns: what a kept original is called in a trace: by what it was, so that each content is kept once, whoever keeps it.
 * Must not know: who keeps, who looks for it. */
#ifndef TRACE_ORIGINAL_NAME_H
#define TRACE_ORIGINAL_NAME_H

#include <stdbool.h>
#include <stdint.h>

/* A file in one state of its content: st_dev, st_ino, st_mtime in ns of CLOCK_REALTIME, st_size. */
struct original_name {
    uint64_t device, inode, changed_ns, bytes;
};

#define ORIGINAL_NAME_BYTES 68 /* four numbers of 16 digits, three dashes and the end */

/* DEVICE-INODE-CHANGED_NS-BYTES in hexadecimal without leading zeros. Calls nothing. */
static inline void original_name_print(const struct original_name *name, char out[ORIGINAL_NAME_BYTES])
{
    const uint64_t parts[] = {name->device, name->inode, name->changed_ns, name->bytes};
    for (unsigned i = 0; i < 4; i++) {
        unsigned shift = 60;
        while (shift && !(parts[i] >> shift))
            shift -= 4;
        for (;; shift -= 4) {
            *out++ = "0123456789abcdef"[parts[i] >> shift & 15];
            if (!shift)
                break;
        }
        *out++ = i < 3 ? '-' : '\0';
    }
}

/* False, and *name as it was, for whatever original_name_print() does not write. */
static inline bool original_name_parse(const char *text, struct original_name *name)
{
    uint64_t parts[4];
    for (unsigned i = 0; i < 4; i++) {
        unsigned digits = 0;
        parts[i] = 0;
        for (;; text++, digits++) {
            bool decimal = *text >= '0' && *text <= '9', letter = *text >= 'a' && *text <= 'f';
            if (!decimal && !letter)
                break;
            if (digits == 16 || (digits && !parts[i])) /* too long, or with a leading zero */
                return false;
            parts[i] = parts[i] << 4 | (uint64_t)(decimal ? *text - '0' : *text - 'a' + 10);
        }
        if (!digits || *text++ != (i < 3 ? '-' : '\0'))
            return false;
    }
    *name = (struct original_name){parts[0], parts[1], parts[2], parts[3]};
    return true;
}

#endif

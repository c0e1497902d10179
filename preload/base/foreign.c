/* SPDX-License-Identifier: MIT
 * Owns: reading the program's memory where it may not be there. Must not know: what is read for. */
#include "preload/base/foreign.h"

#include <string.h>
#include <sys/uio.h>

#include "preload/base/system.h"

bool foreign_read(const void *from, void *to, size_t bytes)
{
    struct iovec local = {to, bytes}, remote = {(void *)(uintptr_t)from, bytes};
    return SYSTEM6(SYS_process_vm_readv, system_pid(), &local, 1, &remote, 1, 0) == (long)bytes;
}

size_t foreign_text(const char *from, char *out, size_t capacity)
{
    size_t used = 0;
    while (from && used + 1 < capacity) {
        size_t step = 4096 - ((uintptr_t)(from + used) & 4095); /* no read crosses into a page that may be missing */
        step = step < 64 || used ? step : 64;                   /* most texts are short */
        if (step > capacity - 1 - used)
            step = capacity - 1 - used;
        if (!foreign_read(from + used, out + used, step))
            break;
        const char *end = memchr(out + used, '\0', step);
        if (end)
            return (size_t)(end - out);
        used += step;
    }
    out[used] = '\0';
    return used;
}

bool foreign_stream(const FILE *stream, int fd, FILE *out)
{
    enum { MAGIC = 0xFBAD0000u >> 16 }; /* upper half of _flags in every FILE of glibc */
    return stream && foreign_read(stream, out, sizeof *out) && (unsigned)out->_flags >> 16 == MAGIC &&
           (fd < 0 || out->_fileno == fd);
}

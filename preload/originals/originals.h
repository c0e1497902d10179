/* SPDX-License-Identifier: MIT
 * Owns: which files are originals that a call is about to change or remove, and that they are kept in the trace before
 * it happens. Must not know: signatures of libc, formats, how bytes are copied.
 *
 * An original is a regular file that holds something and was last changed before the run began: what the run itself has
 * made can be overwritten. All of this happens before the call of the program and outside of its time. The caller's
 * pointers go to the kernel and are not looked at. errno is kept by all functions. */
#ifndef PRELOAD_ORIGINALS_H
#define PRELOAD_ORIGINALS_H

#include "preload/base/system.h"
#include "preload/base/hook.h"
#include "preload/base/settings.h"
#include "trace/original_name.h"

/* IMGBENCH_KEEP: asked before the rest. */
static inline bool originals_are_kept(void)
{
    return unlikely(settings.keep);
}

/* Before an open with these flags, or a truncation (O_WRONLY). */
void originals_before_open(int directory, const char *path, int flags, enum hook hook);

/* What was kept of a file that a call removes. */
struct originals_attempt {
    struct original_name name;
    uint64_t took_ns, end_ns;
    uint32_t session;
    uint16_t hook;
    uint8_t how; /* enum trace_keeping */
    int error;
};
/* Before a name is removed, or replaced by another's file. True: originals_after is to be called. */
bool originals_before_removal(struct originals_attempt *attempt, int directory, const char *path, enum hook hook);
bool originals_before_rename(struct originals_attempt *attempt, int from_directory, const char *from, int to_directory,
                             const char *to, unsigned flags, enum hook hook);
/* failed: the file lives on, and what was kept of it may not be the file itself. */
void originals_after(const struct originals_attempt *attempt, bool failed);

#endif

/* SPDX-License-Identifier: MIT
 * Owns: see locks.h. Must not know: why somebody asks. */
#include "preload/originals/locks.h"

#include <fcntl.h>
#include <string.h>

#include "preload/base/system.h"
#include "preload/state/process_state.h"
#include "preload/state/thread_state.h"
#include "preload/guard/descriptors.h"

/* Whether a line of /proc/locks is a POSIX lock of this process on that inode, or anybody's lease, which an open would
 * break. Of the device nothing is said that stat would say as well, on overlays and btrfs. Source: fs/locks.c,
 * lock_get_status. */
static bool is_lock(const char *line, const char *pid, uint64_t inode)
{
    const char *posix = strstr(line, "POSIX"), *at = posix ? posix : strstr(line, "LEASE");
    if (!at)
        return false;
    for (int words = 0; words < 3; words++) { /* POSIX ADVISORY WRITE */
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }
    size_t digits = strlen(pid);
    if (posix && (strncmp(at, pid, digits) != 0 || at[digits] != ' '))
        return false;
    const char *colon = strchr(at, ':'), *number = colon ? strchr(colon + 1, ':') : NULL;
    uint64_t found = 0;
    for (const char *digit = number ? number + 1 : ""; *digit >= '0' && *digit <= '9'; digit++)
        found = found * 10 + (uint64_t)(*digit - '0');
    return found == inode;
}

enum locks locks_find(struct thread *self, uint64_t inode)
{
    enum { READS = 64 };
    char pid[24], *text = self->scratch;
    long digits = system_read_link("/proc/self", pid, sizeof pid - 1);
    int fd = digits > 0 ? descriptors_open("/proc/locks", O_RDONLY | O_NOCTTY, 0) : -1;
    if (fd < 0)
        return LOCKS_UNKNOWN;
    pid[digits] = '\0';
    size_t kept = 0;
    bool found = false, whole = false;
    for (int i = 0; i < READS && !whole && !found; i++) {
        long n = system_read(fd, text + kept, sizeof self->scratch - 1 - kept);
        whole = n == 0;
        if (n <= 0)
            break;
        atomic_fetch_add_explicit(&process.own_rchar, (uint64_t)n, memory_order_relaxed);
        kept += (size_t)n;
        text[kept] = '\0';
        char *line = text;
        for (char *end; !found && (end = strchr(line, '\n')); line = end + 1) {
            *end = '\0';
            found = is_lock(line, pid, inode);
        }
        kept -= (size_t)(line - text);
        memmove(text, line, kept);
    }
    descriptors_close(fd);
    return found ? LOCKS_THERE : whole ? LOCKS_NONE : LOCKS_UNKNOWN;
}

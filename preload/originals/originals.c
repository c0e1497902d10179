/* SPDX-License-Identifier: MIT
 * Owns: see originals.h. Must not know: signatures of libc, formats, how bytes are copied. */
#include "preload/originals/originals.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <unistd.h>

#include "preload/base/hook.h"
#include "preload/base/system.h"
#include "preload/record/control.h"
#include "preload/record/definitions.h"
#include "preload/state/clock.h"
#include "preload/state/process_state.h"
#include "preload/guard/thread.h"
#include "preload/guard/thread_cpu.h"
#include "preload/state/thread_state.h"
#include "preload/codecs/calls/call.h"
#include "preload/record/directory.h"
#include "preload/originals/original_copy.h"
#include "preload/record/packet.h"

/* Whether it is from before the run, as far as this process knows without making a trace. Its own start is a bound. The
 * earlier of both times, for the one that a program may set can be in the future. Files are dated by a clock that
 * stands still between two ticks: what the run makes in the tick that it begins in counts as from before. Better once
 * too much than not at all: a script that copies a file and then starts the run does both in one tick. */
static bool is_from_before(uint64_t changed_ns)
{
    const struct trace_control *control = atomic_load(&control_page);
    uint64_t start_ns = control ? control->start_ns : process.start_ns;
    int64_t offset_ns = control ? control->realtime_offset_ns : system_realtime_offset_ns();
    return changed_ns < start_ns + (uint64_t)offset_ns;
}

static uint64_t earliest_ns(const struct stat *status)
{
    uint64_t content_ns = system_ns(status->st_mtim), status_ns = system_ns(status->st_ctim);
    return content_ns < status_ns ? content_ns : status_ns;
}

static bool is_original(int directory, const char *path, int at, struct stat *status)
{
    return system_stat_at(directory, path, status, at) == 0 && S_ISREG(status->st_mode) && status->st_size > 0 &&
           status->st_mtim.tv_sec >= 0 && is_from_before(earliest_ns(status));
}

/* What the kernel will refuse is no loss. EPERM may be a filter's answer to a system call that it does not know. */
static bool may_be_written(int directory, const char *path)
{
    long error = SYSTEM6(SYS_faccessat2, directory, path, W_OK, AT_EACCESS, 0, 0);
    return error != -EACCES && error != -EROFS;
}

static bool open_trace(void)
{
    bool first = false;
    if (atomic_load(&control_page))
        return true;
    if (!directory_open_trace(&first))
        return false;
    if (first)
        packet_trace_is_ours();
    return true;
}

/* ---- what could not be kept: it is tried, and said, once ---- */

enum { REFUSED = 64 };
static _Atomic uint64_t refused[REFUSED];

static uint64_t hash_of(const struct original_name *name)
{
    const uint64_t parts[] = {name->device, name->inode, name->changed_ns, name->bytes};
    uint64_t hash = 0;
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
        hash = (hash ^ parts[i]) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
    }
    return hash | 1 /* 0: none */;
}

static bool was_refused(const struct original_name *name)
{
    uint64_t hash = hash_of(name);
    return atomic_load_explicit(&refused[hash >> 1 & (REFUSED - 1)], memory_order_relaxed) == hash;
}

static void refuse(const struct original_name *name)
{
    uint64_t hash = hash_of(name);
    atomic_store_explicit(&refused[hash >> 1 & (REFUSED - 1)], hash, memory_order_relaxed);
}

/* ---- keeping ---- */

/* What is pending is delivered at once: out of our code, or what the handlers lose would not be kept. Afterwards the
 * state may be another one, and the process a child of the one that began. NULL: the thread may not come back. */
static struct thread *take_turns(struct thread *self, uint64_t signals)
{
    uintptr_t guard = thread_local_state.guard; /* of before(), which goes on longer than this */
    thread_slow_end(self);
    thread_leave();
    system_give_signals(signals);
    self = thread_enter_again();
    if (self)
        thread_local_state.guard = guard;
    return self;
}

/* Signals are held: a handler that jumps away would leave a descriptor. NULL: the thread may not go on in here. */
static struct thread *keep(struct thread *self, struct originals_attempt *attempt, struct original_keeping *keeping,
                           uint64_t earliest, bool *tried)
{
    uint64_t start_ns = thread_now_ns();
    int how;
    do {
        uint64_t signals = system_hold_signals();
        thread_slow_begin(self);
        how = open_trace() && is_from_before(earliest) ? original_keep(self, keeping) : ORIGINAL_IS_THERE;
        attempt->end_ns = thread_now_ns();
        self = take_turns(self, signals);
    } while (self && how == ORIGINAL_GOES_ON);
    *tried = self && how != ORIGINAL_IS_THERE && !(keeping->begun && keeping->pid != process.pid);
    if (!self)
        return NULL;
    attempt->how = (uint8_t)how;
    attempt->error = keeping->error;
    attempt->took_ns = attempt->end_ns - start_ns;
    self->io_ns += attempt->took_ns; /* no part of a codec call that it happens in */
    return self;
}

static void put(struct thread *self, const struct originals_attempt *attempt)
{
    struct trace_original record = {
        .duration_ns = attempt->took_ns,
        .device = attempt->name.device,
        .inode = attempt->name.inode,
        .changed_ns = attempt->name.changed_ns,
        .bytes = attempt->name.bytes,
        .session = attempt->session,
        .hook = attempt->hook,
        .error = (uint16_t)-attempt->error,
        .how = attempt->how,
    };
    if (attempt->how > trace_keeping_COPIED && attempt->how != trace_keeping_LOCKED)
        refuse(&attempt->name);
    define_hook(self, attempt->hook, 0, 0, NULL);
    packet_put(self, TRACE_KIND_original, attempt->end_ns, &record);
}

/* source: what is to be renamed there, or NULL. */
struct source {
    int directory;
    const char *path;
};

/* A rename that does nothing, or cannot succeed, loses nothing. */
static bool replaces(const struct source *source, const struct original_name *replaced, struct stat *status)
{
    return system_stat_at(source->directory, source->path, status, AT_SYMLINK_NOFOLLOW) == 0 &&
           !S_ISDIR(status->st_mode) && (status->st_dev != replaced->device || status->st_ino != replaced->inode);
}

static bool before(struct originals_attempt *attempt, int directory, const char *path, bool removed,
                   const struct source *source, enum hook hook)
{
    if (!thread_may_record())
        return false;
    int saved = errno;
    bool tried = false;
    struct thread *self = thread_enter();
    if (self) {
        struct stat *status = (void *)self->facts; /* the stack may be a small one */
        attempt->hook = (uint16_t)hook;
        attempt->session = codec_call_session(self);
        if (is_original(directory, path, removed ? AT_SYMLINK_NOFOLLOW : 0, status)) {
            struct original_keeping keeping = {.name = &attempt->name,
                                               .path = path,
                                               .directory = directory,
                                               .removed = removed,
                                               .link = removed && status->st_nlink == 1};
            uint64_t earliest = earliest_ns(status);
            attempt->name = (struct original_name){status->st_dev, status->st_ino, system_ns(status->st_mtim),
                                                   (uint64_t)status->st_size};
            if (!was_refused(&attempt->name) && (!source || replaces(source, &attempt->name, status)) &&
                (removed || may_be_written(directory, path)))
                self = keep(self, attempt, &keeping, earliest, &tried);
        }
        if (self && tried && !removed)
            put(self, attempt);
        if (self)
            thread_leave();
        else
            tried = false;
    }
    errno = saved;
    return tried;
}

void originals_before_open(int directory, const char *path, int flags, enum hook hook)
{
    struct originals_attempt attempt;
    bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);
    bool makes = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL) || (flags & O_TMPFILE) == O_TMPFILE;
    if (writes && !makes && !(flags & (O_PATH | O_DIRECTORY)))
        before(&attempt, directory, path, false, NULL, hook);
}

bool originals_before_removal(struct originals_attempt *attempt, int directory, const char *path, enum hook hook)
{
    return before(attempt, directory, path, true, NULL, hook);
}

bool originals_before_rename(struct originals_attempt *attempt, int from_directory, const char *from, int to_directory,
                             const char *to, unsigned flags, enum hook hook)
{
    const struct source source = {from_directory, from};
    return !(flags & (RENAME_NOREPLACE | RENAME_EXCHANGE)) && before(attempt, to_directory, to, true, &source, hook);
}

void originals_after(const struct originals_attempt *attempt, bool failed)
{
    int saved = errno;
    struct thread *self = thread_enter();
    if (self) {
        if (failed && attempt->how == trace_keeping_LINKED)
            original_forget(self, &attempt->name);
        else if (!failed || attempt->how <= trace_keeping_COPIED)
            put(self, attempt);
        thread_leave();
    }
    errno = saved;
}

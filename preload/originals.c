/* SPDX-License-Identifier: MIT
 * Owns: see originals.h. Must not know: signatures of libc, formats, how bytes are copied. */
#include "preload/originals.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>

#include "preload/codecs/call.h"
#include "preload/directory.h"
#include "preload/original_copy.h"
#include "preload/packet.h"
#include "preload/process.h"

static uint64_t changed_ns(const struct stat *status)
{
    return (uint64_t)status->st_mtim.tv_sec * 1000000000 + (uint64_t)status->st_mtim.tv_nsec;
}

/* Whether it is from before the run, as far as this process knows without making a trace. Its own start is a bound. */
static bool is_from_before(const struct stat *status)
{
    const struct trace_control *control = atomic_load(&directory_control);
    uint64_t start_ns = control ? control->start_ns : process.start_ns;
    int64_t offset_ns =
        control ? control->realtime_offset_ns : (int64_t)(system_clock_ns(CLOCK_REALTIME) - system_now_ns());
    return changed_ns(status) < start_ns + (uint64_t)offset_ns;
}

static bool is_original(int directory, const char *path, int at, struct stat *status)
{
    return system_stat_at(directory, path, status, at) == 0 && S_ISREG(status->st_mode) && status->st_size > 0 &&
           status->st_mtim.tv_sec >= 0 && is_from_before(status);
}

static bool open_trace(void)
{
    bool first = false;
    if (atomic_load(&directory_control))
        return true;
    if (!directory_open_trace(&first))
        return false;
    if (first)
        packet_trace_is_ours();
    return true;
}

/* Signals are held: a handler that jumps away would leave a descriptor and half a file. */
static bool keep(struct thread *self, struct originals_attempt *attempt, int directory, const char *path,
                 const struct stat *status, bool removed)
{
    uint64_t start_ns = thread_now_ns(), signals = system_hold_signals();
    thread_slow_begin(self);
    bool tried = open_trace() && is_from_before(status);
    if (tried) {
        attempt->name =
            (struct original_name){status->st_dev, status->st_ino, changed_ns(status), (uint64_t)status->st_size};
        attempt->error = 0;
        attempt->how = (uint8_t)original_keep(self, &attempt->name, directory, path, removed,
                                              removed && status->st_nlink == 1, &attempt->error);
    }
    thread_slow_end(self);
    system_give_signals(signals);
    attempt->end_ns = thread_now_ns();
    attempt->took_ns = attempt->end_ns - start_ns;
    self->io_ns += attempt->took_ns; /* no part of a codec call that it happens in */
    return tried && attempt->how != ORIGINAL_IS_THERE;
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
    process_define_hook(self, attempt->hook, 0, 0, NULL);
    packet_put(self, TRACE_KIND_original, attempt->end_ns, &record);
}

/* source: what is to be renamed there, or NULL. */
struct source {
    int directory;
    const char *path;
};

/* A rename that does nothing, or cannot succeed, loses nothing. */
static bool replaces(const struct source *source, const struct stat *replaced)
{
    struct stat status;
    return system_stat_at(source->directory, source->path, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           !S_ISDIR(status.st_mode) && (status.st_dev != replaced->st_dev || status.st_ino != replaced->st_ino);
}

static bool before(struct originals_attempt *attempt, int directory, const char *path, bool removed,
                   const struct source *source, enum hook hook)
{
    if (!thread_may_record())
        return false;
    int saved = errno;
    bool tried = false;
    struct stat status;
    struct thread *self = thread_enter();
    if (self) {
        attempt->hook = (uint16_t)hook;
        attempt->session = codec_call_session(self);
        tried = is_original(directory, path, removed ? AT_SYMLINK_NOFOLLOW : 0, &status) &&
                (!source || replaces(source, &status)) && keep(self, attempt, directory, path, &status, removed);
        if (tried && !removed)
            put(self, attempt);
        thread_leave();
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
        if (!failed)
            put(self, attempt);
        else if (attempt->how <= trace_keeping_COPIED)
            original_forget(self, &attempt->name);
        thread_leave();
    }
    errno = saved;
}

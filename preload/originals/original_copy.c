/* SPDX-License-Identifier: MIT
 * Owns: see original_copy.h. Must not know: which files, and why.
 *
 * The name says what is in it, so whoever finds it there has nothing to do. It is there only when all of it is. */
#include "preload/originals/original_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/statfs.h>

#include "preload/base/system.h"
#include "preload/state/process_state.h"
#include "preload/state/thread_state.h"
#include "preload/guard/descriptors.h"
#include "preload/record/directory.h"
#include "preload/originals/locks.h"
#include "preload/record/quota.h"
#include "preload/base/settings.h"
#include "preload/base/text.h"

#define FILE_CLONE 0x40049409 /* FICLONE of linux/fs.h */

/* Bytes between two looks at whose the descriptors are, and at the clock. */
#define STEP_BYTES (UINT64_C(1) << 20)
/* Meanwhile signals are held, and who forks waits. */
#define SLICE_NS (UINT64_C(10) * 1000000)
/* What a copy leaves on the disk, beside as much again as it takes. */
#define ROOM_BYTES (UINT64_C(16) << 20)

/* Not on the stack, which may be a small one of a signal handler. */
static struct stat *status_of(struct thread *self)
{
    return (void *)self->facts;
}

static char *directory_path(struct thread *self)
{
    struct text path = text_begin(self->paths[0], THREAD_PATH_BYTES);
    text_add(&path, settings.directory);
    text_add(&path, "/" TRACE_ORIGINALS_NAME);
    return self->paths[0];
}

/* In paths[1], or with a name of its own while it is being made in paths[2]. Both fit: the trace's own path is shorter.
 */
static char *file_path(struct thread *self, const struct original_name *name, bool temporary)
{
    char text[ORIGINAL_NAME_BYTES], *out = self->paths[temporary ? 2 : 1];
    struct text path = text_begin(out, THREAD_PATH_BYTES);
    original_name_print(name, text);
    text_add(&path, settings.directory);
    text_add(&path, "/" TRACE_ORIGINALS_NAME "/");
    text_add(&path, temporary ? "." : "");
    text_add(&path, text);
    if (temporary) {
        text_add(&path, "-");
        text_add_number(&path, process.pid, 1);
        text_add(&path, "-");
        text_add_number(&path, system_thread_id(), 1);
        text_add(&path, "-");
        text_add_number(&path, process.start_ns, 1); /* another one of that number may be in a container */
    }
    return out;
}

static bool is_it(const struct stat *status, const struct original_name *name)
{
    return S_ISREG(status->st_mode) && status->st_dev == name->device && status->st_ino == name->inode &&
           (uint64_t)status->st_size == name->bytes && system_changed_ns(status) == name->changed_ns &&
           name->changed_ns != TRACE_UNKNOWN;
}

/* What is kept is the file itself, under one name more. */
static bool is_link(struct thread *self, const struct original_name *name)
{
    struct stat *status = status_of(self);
    return system_stat(file_path(self, name, false), status) == 0 && status->st_dev == name->device &&
           status->st_ino == name->inode;
}

/* Somebody has kept it. A link is as good only while nothing is written into the file. */
static bool is_there(struct thread *self, const struct original_keeping *keeping)
{
    return system_stat(file_path(self, keeping->name, false), status_of(self)) == 0 &&
           (keeping->removed || !is_link(self, keeping->name));
}

/* When a name in it was not to be had: several may be the first. */
static bool directory_is_there_now(struct thread *self)
{
    int error = directory_create(directory_path(self));
    return error == 0 || error == -EEXIST;
}

/* ---- a second name ---- */

/* First under another name: what comes there by the name may be another file by now. */
static bool link_it(struct thread *self, const struct original_keeping *keeping)
{
    const char *from = file_path(self, keeping->name, true), *to = file_path(self, keeping->name, false);
    int error = system_link_at(keeping->directory, keeping->path, from);
    if (error == -ENOENT && directory_is_there_now(self))
        error = system_link_at(keeping->directory, keeping->path, from);
    if (error == -EEXIST && system_unlink(from) == 0)
        error = system_link_at(keeping->directory, keeping->path, from);
    if (error)
        return false;
    if (system_stat(from, status_of(self)) == 0 && is_it(status_of(self), keeping->name))
        error = system_link(from, to);
    else
        error = -ESTALE;
    system_unlink(from);
    return !error;
}

/* ---- a copy ---- */

/* Files that are made up as they are read: nobody's original. */
static bool is_made_up(struct thread *self, int fd)
{
    struct statfs *place = (void *)self->facts;
    if (SYSTEM3(SYS_fstatfs, fd, place, 0) != 0)
        return false;
    switch ((unsigned long)place->f_type) {
    case PROC_SUPER_MAGIC:
    case SYSFS_MAGIC:
    case CGROUP_SUPER_MAGIC:
    case CGROUP2_SUPER_MAGIC:
    case DEBUGFS_MAGIC:
    case TRACEFS_MAGIC:
    case SECURITYFS_MAGIC: return true;
    default: return false;
    }
}

/* A full disk may be the end of what the program does. */
static bool has_room(struct thread *self, int fd, uint64_t bytes)
{
    struct statfs *place = (void *)self->facts;
    return SYSTEM3(SYS_fstatfs, fd, place, 0) != 0 || !place->f_blocks ||
           (uint64_t)place->f_bavail * (uint64_t)place->f_bsize >= 2 * bytes + ROOM_BYTES;
}

static void count_copied(uint64_t bytes)
{
    atomic_fetch_add_explicit(&process.own_rchar, bytes, memory_order_relaxed);
    atomic_fetch_add_explicit(&process.own_wchar, bytes, memory_order_relaxed);
}

/* Each way goes on where the one before stopped: both positions move with what was copied. Returns -errno, 0 at the
 * end of the file, or the bytes. */
enum way { COPY_FILE_RANGE, SENDFILE, READ_AND_WRITE, WAYS };

static long read_and_write(struct thread *self, int from, int to, size_t bytes)
{
    size_t most = bytes < sizeof self->scratch ? bytes : sizeof self->scratch;
    long n = system_read(from, self->scratch, most);
    for (long done = 0; done < n;) {
        long written = system_write(to, self->scratch + done, (size_t)(n - done));
        if (written <= 0)
            return written ? written : -EIO;
        done += written;
    }
    return n;
}

static long copy_some(struct thread *self, enum way way, int from, int to, size_t bytes)
{
    switch (way) {
    case COPY_FILE_RANGE: return SYSTEM6(SYS_copy_file_range, from, NULL, to, NULL, bytes, 0);
    case SENDFILE: return SYSTEM6(SYS_sendfile, to, from, NULL, bytes, 0, 0);
    default: return read_and_write(self, from, to, bytes);
    }
}

/* Until the slice or the file is over. */
static int copy_slice(struct thread *self, int from, int to, struct original_keeping *keeping)
{
    enum way way = COPY_FILE_RANGE;
    uint64_t bytes = keeping->name->bytes, start_ns = system_now_ns();
    if (SYSTEM3(SYS_lseek, from, keeping->done, SEEK_SET) < 0 || SYSTEM3(SYS_lseek, to, keeping->done, SEEK_SET) < 0)
        return -EIO;
    while (keeping->done < bytes && system_now_ns() - start_ns < SLICE_NS) {
        if (!descriptors_is_ours(from) || !descriptors_is_ours(to))
            return -EBADF;
        uint64_t left = bytes - keeping->done;
        long n = copy_some(self, way, from, to, left < STEP_BYTES ? left : STEP_BYTES);
        if (n > 0) {
            keeping->done += (uint64_t)n;
            count_copied((uint64_t)n);
        } else if (n == -ENOSPC || n == -EDQUOT || ++way == WAYS) {
            return n ? (int)n : -ESTALE; /* shorter by now */
        }
    }
    return 0;
}

static int copy_between(struct thread *self, int from, int to, struct original_keeping *keeping, bool first)
{
    if (!descriptors_is_ours(from) || !descriptors_is_ours(to)) {
        keeping->error = -EBADF;
    } else if (first && SYSTEM3(SYS_ioctl, to, FILE_CLONE, from) == 0) {
        keeping->done = keeping->name->bytes;
        return trace_keeping_CLONED;
    } else {
        keeping->error =
            !first || has_room(self, to, keeping->name->bytes) ? copy_slice(self, from, to, keeping) : -ENOSPC;
    }
    return keeping->error                          ? (int)trace_keeping_FAILED
           : keeping->done == keeping->name->bytes ? (int)trace_keeping_COPIED
                                                   : ORIGINAL_GOES_ON;
}

/* Without a change of the time of its last access, where that may be asked for: of files of one's own. */
static int open_source(const struct original_keeping *keeping)
{
    int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | (keeping->removed ? O_NOFOLLOW : 0);
    int fd = descriptors_open_at(keeping->directory, keeping->path, flags | O_NOATIME, 0);
    return fd == -EPERM ? descriptors_open_at(keeping->directory, keeping->path, flags, 0) : fd;
}

static int create_temporary(struct thread *self, const struct original_name *name)
{
    const char *path = file_path(self, name, true);
    int fd = directory_create_file(path, O_WRONLY);
    if (fd == -ENOENT && directory_is_there_now(self))
        fd = directory_create_file(path, O_WRONLY);
    if (fd == -EEXIST && system_unlink(path) == 0) /* of a call that a handler interrupts, or has left */
        fd = directory_create_file(path, O_WRONLY);
    return fd;
}

/* The copy as the last slice left it. */
static int open_temporary(struct thread *self, struct original_keeping *keeping, bool first)
{
    int fd = first ? create_temporary(self, keeping->name)
                   : descriptors_open(file_path(self, keeping->name, true), O_WRONLY | O_NOFOLLOW, 0);
    if (fd < 0)
        return fd;
    const struct stat *opened = descriptors_opened_as(fd);
    if (first)
        keeping->copy_file = opened->st_ino;
    else if (opened->st_ino != keeping->copy_file || (uint64_t)opened->st_size != keeping->done) {
        descriptors_close(fd); /* another one's by now */
        return -ESTALE;
    }
    return fd;
}

/* What is complete gets its name, unless another one has it by now. */
static int place_it(struct thread *self, struct original_keeping *keeping, int how)
{
    const char *from = file_path(self, keeping->name, true), *to = file_path(self, keeping->name, false);
    int error = system_link(from, to);
    bool there = error == -EEXIST;
    if (error == -EPERM || error == -EOPNOTSUPP || /* a file system without hard links */
        (there && !keeping->removed && is_link(self, keeping->name))) {
        error = system_rename(from, to);
        there = false;
    }
    if (there)
        return ORIGINAL_IS_THERE;
    keeping->error = error;
    return error ? (int)trace_keeping_FAILED : how;
}

static int copy_from(struct thread *self, int from, struct original_keeping *keeping)
{
    bool first = !keeping->done;
    const struct stat *opened = descriptors_opened_as(from);
    keeping->error = opened && is_it(opened, keeping->name) ? 0 : -ESTALE;
    if (keeping->error)
        return trace_keeping_FAILED;
    if (is_made_up(self, from))
        return ORIGINAL_IS_THERE;
    int to = directory_allows(keeping->name->bytes) ? open_temporary(self, keeping, first) : -EFBIG;
    if (to < 0) {
        keeping->error = to;
        return trace_keeping_FAILED;
    }
    int how = copy_between(self, from, to, keeping, first);
    descriptors_end(to, descriptors_is_ours(to));
    if (how == trace_keeping_FAILED ||
        (system_stat_fd(from, status_of(self)) == 0 && is_it(status_of(self), keeping->name)))
        return how;
    keeping->error = -ESTALE; /* changed under our hands */
    return trace_keeping_FAILED;
}

static int copy_it(struct thread *self, struct original_keeping *keeping)
{
    if (locks_find(self, keeping->name->inode) != LOCKS_NONE)
        return trace_keeping_LOCKED;
    int from = open_source(keeping);
    keeping->error = from < 0 ? from : 0;
    if (from < 0)
        return trace_keeping_FAILED;
    int how = copy_from(self, from, keeping);
    /* Another thread may have locked it meanwhile: then one descriptor too many is the smaller harm. */
    bool locked = locks_find(self, keeping->name->inode) == LOCKS_THERE;
    descriptors_end(from, !locked && descriptors_is_ours(from));
    if (locked) {
        keeping->error = 0;
        return trace_keeping_LOCKED;
    }
    if (how == trace_keeping_CLONED || how == trace_keeping_COPIED)
        how = place_it(self, keeping, how);
    return how;
}

/* A call that began in the parent of a fork, which goes on with it. */
static bool is_anothers(const struct original_keeping *keeping)
{
    return keeping->pid != process.pid;
}

int original_keep(struct thread *self, struct original_keeping *keeping)
{
    if (keeping->begun && is_anothers(keeping))
        return ORIGINAL_IS_THERE;
    if (!keeping->begun) {
        keeping->error = 0;
        if (is_there(self, keeping))
            return ORIGINAL_IS_THERE;
        if (!quota_reserve_beside(keeping->name->bytes))
            return trace_keeping_QUOTA;
        keeping->begun = true;
        keeping->pid = process.pid;
        keeping->done = 0;
        if (keeping->link && link_it(self, keeping))
            return trace_keeping_LINKED;
    }
    int how = is_there(self, keeping) ? ORIGINAL_IS_THERE : copy_it(self, keeping);
    if (how == ORIGINAL_GOES_ON)
        return how;
    system_unlink(file_path(self, keeping->name, true));
    if (how > trace_keeping_COPIED && (keeping->error == -ENOENT || is_there(self, keeping) ||
                                       (keeping->error == -ESTALE && is_link(self, keeping->name))))
        how = ORIGINAL_IS_THERE; /* whoever changed or removed it meanwhile has kept it before */
    if (how == ORIGINAL_IS_THERE || how > trace_keeping_COPIED)
        quota_give_back(keeping->name->bytes);
    return how;
}

void original_forget(struct thread *self, const struct original_name *name)
{
    /* Else a copy has replaced it, which has room of its own. */
    if (!is_link(self, name) || system_unlink(file_path(self, name, false)) == 0)
        quota_give_back(name->bytes);
}

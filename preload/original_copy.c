/* SPDX-License-Identifier: MIT
 * Owns: see original_copy.h. Must not know: which files, and why.
 *
 * The name says what is in it, so whoever finds it there has nothing to do. It is there only when all of it is. */
#include "preload/original_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/statfs.h>

#include "preload/descriptors.h"
#include "preload/directory.h"
#include "preload/process.h"
#include "preload/quota.h"
#include "preload/settings.h"
#include "preload/text.h"

#define FILE_CLONE 0x40049409 /* FICLONE of linux/fs.h */

/* Bytes between two looks at whose the descriptors are. */
#define STEP_BYTES (UINT64_C(8) << 20)

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
    }
    return out;
}

static bool is_it(const struct stat *status, const struct original_name *name)
{
    return S_ISREG(status->st_mode) && status->st_dev == name->device && status->st_ino == name->inode &&
           (uint64_t)status->st_size == name->bytes && status->st_mtim.tv_sec >= 0 &&
           (uint64_t)status->st_mtim.tv_sec * 1000000000 + (uint64_t)status->st_mtim.tv_nsec == name->changed_ns;
}

/* When a name in it was not to be had: several may be the first. */
static bool directory_is_there_now(struct thread *self)
{
    int error = directory_create(directory_path(self));
    return error == 0 || error == -EEXIST;
}

/* ---- a second name ---- */

static bool link_it(struct thread *self, const struct original_name *name, int directory, const char *path, bool *there)
{
    char *to = file_path(self, name, false);
    int error = system_link_at(directory, path, to);
    if (error == -ENOENT && directory_is_there_now(self))
        error = system_link_at(directory, path, to);
    *there = error == -EEXIST;
    if (error)
        return false;
    struct stat status;
    if (system_stat(to, &status) == 0 && is_it(&status, name))
        return true;
    system_unlink(to); /* another file came there meanwhile */
    return false;
}

/* ---- a copy ---- */

/* Whether a line of /proc/locks is a POSIX lock of this process on that inode. Of the device nothing is said that stat
 * would say as well, on overlays and btrfs. Source: fs/locks.c, lock_get_status. */
static bool is_lock(const char *line, const char *pid, uint64_t inode)
{
    const char *at = strstr(line, "POSIX");
    if (!at)
        return false;
    for (int words = 0; words < 3; words++) { /* POSIX ADVISORY WRITE */
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }
    size_t digits = strlen(pid);
    if (strncmp(at, pid, digits) != 0 || at[digits] != ' ')
        return false;
    const char *colon = strchr(at, ':'), *number = colon ? strchr(colon + 1, ':') : NULL;
    uint64_t found = 0;
    for (const char *digit = number ? number + 1 : ""; *digit >= '0' && *digit <= '9'; digit++)
        found = found * 10 + (uint64_t)(*digit - '0');
    return found == inode;
}

/* Closing any descriptor of a file ends all POSIX locks that the process has on it. What cannot be told may be one. */
static bool may_be_locked(struct thread *self, uint64_t inode)
{
    enum { READS = 64 };
    char pid[24], *text = self->scratch;
    long digits = system_read_link("/proc/self", pid, sizeof pid - 1);
    int fd = digits > 0 ? descriptors_open("/proc/locks", O_RDONLY | O_NOCTTY, 0) : -1;
    if (fd < 0)
        return true;
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
    return found || !whole;
}

/* Files that are made up as they are read: nobody's original. */
static bool is_made_up(int fd)
{
    struct statfs place;
    if (SYSTEM3(SYS_fstatfs, fd, &place, 0) != 0)
        return false;
    switch ((unsigned long)place.f_type) {
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

static int copy_bytes(struct thread *self, int from, int to, uint64_t bytes)
{
    enum way way = COPY_FILE_RANGE;
    for (uint64_t done = 0; done < bytes;) {
        if (!descriptors_is_ours(from) || !descriptors_is_ours(to))
            return -EBADF;
        long n = copy_some(self, way, from, to, bytes - done < STEP_BYTES ? bytes - done : STEP_BYTES);
        if (n > 0) {
            done += (uint64_t)n;
            count_copied((uint64_t)n);
        } else if (n == -ENOSPC || n == -EDQUOT || ++way == WAYS) {
            return n ? (int)n : -EIO;
        }
    }
    return 0;
}

static enum trace_keeping copy_between(struct thread *self, int from, int to, const struct original_name *name,
                                       int *error)
{
    if (!descriptors_is_ours(from) || !descriptors_is_ours(to))
        *error = -EBADF;
    else if (SYSTEM3(SYS_ioctl, to, FILE_CLONE, from) == 0)
        return trace_keeping_CLONED;
    else
        *error = copy_bytes(self, from, to, name->bytes);
    return *error ? trace_keeping_FAILED : trace_keeping_COPIED;
}

/* Without a change of the time of its last access, where that may be asked for: of files of one's own. */
static int open_source(int directory, const char *path, bool no_follow)
{
    int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | (no_follow ? O_NOFOLLOW : 0);
    int fd = descriptors_open_at(directory, path, flags | O_NOATIME, 0);
    return fd == -EPERM ? descriptors_open_at(directory, path, flags, 0) : fd;
}

static int create_temporary(struct thread *self, const struct original_name *name)
{
    const char *path = file_path(self, name, true);
    int fd = directory_create_file(path, O_WRONLY);
    if (fd == -ENOENT && directory_is_there_now(self))
        fd = directory_create_file(path, O_WRONLY);
    return fd;
}

/* What is complete gets its name, unless another one has it by now. */
static enum trace_keeping place_it(struct thread *self, const struct original_name *name, enum trace_keeping how,
                                   int *error)
{
    const char *from = file_path(self, name, true), *to = file_path(self, name, false);
    *error = system_link(from, to);
    if (*error == -EPERM || *error == -EOPNOTSUPP) /* a file system without hard links */
        *error = system_rename(from, to);
    if (*error == -EEXIST)
        *error = how = ORIGINAL_IS_THERE;
    return *error ? trace_keeping_FAILED : how;
}

static enum trace_keeping copy_from(struct thread *self, int from, const struct original_name *name, int *error)
{
    struct stat status;
    const struct stat *opened = descriptors_opened_as(from);
    *error = opened && is_it(opened, name) ? 0 : -ESTALE;
    if (*error)
        return trace_keeping_FAILED;
    if (is_made_up(from))
        return ORIGINAL_IS_THERE;
    *error = directory_allows(name->bytes) ? create_temporary(self, name) : -EFBIG;
    int to = *error;
    if (to < 0)
        return trace_keeping_FAILED;
    enum trace_keeping how = copy_between(self, from, to, name, error);
    descriptors_end(to, descriptors_is_ours(to));
    if (how != trace_keeping_FAILED && (system_stat_fd(from, &status) != 0 || !is_it(&status, name))) {
        how = trace_keeping_FAILED; /* changed under our hands */
        *error = -ESTALE;
    }
    if (how != trace_keeping_FAILED)
        how = place_it(self, name, how, error);
    system_unlink(file_path(self, name, true));
    return how;
}

static enum trace_keeping copy_it(struct thread *self, const struct original_name *name, int directory,
                                  const char *path, bool no_follow, int *error)
{
    if (may_be_locked(self, name->inode))
        return trace_keeping_LOCKED;
    int from = open_source(directory, path, no_follow);
    *error = from < 0 ? from : 0;
    if (from < 0)
        return trace_keeping_FAILED;
    enum trace_keeping how = copy_from(self, from, name, error);
    descriptors_end(from, descriptors_is_ours(from));
    return how;
}

enum trace_keeping original_keep(struct thread *self, const struct original_name *name, int directory, const char *path,
                                 bool no_follow, bool link, int *error)
{
    struct stat status;
    bool there = system_stat(file_path(self, name, false), &status) == 0;
    *error = 0;
    if (there)
        return ORIGINAL_IS_THERE;
    if (!quota_reserve_beside(name->bytes))
        return trace_keeping_QUOTA;
    enum trace_keeping how = ORIGINAL_IS_THERE;
    if (link && link_it(self, name, directory, path, &there))
        how = trace_keeping_LINKED;
    else if (!there)
        how = copy_it(self, name, directory, path, no_follow, error);
    if (how > trace_keeping_COPIED && system_stat(file_path(self, name, false), &status) == 0)
        how = ORIGINAL_IS_THERE; /* whoever changed it meanwhile has kept it before */
    if (how == ORIGINAL_IS_THERE || how > trace_keeping_COPIED)
        quota_give_back(name->bytes);
    return how;
}

void original_forget(struct thread *self, const struct original_name *name)
{
    if (system_unlink(file_path(self, name, false)) == 0)
        quota_give_back(name->bytes);
}

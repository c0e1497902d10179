/* SPDX-License-Identifier: MIT
 * Owns: a file that a command writes: under another name beside it, renamed when it is complete.
 * Must not know: what is written. */
#include "analyzer/base/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/message.h"

static bool failed(const struct output_file *file, int error)
{
    message_error("cannot write %s: %s", file->path, strerror(error));
    return false;
}

/* A new file gets the mode that fopen would give it; one of ours that is replaced keeps its own. Another user's may
 * have been put there so that its mode would let them write to what we make. */
static void set_mode(int fd, const struct stat *before)
{
    mode_t mask = umask(0);
    umask(mask);
    bool ours = before && before->st_uid == geteuid();
    fchmod(fd, ours ? before->st_mode & 07777 : 0666 & ~mask); /* failing leaves it private: no harm */
}

/* A symbolic link is followed when this user made it, or root, as /dev/stdout. In a directory that all may write to,
 * another's would choose what we overwrite; not every kernel is set to forbid it (fs.protected_symlinks). */
static bool is_planted(const char *path)
{
    struct stat status;
    return !lstat(path, &status) && S_ISLNK(status.st_mode) && status.st_uid != geteuid() && status.st_uid != 0;
}

/* Behind /dev/stdout may be a regular file: to replace it would take it away from whoever else writes to it. */
bool output_file_is_standard(const char *path)
{
    struct stat output, file;
    return !strcmp(path, "-") || (!fstat(STDOUT_FILENO, &output) && !stat(path, &file) &&
                                  output.st_dev == file.st_dev && output.st_ino == file.st_ino);
}

static void release(struct output_file *file)
{
    free(file->target);
    free(file->temporary);
}

/* Takes the target. before: what stands there, or NULL. */
static bool open_beside(struct output_file *file, char *target, const struct stat *before)
{
    file->target = target;
    if (!target)
        return failed(file, errno);
    if (asprintf(&file->temporary, "%s.XXXXXX", target) < 0) {
        free(target);
        return failed(file, ENOMEM);
    }
    int fd = mkostemp(file->temporary, O_CLOEXEC);
    file->stream = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (file->stream) {
        set_mode(fd, before);
        return true;
    }
    int error = errno;
    if (fd >= 0) {
        unlink(file->temporary);
        close(fd);
    }
    release(file);
    return failed(file, error);
}

bool output_file_open(struct output_file *file, const char *path)
{
    struct stat before;
    *file = (struct output_file){.path = path};
    if (output_file_is_standard(path)) {
        file->stream = stdout;
        return true;
    }
    if (is_planted(path)) {
        message_error("cannot write %s: a symbolic link that another user made", path);
        return false;
    }
    bool there = stat(path, &before) == 0;
    if (there && S_ISDIR(before.st_mode))
        return failed(file, EISDIR);
    if (there && !S_ISREG(before.st_mode)) {
        file->stream = fopen(path, "we");
        return file->stream || failed(file, errno);
    }
    return open_beside(file, there ? realpath(path, NULL) : strdup(path), there ? &before : NULL);
}

bool output_file_replace(struct output_file *file, const char *path)
{
    struct stat before;
    bool there = lstat(path, &before) == 0 && S_ISREG(before.st_mode);
    *file = (struct output_file){.path = path};
    return open_beside(file, strdup(path), there ? &before : NULL);
}

bool output_file_close(struct output_file *file, int error)
{
    if (file->stream == stdout) {
        errno = error;
        if (error)
            message_output_failed(); /* said when the command ends */
        return !error;
    }
    if (fflush(file->stream) && !error)
        error = errno;
    if (fclose(file->stream) && !error)
        error = errno;
    if (file->temporary && !error && rename(file->temporary, file->target))
        error = errno;
    if (file->temporary && error)
        unlink(file->temporary);
    release(file);
    return error ? failed(file, error) : true;
}

void output_file_drop(struct output_file *file)
{
    if (file->stream == stdout)
        return;
    fclose(file->stream);
    if (file->temporary)
        unlink(file->temporary);
    release(file);
}

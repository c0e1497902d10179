/* SPDX-License-Identifier: MIT
 * Owns: a file that a command writes: under another name beside it, renamed when it is complete.
 * Must not know: what is written. */
#include "analyzer/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/message.h"

static bool failed(const struct output_file *file, int error)
{
    message_error("cannot write %s: %s", file->path, strerror(error));
    return false;
}

/* A new file gets the mode that fopen would give it; one that is replaced keeps its own. */
static void set_mode(int fd, const struct stat *before)
{
    mode_t mask = umask(0);
    umask(mask);
    fchmod(fd, before ? before->st_mode & 07777 : 0666 & ~mask); /* failing leaves it private: no harm */
}

bool output_file_open(struct output_file *file, const char *path)
{
    struct stat before;
    *file = (struct output_file){.path = path};
    if (!strcmp(path, "-")) {
        file->stream = stdout;
        return true;
    }
    bool there = stat(path, &before) == 0;
    if (there && S_ISDIR(before.st_mode))
        return failed(file, EISDIR);
    if (there && !S_ISREG(before.st_mode)) {
        file->stream = fopen(path, "we");
        return file->stream || failed(file, errno);
    }
    if (asprintf(&file->temporary, "%s.XXXXXX", path) < 0) {
        file->temporary = NULL;
        return failed(file, ENOMEM);
    }
    int fd = mkostemp(file->temporary, O_CLOEXEC);
    file->stream = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (file->stream) {
        set_mode(fd, there ? &before : NULL);
        return true;
    }
    int error = errno;
    if (fd >= 0) {
        unlink(file->temporary);
        close(fd);
    }
    free(file->temporary);
    return failed(file, error);
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
    if (file->temporary && !error && rename(file->temporary, file->path))
        error = errno;
    if (file->temporary && error)
        unlink(file->temporary);
    free(file->temporary);
    return error ? failed(file, error) : true;
}

void output_file_drop(struct output_file *file)
{
    if (file->stream == stdout)
        return;
    fclose(file->stream);
    if (file->temporary)
        unlink(file->temporary);
    free(file->temporary);
}

/* SPDX-License-Identifier: MIT
 * Owns: the files of a trace that is written: control page, metadata, packets, each complete before it has its name.
 * Must not know: records. */
#include "analyzer/writer/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define METADATA_BYTES 65536

static int join(char path[WRITER_PATH_MAX], const char *directory, const char *prefix, const char *name)
{
    int length = snprintf(path, WRITER_PATH_MAX, "%s/%s%s", directory, prefix, name);
    return length > 0 && length < WRITER_PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int write_all(int fd, const char *data, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t n = write(fd, data + done, bytes - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        done += (size_t)n;
    }
    return 0;
}

/* Names that begin with '.' are no part of a trace: a file has its own when it is complete. */
int writer_directory_file(const char *directory, const char *name, const void *data, size_t bytes)
{
    char hidden[WRITER_PATH_MAX], path[WRITER_PATH_MAX];
    int error = join(hidden, directory, ".", name);
    error = error ? error : join(path, directory, "", name);
    if (error)
        return error;
    int fd = open(hidden, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    error = write_all(fd, data, bytes);
    if (close(fd) && !error)
        error = -errno;
    if (!error && renameat2(AT_FDCWD, hidden, AT_FDCWD, path, RENAME_NOREPLACE)) {
        error = -errno;
        if (error == -EINVAL) /* a file system that cannot; two writers of one name there are none */
            error = access(path, F_OK) == 0 ? -EEXIST : rename(hidden, path) ? -errno : 0;
    }
    if (error)
        unlink(hidden);
    return error;
}

int writer_directory_make(const char *path)
{
    if (mkdir(path, 0700) == 0)
        return 0;
    if (errno != EEXIST)
        return -errno;
    DIR *directory = opendir(path);
    if (!directory)
        return -errno;
    int error = 0;
    for (const struct dirent *entry; !error && (entry = readdir(directory));)
        if (entry->d_name[0] != '.' || (entry->d_name[1] && (entry->d_name[1] != '.' || entry->d_name[2])))
            error = -ENOTEMPTY;
    closedir(directory);
    return error;
}

/* The metadata under a name of its own in a directory. */
static int put_metadata(const char *directory, const char *name, int64_t realtime_offset_ns)
{
    char *text = malloc(METADATA_BYTES);
    size_t bytes = text ? trace_metadata(realtime_offset_ns, text, METADATA_BYTES) : 0;
    int error = bytes ? writer_directory_file(directory, name, text, bytes) : -ENOMEM;
    free(text);
    return error;
}

int writer_directory_begin(const char *path, const struct trace_control *control)
{
    char page[TRACE_CONTROL_BYTES] = {0};
    memcpy(page, control, sizeof *control);
    int error = put_metadata(path, TRACE_METADATA_SOURCE, control->realtime_offset_ns);
    return error ? error : writer_directory_file(path, TRACE_CONTROL_NAME, page, sizeof page);
}

int writer_directory_map(const char *path, struct trace_control **control)
{
    char name[WRITER_PATH_MAX];
    struct stat status;
    if (join(name, path, "", TRACE_CONTROL_NAME))
        return -ENAMETOOLONG;
    int fd = open(name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -errno;
    void *page = MAP_FAILED;
    int error = -EPROTO;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size >= TRACE_CONTROL_BYTES) {
        page = mmap(NULL, TRACE_CONTROL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        error = page == MAP_FAILED ? -errno : 0;
    }
    close(fd);
    if (error)
        return error;
    *control = page;
    if ((*control)->magic != TRACE_CONTROL_MAGIC)
        error = -EPROTO;
    else if ((*control)->version != TRACE_VERSION)
        error = -EPROTONOSUPPORT;
    if (error)
        munmap(page, TRACE_CONTROL_BYTES);
    return error;
}

int writer_directory_process(const char *path, const char *name, int64_t realtime_offset_ns)
{
    char directory[WRITER_PATH_MAX], source[WRITER_PATH_MAX], metadata[WRITER_PATH_MAX];
    int error = join(directory, path, "", name);
    error = error ? error : join(source, path, "", TRACE_METADATA_SOURCE);
    error = error ? error : join(metadata, directory, "", TRACE_METADATA_NAME);
    if (error)
        return error;
    if (mkdir(directory, 0700))
        return -errno;
    if (link(source, metadata) == 0) /* one garbled copy would cost the whole trace: all have the same one */
        return 0;
    return put_metadata(directory, TRACE_METADATA_NAME, realtime_offset_ns);
}

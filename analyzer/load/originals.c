/* SPDX-License-Identifier: MIT
 * Owns: the originals that a trace kept. Must not know: records, how they are kept, what somebody wants them for. */
#include "analyzer/load/originals.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/file_changed.h"
#include "analyzer/base/memory.h"
#include "analyzer/writer/directory.h"
#include "trace/original_name.h"
#include "trace/trace.h"

/* Whether the file is still what its name says. A copy has a time of its own; the file itself has kept it. */
static bool is_unchanged(int directory, const char *entry, const struct original_name *name, struct stat *status)
{
    if (fstatat(directory, entry, status, AT_SYMLINK_NOFOLLOW) || !S_ISREG(status->st_mode) ||
        (uint64_t)status->st_size != name->bytes)
        return false;
    bool is_itself = status->st_dev == name->device && status->st_ino == name->inode;
    return !is_itself || file_changed_ns(status) == name->changed_ns;
}

static bool is_of(const struct original_name *name, const struct image_file *file)
{
    return name->device == file->device && name->inode == file->inode && name->bytes == file->bytes &&
           name->changed_ns >= file->changed_from_ns && name->changed_ns <= file->changed_to_ns;
}

/* Looks at one that may be the file's. */
static enum originals_answer look_at(int directory, const char *entry, const struct image_file *file,
                                     struct original_name *found)
{
    struct original_name name;
    struct stat status;
    if (!original_name_parse(entry, &name) || !is_of(&name, file) ||
        fstatat(directory, entry, &status, AT_SYMLINK_NOFOLLOW))
        return ORIGINALS_NOT_SEEN;
    *found = name;
    return is_unchanged(directory, entry, &name, &status) ? ORIGINALS_FOUND : ORIGINALS_CHANGED;
}

static enum originals_answer search(DIR *directory, const struct image_file *file, struct original_name *found)
{
    enum originals_answer answer = ORIGINALS_NOT_SEEN;
    char text[ORIGINAL_NAME_BYTES];
    if (file->changed_from_ns == file->changed_to_ns) { /* as a rule: its name is known */
        original_name_print(&(struct original_name){file->device, file->inode, file->changed_from_ns, file->bytes},
                            text);
        return look_at(dirfd(directory), text, file, found);
    }
    const struct dirent *entry;
    while (answer != ORIGINALS_FOUND && (entry = readdir(directory))) {
        enum originals_answer this = look_at(dirfd(directory), entry->d_name, file, found);
        answer = this == ORIGINALS_NOT_SEEN ? answer : this;
    }
    return answer;
}

static char *path_of(const char *trace, const char *name)
{
    char *path = NULL;
    return memory_checked(asprintf(&path, "%s/" TRACE_ORIGINALS_NAME "/%s", trace, name) < 0 ? NULL : path);
}

/* A recorded program can make anything there: a link may lead out of the trace. */
static DIR *open_originals(const char *trace)
{
    char *path = path_of(trace, "");
    path[strlen(path) - 1] = '\0'; /* behind a slash it would be followed */
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    if (fd >= 0 && !directory)
        close(fd);
    free(path);
    return directory;
}

static enum originals_answer find(const char *trace, const struct image_file *file, char **path)
{
    struct original_name found;
    char name[ORIGINAL_NAME_BYTES];
    bool known =
        file->bytes != UNKNOWN && file->bytes && file->changed_from_ns != UNKNOWN && file->changed_to_ns != UNKNOWN;
    DIR *directory = known ? open_originals(trace) : NULL;
    *path = NULL;
    if (!directory)
        return ORIGINALS_NOT_SEEN;
    enum originals_answer answer = search(directory, file, &found);
    closedir(directory);
    if (answer != ORIGINALS_FOUND)
        return answer;
    original_name_print(&found, name);
    *path = path_of(trace, name);
    return answer;
}

char *originals_find(const char *trace, const struct image_file *file)
{
    char *path;
    find(trace, file, &path);
    return path;
}

enum originals_answer originals_ask(const struct run *run, const struct image_file *file, char **path)
{
    char *found;
    enum originals_answer answer = find(run->trace_path, file, &found);
    if (path)
        *path = found;
    else
        free(found);
    if (answer != ORIGINALS_NOT_SEEN)
        return answer;
    const struct originals *originals = &run->originals;
    for (size_t i = 0; i < originals->missed_count; i++)
        if (is_of(&originals->missed[i].name, file))
            switch (originals->missed[i].why) {
            case ORIGINAL_NO_ROOM: return ORIGINALS_NO_ROOM;
            case ORIGINAL_LOCKED: return ORIGINALS_LOCKED;
            default: return ORIGINALS_FAILED;
            }
    return originals->wanted ? ORIGINALS_NOT_SEEN : ORIGINALS_NOT_WANTED;
}

bool originals_state(const char *path, struct image_file_state *state)
{
    struct stat status;
    if (lstat(path, &status))
        return false;
    uint64_t changed = file_changed_ns(&status);
    *state = (struct image_file_state){status.st_dev, status.st_ino, (uint64_t)status.st_size, changed, changed};
    return true;
}

const char *originals_reason(enum originals_answer answer)
{
    switch (answer) {
    case ORIGINALS_NOT_WANTED:
        return "its input was overwritten or removed in the run (imgbench run --keep-originals saves it)";
    case ORIGINALS_NO_ROOM: return "the original did not fit into IMGBENCH_QUOTA";
    case ORIGINALS_LOCKED: return "the program held a lock on the original, which a copy could have ended";
    case ORIGINALS_FAILED: return "the original could not be copied";
    case ORIGINALS_CHANGED: return "the original was changed after it was kept";
    case ORIGINALS_NOT_SEEN: return "its input is gone, and the trace has kept none of it";
    default: return NULL;
    }
}

/* ---- after the run ---- */

static bool is_known_image(int directory, const char *entry)
{
    struct image_file_state state;
    struct image_facts facts;
    char path[300];
    snprintf(path, sizeof path, "/proc/self/fd/%d/%s", directory, entry);
    return originals_state(path, &state) && image_file_parse(path, &state, &facts);
}

static bool begins_as_image(const char *head, size_t bytes)
{
    static const char *const starts[] = {"%PDF", "%!PS", "#?RADIANCE", "/* XPM", "#define", "SIMPLE"};
    if (bytes >= 2 && head[0] == 'P' && head[1] >= '1' && head[1] <= '7')
        return true;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (bytes >= strlen(starts[i]) && !memcmp(head, starts[i], strlen(starts[i])))
            return true;
    return false;
}

/* Formats that have no parser here are images, too: only text is none, and not all of it. */
static bool is_plain_text(int directory, const char *entry)
{
    char head[4096];
    int fd = openat(directory, entry, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    ssize_t bytes = fd < 0 ? -1 : pread(fd, head, sizeof head, 0);
    if (fd >= 0)
        close(fd);
    for (ssize_t i = 0; i < bytes; i++)
        if ((unsigned char)head[i] < 0x20 && (!head[i] || !strchr("\t\n\r\f\v\x1b", head[i])))
            return false;
    return bytes > 0 && !begins_as_image(head, (size_t)bytes);
}

/* What a process that is gone has left of a copy: ".NAME-PID-…". Sees how long the copy would have been. */
static bool is_left_over(const char *entry, uint64_t *bytes)
{
    char text[ORIGINAL_NAME_BYTES];
    struct original_name name;
    const char *end = entry;
    for (int dashes = 0; dashes < 4; dashes++)
        if (!(end = strchr(end + 1, '-')))
            return false;
    size_t length = (size_t)(end - entry - 1);
    if (*entry != '.' || length >= sizeof text)
        return false;
    memcpy(text, entry + 1, length);
    text[length] = '\0';
    long pid = strtol(end + 1, NULL, 10);
    if (!original_name_parse(text, &name) || pid <= 0 || pid > INT_MAX || !kill((pid_t)pid, 0) || errno != ESRCH)
        return false;
    *bytes = name.bytes;
    return true;
}

/* Looks at one. Returns the bytes of the quota that come back. */
static uint64_t prune(int directory, const char *entry, struct originals_sum *sum)
{
    struct original_name name;
    struct stat status;
    uint64_t bytes = 0;
    if (is_left_over(entry, &bytes))
        return unlinkat(directory, entry, 0) ? 0 : bytes;
    if (!original_name_parse(entry, &name))
        return 0;
    if (is_unchanged(directory, entry, &name, &status) &&
        (is_known_image(directory, entry) || !is_plain_text(directory, entry))) {
        sum->count++;
        sum->bytes += name.bytes;
        return 0;
    }
    return unlinkat(directory, entry, 0) ? 0 : name.bytes;
}

void originals_prune(const char *trace, struct originals_sum *sum)
{
    struct trace_control *control;
    if (writer_directory_map(trace, &control))
        return;
    DIR *directory = control->keeps ? open_originals(trace) : NULL;
    const struct dirent *entry;
    uint64_t removed = 0;
    while (directory && (entry = readdir(directory)))
        removed += prune(dirfd(directory), entry->d_name, sum);
    if (directory)
        closedir(directory);
    __atomic_fetch_sub(&control->bytes_used, removed, __ATOMIC_RELAXED); /* programs that go on may use the room */
    munmap(control, TRACE_CONTROL_BYTES);
}

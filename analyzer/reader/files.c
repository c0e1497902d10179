/* SPDX-License-Identifier: MIT
 * Owns: which files of a directory are the packets of a trace, its control page.
 * Must not know: records, time order. */
#include "analyzer/reader/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* O_NONBLOCK: opening a FIFO that somebody put there must not wait for a writer. */
#define OPEN_FILE (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)

/* Reads a decimal number without leading zeros up to limit; returns what follows it, or NULL. */
static const char *number(const char *text, uint64_t limit, uint64_t *value)
{
    if (*text < '0' || *text > '9' || (*text == '0' && text[1] >= '0' && text[1] <= '9'))
        return NULL;
    for (*value = 0; *text >= '0' && *text <= '9'; text++) {
        uint64_t digit = (uint64_t)(*text - '0');
        if (*value > (limit - digit) / 10)
            return NULL;
        *value = *value * 10 + digit;
    }
    return text;
}

static bool packet_name(const char *name, struct reader_packet *packet)
{
    uint64_t stream, sequence;
    const char *at = number(name, UINT32_MAX, &stream);
    if (!at || *at++ != '.' || !(at = number(at, UINT32_MAX, &sequence)) || *at)
        return false;
    *packet = (struct reader_packet){(uint32_t)stream, (uint32_t)sequence};
    return true;
}

static bool process_name(const char *name, struct reader_process *process)
{
    uint64_t pid, start_ns;
    const char *at = number(name, INT32_MAX, &pid);
    if (!at || *at++ != '-' || !(at = number(at, UINT64_MAX, &start_ns)) || *at)
        return false;
    *process = (struct reader_process){.pid = (uint32_t)pid, .start_ns = start_ns};
    return true;
}

/* Room for one more element than count; capacities are powers of two and need no variable. NULL: not enough memory,
 * and the array is as it was. */
static void *grown(void *array, size_t count, size_t size)
{
    return count & (count - 1) ? array : realloc(array, (count ? count * 2 : 1) * size);
}

static int by_stream(const void *left, const void *right)
{
    const struct reader_packet *a = left, *b = right;
    if (a->stream != b->stream)
        return a->stream < b->stream ? -1 : 1;
    return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

static int by_start(const void *left, const void *right)
{
    const struct reader_process *a = left, *b = right;
    if (a->start_ns != b->start_ns)
        return a->start_ns < b->start_ns ? -1 : 1;
    return (a->pid > b->pid) - (a->pid < b->pid);
}

/* Takes the descriptor over. */
static int list_packets(struct reader_process *process, int fd)
{
    DIR *directory = fdopendir(fd);
    struct dirent *entry;
    int result = 0;
    if (!directory) {
        close(fd);
        return -1;
    }
    while (!result && (entry = readdir(directory))) {
        struct reader_packet packet;
        process->described = process->described || !strcmp(entry->d_name, "metadata");
        if (!packet_name(entry->d_name, &packet))
            continue;
        struct reader_packet *larger = grown(process->packets, process->packet_count, sizeof packet);
        if (larger) {
            process->packets = larger;
            larger[process->packet_count++] = packet;
        } else {
            result = -1;
        }
    }
    closedir(directory);
    if (process->packet_count)
        qsort(process->packets, process->packet_count, sizeof *process->packets, by_stream);
    return result;
}

static int add_process(struct reader_files *files, struct reader_process process, const char *name, int fd)
{
    struct reader_process *larger = grown(files->processes, files->process_count, sizeof process);
    if (larger) {
        files->processes = larger;
        process.name = strdup(name);
    }
    if (!process.name) {
        close(fd);
        return -1;
    }
    larger[files->process_count] = process;
    return list_packets(&larger[files->process_count++], fd);
}

static int list_processes(struct reader_files *files, DIR *directory, struct reader_report *report)
{
    struct dirent *entry;
    while ((entry = readdir(directory))) {
        struct reader_process process;
        if (!process_name(entry->d_name, &process))
            continue;
        int fd = openat(dirfd(directory), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0) {
            char path[READER_PATH_MAX];
            snprintf(path, sizeof path, "%s/%s", files->root, entry->d_name);
            reader_report_damage(report, READER_NO_PROCESS, path, 0, "this process cannot be read: %s",
                                 errno == ENOTDIR || errno == ELOOP ? "not a directory" : strerror(errno));
            continue;
        }
        if (add_process(files, process, entry->d_name, fd))
            return -1;
    }
    if (files->process_count)
        qsort(files->processes, files->process_count, sizeof *files->processes, by_start);
    return 0;
}

static bool read_control(struct reader_files *files, struct reader_report *report)
{
    char path[READER_PATH_MAX];
    struct trace_control control = {0};
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", files->root, TRACE_CONTROL_NAME);
    int fd = open(path, OPEN_FILE);
    if (fd < 0) {
        if (errno != ENOENT)
            reader_report_damage(report, READER_NO_PROCESS, path, 0, "the control page cannot be read: %s",
                                 errno == ELOOP ? "a symbolic link" : strerror(errno));
        return false;
    }
    bool regular = !fstat(fd, &status) && S_ISREG(status.st_mode);
    bool whole = regular && pread(fd, &control, sizeof control, 0) == sizeof control;
    close(fd);
    if (!whole || control.magic != TRACE_CONTROL_MAGIC) {
        reader_report_damage(report, READER_NO_PROCESS, path, 0, "not the control page of a trace; it is not used");
        return false;
    }
    files->control = control;
    return true;
}

/* A process directory given by itself: its parent is the root, and holds the control page. */
static int list_one_process(struct reader_files *files, const char *path, int fd)
{
    struct reader_process process = {0};
    char *full = realpath(path, NULL);
    char *name = full ? strrchr(full, '/') : NULL;
    if (!name) {
        free(full);
        close(fd);
        return -1;
    }
    if (!process_name(name + 1, &process))
        process = (struct reader_process){0};
    int result = add_process(files, process, name + 1, fd);
    *name = '\0';
    free(files->root);
    files->root = full;
    return result;
}

static size_t packets_in(const struct reader_files *files)
{
    size_t count = 0;
    for (size_t i = 0; i < files->process_count; i++)
        count += files->processes[i].packet_count;
    return count;
}

/* The first line is the only one: what, where, what to do. */
static int refuse(char *error, size_t capacity, const char *path, const char *what)
{
    snprintf(error, capacity, "%s: %s", path, what);
    return -1;
}

/* We need none, but no other reader of CTF can do without. The library writes it before the first packet. */
static void check_metadata(const struct reader_files *files, struct reader_report *report)
{
    char path[READER_PATH_MAX];
    for (size_t i = 0; i < files->process_count; i++) {
        const struct reader_process *process = &files->processes[i];
        snprintf(path, sizeof path, "%s/%s/metadata", files->root, process->name);
        if (process->packet_count && !process->described)
            reader_report_damage(report, READER_NO_PROCESS, path, 0,
                                 "this file is missing: babeltrace2 and the like cannot read the trace without it");
    }
}

#define NONE_WRITTEN                                                                                                   \
    ": the run saw no image, did not load the library (as static and setuid programs), or could not write there; run " \
    "it again with IMGBENCH_DIR in a place that it may write to"

static bool is_empty(const char *path)
{
    DIR *directory = opendir(path);
    const struct dirent *entry = directory ? readdir(directory) : NULL;
    while (entry && entry->d_name[strspn(entry->d_name, ".")] == '\0')
        entry = readdir(directory);
    if (directory)
        closedir(directory);
    return directory && !entry;
}

static int refuse_without_packets(const struct reader_files *files, const struct reader_report *report, bool control,
                                  char *error, size_t capacity, const char *path)
{
    uint32_t lost = control ? files->control.lost_processes : 0;
    if (!lost && control && files->control.state == TRACE_STATE_PAUSED)
        return refuse(
            error, capacity, path,
            "nothing was recorded yet: its programs were started with IMGBENCH_START=paused; 'imgbench start' "
            "lets them record");
    if (!lost)
        return refuse(error, capacity, path,
                      control || report->count
                          ? "the trace has no records; run the program again and let it read or write an image"
                      : is_empty(path) ? "an empty directory" NONE_WRITTEN
                                       : "not a trace; give the trace directory that a traced run made");
    snprintf(error, capacity,
             "%s: the trace has no records: %" PRIu32
             " process%s could not write any, as the disk was full or the %" PRIu64
             " bytes of IMGBENCH_QUOTA too few; run it again with more room",
             path, lost, lost == 1 ? "" : "es", files->control.quota_bytes);
    return -1;
}

int reader_files_list(struct reader_files *files, const char *path, struct reader_report *report, char *error,
                      size_t capacity)
{
    static const char no_memory[] = "not enough memory to list the trace";
    *files = (struct reader_files){.root = strdup(path)};
    if (!files->root)
        return refuse(error, capacity, path, no_memory);
    for (size_t n = strlen(path); n > 1 && files->root[n - 1] == '/'; n--)
        files->root[n - 1] = '\0';
    report->root_bytes = strlen(files->root) + 1;
    if (strlen(path) >= PATH_MAX)
        return refuse(error, capacity, path, "the path is too long; change into a directory nearer to the trace");
    DIR *directory = opendir(path);
    if (!directory && errno == ENOENT)
        return refuse(error, capacity, path, "no such directory" NONE_WRITTEN);
    if (!directory && errno == ENOTDIR)
        return refuse(error, capacity, path, "not a directory; give the trace directory that a traced run made");
    if (!directory) {
        snprintf(error, capacity, "%s: the directory cannot be read: %s", path, strerror(errno));
        return -1;
    }
    int result = list_processes(files, directory, report);
    bool control = read_control(files, report);
    if (!result && !files->process_count && !control) {
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        result = fd < 0 ? -1 : list_one_process(files, path, fd);
        report->root_bytes = strlen(files->root) + 1;
        if (!result && packets_in(files))
            control = read_control(files, report);
    }
    closedir(directory);
    if (result)
        return refuse(error, capacity, path, no_memory);
    if (control && files->control.version != TRACE_VERSION) {
        snprintf(error, capacity, "%s: made by a trace format %" PRIu32 ", this imgbench reads %d", path,
                 files->control.version, TRACE_VERSION);
        return -1;
    }
    if (!packets_in(files))
        return refuse_without_packets(files, report, control, error, capacity, path);
    check_metadata(files, report);
    return 0;
}

void reader_files_release(struct reader_files *files)
{
    for (size_t i = 0; i < files->process_count; i++) {
        free(files->processes[i].name);
        free(files->processes[i].packets);
    }
    free(files->processes);
    free(files->root);
}

void reader_files_path(const struct reader_files *files, size_t process, struct reader_packet packet,
                       char path[READER_PATH_MAX])
{
    snprintf(path, READER_PATH_MAX, "%s/%s/%" PRIu32 ".%" PRIu32, files->root, files->processes[process].name,
             packet.stream, packet.sequence);
}

int reader_files_open(const struct reader_files *files, size_t process, struct reader_packet packet,
                      struct reader_report *report, uint64_t *bytes)
{
    char path[READER_PATH_MAX];
    struct stat status;
    const char *what = NULL;
    snprintf(path, sizeof path, "%s/%s", files->root, files->processes[process].name);
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    char name[32];
    snprintf(name, sizeof name, "%" PRIu32 ".%" PRIu32, packet.stream, packet.sequence);
    int fd = directory < 0 ? -1 : openat(directory, name, OPEN_FILE);
    if (fd < 0)
        what = errno == ELOOP ? "a symbolic link, which is not followed" : strerror(errno);
    else if (fstat(fd, &status))
        what = strerror(errno);
    else if (!S_ISREG(status.st_mode))
        what = "not a regular file";
    if (directory >= 0)
        close(directory);
    if (what) {
        reader_files_path(files, process, packet, path);
        reader_report_damage(report, process, path, 0, "this packet cannot be read: %s", what);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    *bytes = (uint64_t)status.st_size;
    return fd;
}

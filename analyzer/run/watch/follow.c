/* SPDX-License-Identifier: MIT
 * Owns: what a trace says while it is being written: files that images were read from and written to so far.
 * Must not know: inference; terminals. A glance, not a report: files are counted as they are closed. */
#include "analyzer/run/watch/follow.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/memory.h"
#include "trace/trace.h"

#define READ_MOST  (UINT64_C(4) << 20) /* bytes of records at one time */
#define PIECE      (UINT64_C(64) << 10)
#define FILES_OPEN 256 /* per process that are told apart; of more, images go unseen here */

struct open_file {
    uint32_t number;
    bool read, written;
    uint64_t device, inode, bytes; /* at open */
    char name[256];
};
struct stream {
    uint32_t number, sequence;
    uint64_t at; /* in packet `sequence`; 0 = not begun */
};
struct followed {
    char *name; /* of its directory: "<pid>-<start>" */
    bool ended, has_image;
    struct stream *streams;
    size_t streams_count, streams_capacity;
    struct open_file *files;
    size_t files_count, files_capacity;
};
struct source {
    uint64_t device, inode, bytes;
};
struct follow {
    char path[PATH_MAX];
    void *processes; /* tree(3) of struct followed, by name */
    void *sources;   /* of struct source: those that have been counted */
    struct follow_glance glance;
    uint64_t left; /* bytes that may still be read this time */
    char piece[PIECE];
};

static int by_name(const void *left, const void *right)
{
    return strcmp(((const struct followed *)left)->name, ((const struct followed *)right)->name);
}

static int by_file(const void *left, const void *right)
{
    return memcmp(left, right, sizeof(struct source));
}

struct follow *follow_begin(const char *trace)
{
    struct follow *follow = memory_zeroed(1, sizeof *follow);
    snprintf(follow->path, sizeof follow->path, "%s", trace);
    return follow;
}

static void release(void *node)
{
    struct followed *process = node;
    free(process->name);
    free(process->streams);
    free(process->files);
    free(process);
}

void follow_end(struct follow *follow)
{
    if (follow) {
        tdestroy(follow->processes, release);
        tdestroy(follow->sources, free);
    }
    free(follow);
}

/* ---- what records say ---- */

static struct open_file *file_of(struct followed *process, uint32_t number)
{
    for (size_t i = 0; i < process->files_count; i++)
        if (process->files[i].number == number)
            return &process->files[i];
    return NULL;
}

static void opened(struct followed *process, const struct trace_open *open)
{
    if (!open->file || process->files_count >= FILES_OPEN || file_of(process, open->file))
        return;
    struct open_file *file = MEMORY_APPEND(process, files);
    size_t from = (size_t)open->path.bytes;
    while (from && open->path.data[from - 1] != '/')
        from--;
    *file =
        (struct open_file){.number = open->file, .device = open->device, .inode = open->inode, .bytes = open->bytes};
    snprintf(file->name, sizeof file->name, "%.*s", (int)(open->path.bytes - from), open->path.data + from);
}

static void seen(struct follow *follow, struct followed *process, const struct trace_head *head)
{
    struct open_file *file = file_of(process, head->file);
    if (!file)
        return;
    file->read |= head->direction == trace_direction_IN;
    file->written |= head->direction == trace_direction_OUT;
    process->has_image = true;
    memcpy(follow->glance.current, file->name, sizeof file->name);
}

/* Whether a source is read for the first time: tools look at a head and open the file again, or make several sizes. */
static bool is_new(struct follow *follow, const struct open_file *file, uint64_t bytes)
{
    struct source *source = memory_zeroed(1, sizeof *source);
    *source = (struct source){.device = file->device, .inode = file->inode, .bytes = bytes};
    struct source *const *known = memory_checked(tsearch(source, &follow->sources, by_file));
    if (*known == source)
        return true;
    free(source);
    return false;
}

static void closed(struct follow *follow, struct followed *process, const struct trace_close *close)
{
    struct open_file *file = file_of(process, close->file);
    if (!file || !(close->last || close->at_exit))
        return;
    uint64_t bytes = close->bytes != TRACE_UNKNOWN ? close->bytes : file->bytes != TRACE_UNKNOWN ? file->bytes : 0;
    if (file->written) {
        follow->glance.written++;
        follow->glance.bytes_out += bytes;
    } else if (file->read && is_new(follow, file, bytes)) {
        follow->glance.bytes_in += bytes;
    }
    *file = process->files[--process->files_count];
}

static void take(struct follow *follow, struct followed *process, const struct trace_record *record)
{
    switch (record->kind) {
    case TRACE_KIND_open: opened(process, &record->open); break;
    case TRACE_KIND_head: seen(follow, process, &record->head); break;
    case TRACE_KIND_close: closed(follow, process, &record->close); break;
    case TRACE_KIND_process_end: process->ended = true; break;
    default: break;
    }
}

/* ---- bytes ---- */

/* Reads on in the packet the stream is in. False when there is nothing more of it now. */
static bool read_piece(struct follow *follow, struct followed *process, struct stream *stream, int file)
{
    struct trace_packet_header header;
    if (pread(file, &header, sizeof header, 0) != sizeof header || header.magic != TRACE_MAGIC)
        return false;
    uint64_t end = header.content_size / 8;
    if (stream->at < sizeof header)
        stream->at = sizeof header;
    if (end <= stream->at || !follow->left)
        return false;
    uint64_t wanted = end - stream->at < PIECE ? end - stream->at : PIECE;
    ssize_t bytes = pread(file, follow->piece, wanted, (off_t)stream->at);
    size_t at = 0, used;
    struct trace_record record;
    while (bytes > 0 && at < (size_t)bytes && !trace_decode(follow->piece + at, (size_t)bytes - at, &record, &used)) {
        take(follow, process, &record);
        at += used;
    }
    stream->at += at;
    follow->left -= at < follow->left ? at : follow->left;
    return at > 0;
}

/* A packet is done with when the next one of its stream is there. */
static void read_stream(struct follow *follow, struct followed *process, struct stream *stream)
{
    for (;;) {
        char name[PATH_MAX + 64], next[PATH_MAX + 64];
        snprintf(name, sizeof name, "%s/%s/%u.%u", follow->path, process->name, stream->number, stream->sequence);
        snprintf(next, sizeof next, "%s/%s/%u.%u", follow->path, process->name, stream->number, stream->sequence + 1);
        bool more = !access(next, F_OK); /* asked first: what is in this one then is all there will be */
        int file = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        while (file >= 0 && read_piece(follow, process, stream, file)) {
        }
        if (file >= 0)
            close(file);
        if (!more || !follow->left)
            return;
        stream->sequence++;
        stream->at = 0;
    }
}

static void add_stream(struct followed *process, const char *name)
{
    unsigned number, sequence;
    char behind;
    if (sscanf(name, "%u.%u%c", &number, &sequence, &behind) != 2 || sequence != 0)
        return;
    for (size_t i = 0; i < process->streams_count; i++)
        if (process->streams[i].number == number)
            return;
    *MEMORY_APPEND(process, streams) = (struct stream){.number = number};
}

static void read_process(struct follow *follow, const char *name)
{
    struct followed wanted = {.name = (char *)name};
    struct followed *const *known = tfind(&wanted, &follow->processes, by_name);
    struct followed *process = known ? *known : NULL;
    if (!process) {
        process = memory_zeroed(1, sizeof *process);
        process->name = memory_text(name, strlen(name));
        memory_checked(tsearch(process, &follow->processes, by_name));
    }
    if (process->ended)
        return;
    char path[PATH_MAX + 64];
    struct dirent *entry;
    snprintf(path, sizeof path, "%s/%.60s", follow->path, name);
    DIR *directory = opendir(path);
    while (directory && (entry = readdir(directory)))
        if (entry->d_name[0] != '.')
            add_stream(process, entry->d_name);
    if (directory)
        closedir(directory);
    for (size_t i = 0; i < process->streams_count; i++)
        read_stream(follow, process, &process->streams[i]);
    if (!process->ended && kill(atoi(process->name), 0) && errno == ESRCH)
        process->ended = true; /* killed: what it wrote has been read above */
    follow->glance.working += process->has_image && !process->ended;
}

void follow_read(struct follow *follow, struct follow_glance *glance)
{
    struct dirent *entry;
    DIR *directory = opendir(follow->path);
    follow->left = READ_MOST;
    follow->glance.working = 0;
    while (directory && (entry = readdir(directory)))
        if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
            read_process(follow, entry->d_name);
    if (directory)
        closedir(directory);
    *glance = follow->glance;
}

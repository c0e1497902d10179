/* SPDX-License-Identifier: MIT
 * Owns: names in the file system: absolute paths, the image files behind them, renames and removals.
 * Must not know: jobs' stages beyond cleanup, figures. */
#include "analyzer/infer_state.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CHAINS 65536

/* Removes "//", "/./" and "/../" by the text alone: the directories may be gone by now. */
static void tidy(char *path)
{
    char *out = path;
    for (const char *at = path; *at;) {
        while (*at == '/')
            at++;
        size_t length = strcspn(at, "/");
        if (length == 2 && at[0] == '.' && at[1] == '.') {
            while (out > path && *--out != '/')
                ;
        } else if (length && !(length == 1 && at[0] == '.')) {
            *out++ = '/';
            memmove(out, at, length);
            out += length;
        }
        at += length;
    }
    if (out == path)
        *out++ = '/';
    *out = '\0';
}

char *infer_absolute(const struct event *event, const struct trace_text *path, int directory_fd)
{
    const char *base = "";
    if (path->bytes && path->data[0] != '/') {
        if (directory_fd == AT_FDCWD) {
            base = event->model->cwd ? event->model->cwd : "";
        } else {
            const struct description *d = id_map_get(&event->process->directories, (uint32_t)directory_fd + 1);
            if (d)
                base = d->path;
        }
    }
    bool named = memchr(path->data, '/', path->bytes) || base[0]; /* else "pipe:[1]" and the like */
    size_t base_length = strlen(base);
    char *text = memory_zeroed(base_length + path->bytes + 2, 1);
    memcpy(text, base, base_length);
    if (base_length)
        text[base_length++] = '/';
    memcpy(text + base_length, path->data, path->bytes);
    if (named && text[0] == '/')
        tidy(text);
    return text;
}

static uint32_t hash_inode(uint64_t device, uint64_t inode)
{
    return (uint32_t)((device * 31 + inode) * UINT64_C(0x9E3779B97F4A7C15) >> 48);
}

static uint32_t hash_path(const char *path)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (; *path; path++)
        hash = (hash ^ (unsigned char)*path) * UINT64_C(1099511628211);
    return (uint32_t)(hash >> 48);
}

static void make_chains(struct infer *infer)
{
    if (infer->inode_heads)
        return;
    infer->inode_heads = memory_zeroed(CHAINS, sizeof *infer->inode_heads);
    infer->path_heads = memory_zeroed(CHAINS, sizeof *infer->path_heads);
    memset(infer->inode_heads, 0xff, CHAINS * sizeof *infer->inode_heads);
    memset(infer->path_heads, 0xff, CHAINS * sizeof *infer->path_heads);
}

/* Newest surviving file of a path, or NO_ID. */
static uint32_t by_path(const struct infer *infer, const char *path)
{
    if (!infer->path_heads)
        return NO_ID;
    for (uint32_t id = infer->path_heads[hash_path(path)]; id != NO_ID; id = infer->path_next[id])
        if (infer->run->files[id].survives && strcmp(infer->path_now[id], path) == 0)
            return id;
    return NO_ID;
}

uint32_t infer_known_file(const struct infer *infer, const struct description *d)
{
    if (!infer->inode_heads)
        return NO_ID;
    for (uint32_t id = infer->inode_heads[hash_inode(d->device, d->inode)]; id != NO_ID; id = infer->inode_next[id]) {
        const struct image_file *file = &infer->run->files[id];
        if (file->device != d->device || file->inode != d->inode || !file->survives)
            continue;
        if (file->bytes == UNKNOWN || d->opened_bytes == UNKNOWN || file->bytes == d->opened_bytes)
            return id;
    }
    return NO_ID;
}

/* Room for one more element in an array that has as many places as chain_capacity says. */
static void *with_room(const struct infer *infer, void *array, size_t size)
{
    size_t capacity = infer->chain_capacity;
    memory_grow(&array, &capacity, infer->run->file_count, size);
    return array;
}

static void grow_chains(struct infer *infer)
{
    infer->inode_next = with_room(infer, infer->inode_next, sizeof(uint32_t));
    infer->path_next = with_room(infer, infer->path_next, sizeof(uint32_t));
    infer->path_now = with_room(infer, infer->path_now, sizeof(char *));
    void *written = infer->written; /* the last one: takes the new capacity over */
    memory_grow(&written, &infer->chain_capacity, infer->run->file_count, sizeof *infer->written);
    infer->written = written;
}

static void put_under_path(struct infer *infer, uint32_t id)
{
    uint32_t *head = &infer->path_heads[hash_path(infer->path_now[id])];
    infer->path_next[id] = *head;
    *head = id;
}

static void take_from_chain(uint32_t *at, uint32_t *next, uint32_t id)
{
    while (*at != NO_ID && *at != id)
        at = &next[*at];
    if (*at == id)
        *at = next[id];
}

static void take_from_path(struct infer *infer, uint32_t id)
{
    take_from_chain(&infer->path_heads[hash_path(infer->path_now[id])], infer->path_next, id);
}

/* Nobody can find it any more: names and inodes that are used again and again do not make the chains long. */
static void file_gone(struct infer *infer, uint32_t id)
{
    struct image_file *file = &infer->run->files[id];
    file->survives = false;
    take_from_path(infer, id);
    take_from_chain(&infer->inode_heads[hash_inode(file->device, file->inode)], infer->inode_next, id);
}

/* As the kernel names what has no name. */
static char *name_of(const struct description *d)
{
    char name[40];
    if (!d->stream || d->named)
        return memory_text(d->path, strlen(d->path));
    int length = snprintf(name, sizeof name, "%s:[%" PRIu64 "]", S_ISSOCK(d->mode) ? "socket" : "pipe", d->inode);
    return memory_text(name, (size_t)length);
}

static void put_in_chains(struct infer *infer, const struct description *d, uint32_t id)
{
    uint32_t *head = &infer->inode_heads[hash_inode(d->device, d->inode)];
    infer->inode_next[id] = *head;
    *head = id;
    put_under_path(infer, id);
}

uint32_t infer_new_file(struct infer *infer, const struct description *d, const struct image_facts *facts)
{
    struct run *run = infer->run;
    make_chains(infer);
    uint32_t replaced = d->stream ? NO_ID : by_path(infer, d->path);
    if (replaced != NO_ID)
        file_gone(infer, replaced); /* its content is gone, under whatever inode */
    void *files = run->files;
    memory_grow(&files, &infer->files_capacity, run->file_count, sizeof *run->files);
    run->files = files;
    grow_chains(infer);
    uint32_t id = (uint32_t)run->file_count++;
    struct image_file *file = &run->files[id];
    *file = (struct image_file){
        .path = name_of(d),
        .kind = S_ISFIFO(d->mode)   ? d->fd == 0 ? FILE_KIND_STDIN : FILE_KIND_PIPE
                : S_ISSOCK(d->mode) ? FILE_KIND_SOCKET
                                    : FILE_KIND_FILE,
        .role = FILE_ROLE_SOURCE,
        .facts = *facts,
        .bytes = (d->flags & O_ACCMODE) == O_RDONLY && !d->stream ? d->opened_bytes : UNKNOWN,
        .device = d->device,
        .inode = d->inode,
        .survives = true,
    };
    infer->path_now[id] = name_of(d);
    infer->written[id] = d->out_job != NULL;
    if (!d->stream) /* one name, one inode, many images: nothing is found by them */
        put_in_chains(infer, d, id);
    return id;
}

static void renamed(struct event *event)
{
    const struct trace_path *path = &event->record->path;
    struct infer *infer = event->infer;
    char *from = infer_absolute(event, &path->from, path->from_directory_fd);
    char *to = infer_absolute(event, &path->to, path->to_directory_fd);
    make_chains(infer);
    uint32_t moved = by_path(infer, from), replaced = by_path(infer, to);
    if (replaced != NO_ID && replaced != moved)
        file_gone(infer, replaced);
    if (moved != NO_ID) {
        take_from_path(infer, moved);
        free(infer->path_now[moved]);
        infer->path_now[moved] = to;
        if (infer->written[moved]) {
            free(infer->run->files[moved].path);
            infer->run->files[moved].path = memory_text(to, strlen(to));
        }
        put_under_path(infer, moved);
        to = NULL;
    }
    free(from);
    free(to);
}

static void removed(struct event *event)
{
    const struct trace_path *path = &event->record->path;
    char *name = infer_absolute(event, &path->from, path->from_directory_fd);
    uint32_t gone = by_path(event->infer, name);
    if (gone != NO_ID)
        file_gone(event->infer, gone);
    free(name);
}

void infer_path_record(struct event *event)
{
    if (event->record->kind == TRACE_KIND_chdir) {
        free(event->model->cwd);
        event->model->cwd = memory_text(event->record->chdir.path.data, event->record->chdir.path.bytes);
        return;
    }
    const struct trace_path *path = &event->record->path;
    struct job *job = event->thread->current;
    if (job && !path->session) {
        bool output_done = job->output_closed || job->write_seen;
        uint64_t length = event->end_ns - event->start_ns;
        *(output_done ? &job->stage_ns[STAGE_CLEANUP] : &job->other_ns) += length;
        infer_time_call(event, job, event->start_ns, event->end_ns, length);
    }
    if (path->error)
        return;
    if (path->op == trace_path_op_RENAME)
        renamed(event);
    else if (path->op == trace_path_op_UNLINK)
        removed(event);
}

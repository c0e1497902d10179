/* SPDX-License-Identifier: MIT
 * Owns: names in the file system: absolute paths, the image files behind them, renames and removals.
 * Must not know: jobs' stages beyond cleanup, figures. */
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/base/memory.h"
#include "analyzer/infer/parts/paths.h"
#include "analyzer/infer/parts/time.h"

#define CHAINS      65536
#define CHAIN_SHARE 65536 /* of the 32-bit hashes, per chain */

/* Removes "//", "/./" and "/../" by the text alone: the directories may be gone by now. An empty path becomes "/". */
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

/* How much of an absolute path is the process's root directory: no ".." leads out of it. */
static size_t root_part(const struct process_state *process, const char *path)
{
    size_t length = process->root ? strlen(process->root) : 0;
    return length && strncmp(path, process->root, length) == 0 && (path[length] == '/' || !path[length]) ? length : 0;
}

char *infer_absolute(const struct event *event, const struct trace_text *path, int directory_fd)
{
    const char *base = "";
    if (path->bytes && path->data[0] == '/') {
        base = event->process->root ? event->process->root : "";
    } else if (path->bytes) {
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
    char *text = memory_zeroed(base_length + path->bytes + 3, 1); /* "/" between, "/" behind the root, the end */
    memcpy(text, base, base_length);
    if (base_length)
        text[base_length++] = '/';
    memcpy(text + base_length, path->data, path->bytes);
    if (named && text[0] == '/')
        tidy(text + root_part(event->process, text));
    return text;
}

/* A directory as getcwd says it: from the root of the process, or marked as outside of it. */
static char *directory(const struct process_state *process, const struct trace_text *path)
{
    static const char outside[] = "(unreachable)";
    size_t skip = sizeof outside - 1;
    if (path->bytes > skip && memcmp(path->data, outside, skip) == 0)
        return memory_text(path->data + skip, path->bytes - skip);
    const char *root = process->root && path->bytes && path->data[0] == '/' ? process->root : "";
    size_t length = strlen(root);
    char *text = memory_zeroed(length + path->bytes + 1, 1);
    memcpy(text, root, length);
    memcpy(text + length, path->data, path->bytes);
    return text;
}

void infer_path_process_began(struct event *event)
{
    struct process_state *process = event->process;
    const struct process_state *from = process->older && process->older->exec_tid ? process->older
                                       : event->model->parent != NO_ID ? event->infer->processes[event->model->parent]
                                                                       : NULL;
    if (!from || !from->root || process->root)
        return;
    process->root = memory_text(from->root, strlen(from->root));
    char *cwd = event->model->cwd;
    event->model->cwd = directory(process, &(struct trace_text){cwd, strlen(cwd)});
    free(cwd);
}

static void chdir_record(struct event *event)
{
    const struct trace_chdir *chdir = &event->record->chdir;
    struct process_state *process = event->process;
    if (chdir->root) {
        char *root = infer_absolute(event, &chdir->path, AT_FDCWD);
        size_t length = strlen(root);
        if (length > 1 && root[length - 1] == '/')
            root[length - 1] = '\0';
        bool whole = strcmp(root, "/") == 0;
        if (whole || strlen(root) < PATH_MAX) { /* the kernel takes no longer one */
            free(process->root);
            process->root = whole ? NULL : root;
        }
        if (process->root != root)
            free(root);
        return;
    }
    free(event->model->cwd);
    event->model->cwd = directory(process, &chdir->path);
}

static uint32_t hash_inode(uint64_t device, uint64_t inode)
{
    return (uint32_t)((device * 31 + inode) * UINT64_C(0x9E3779B97F4A7C15) >> 32);
}

static uint32_t hash_path(const char *path)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (; *path; path++)
        hash = (hash ^ (unsigned char)*path) * UINT64_C(1099511628211);
    return (uint32_t)(hash >> 32);
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

const char *infer_path_now(const struct infer *infer, uint32_t file)
{
    return infer->path_now[file] ? infer->path_now[file] : infer->run->files[file].path;
}

/* Newest surviving file of a path, or NO_ID. */
static uint32_t by_path(const struct infer *infer, const char *path)
{
    if (!infer->path_heads)
        return NO_ID;
    uint32_t hash = hash_path(path);
    const struct chain_link *links = infer->path_links;
    for (uint32_t id = infer->path_heads[hash / CHAIN_SHARE]; id != NO_ID; id = links[id].next)
        if (links[id].hash == hash && infer->run->files[id].survives && strcmp(infer_path_now(infer, id), path) == 0)
            return id;
    return NO_ID;
}

uint32_t infer_known_file(const struct infer *infer, const struct description *d)
{
    if (!infer->inode_heads)
        return NO_ID;
    uint32_t hash = hash_inode(d->device, d->inode);
    const struct chain_link *links = infer->inode_links;
    for (uint32_t id = infer->inode_heads[hash / CHAIN_SHARE]; id != NO_ID; id = links[id].next) {
        const struct image_file *file = &infer->run->files[id];
        if (links[id].hash != hash || file->device != d->device || file->inode != d->inode || !file->survives)
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
    infer->inode_links = with_room(infer, infer->inode_links, sizeof *infer->inode_links);
    infer->path_links = with_room(infer, infer->path_links, sizeof *infer->path_links);
    infer->path_now = with_room(infer, infer->path_now, sizeof(char *));
    void *written = infer->written; /* the last one: takes the new capacity over */
    memory_grow(&written, &infer->chain_capacity, infer->run->file_count, sizeof *infer->written);
    infer->written = written;
}

static void put_in_chain(uint32_t *heads, struct chain_link *links, uint32_t hash, uint32_t id)
{
    uint32_t *head = &heads[hash / CHAIN_SHARE];
    links[id] = (struct chain_link){*head, hash};
    *head = id;
}

static void take_from_chain(uint32_t *heads, struct chain_link *links, uint32_t hash, uint32_t id)
{
    uint32_t *at = &heads[hash / CHAIN_SHARE];
    while (*at != NO_ID && *at != id)
        at = &links[*at].next;
    if (*at == id)
        *at = links[id].next;
}

static void put_under_path(struct infer *infer, uint32_t id)
{
    put_in_chain(infer->path_heads, infer->path_links, hash_path(infer_path_now(infer, id)), id);
}

static void take_from_path(struct infer *infer, uint32_t id)
{
    take_from_chain(infer->path_heads, infer->path_links, hash_path(infer_path_now(infer, id)), id);
}

/* Nobody can find it any more: names and inodes that are used again and again do not make the chains long. */
static void file_gone(struct infer *infer, uint32_t id)
{
    struct image_file *file = &infer->run->files[id];
    file->survives = false;
    take_from_path(infer, id);
    take_from_chain(infer->inode_heads, infer->inode_links, hash_inode(file->device, file->inode), id);
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
    put_in_chain(infer->inode_heads, infer->inode_links, hash_inode(d->device, d->inode), id);
    put_under_path(infer, id);
}

/* A place for one more. */
static uint32_t add_file(struct infer *infer)
{
    struct run *run = infer->run;
    make_chains(infer);
    void *files = run->files;
    memory_grow(&files, &infer->files_capacity, run->file_count, sizeof *run->files);
    run->files = files;
    grow_chains(infer);
    return (uint32_t)run->file_count++;
}

uint32_t infer_new_file(struct infer *infer, const struct description *d, const struct image_facts *facts)
{
    struct run *run = infer->run;
    make_chains(infer);
    uint32_t replaced = d->stream ? NO_ID : by_path(infer, d->path);
    if (replaced != NO_ID)
        file_gone(infer, replaced); /* its content is gone, under whatever inode */
    uint32_t id = add_file(infer);
    run->files[id] = (struct image_file){
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
        .changed_from_ns = UNKNOWN,
        .changed_to_ns = UNKNOWN,
    };
    infer->written[id] = d->out_job != NULL;
    if (!d->stream) /* one name, one inode, many images: nothing is found by them */
        put_in_chains(infer, d, id);
    return id;
}

uint32_t infer_new_memory(struct infer *infer, const struct image_facts *facts, uint64_t bytes)
{
    uint32_t id = add_file(infer);
    infer->run->files[id] = (struct image_file){
        .path = memory_text("(memory)", 8),
        .kind = FILE_KIND_MEMORY,
        .facts = *facts,
        .bytes = bytes,
        .survives = true,
        .changed_from_ns = UNKNOWN,
        .changed_to_ns = UNKNOWN,
    };
    return id;
}

/* The file has another name now; takes the text. */
static void goes_by(struct infer *infer, uint32_t file, char *name)
{
    take_from_path(infer, file);
    free(infer->path_now[file]);
    infer->path_now[file] = name;
    if (infer->written[file]) {
        free(infer->run->files[file].path);
        infer->run->files[file].path = memory_text(name, strlen(name));
    }
    put_under_path(infer, file);
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
    if (moved != NO_ID)
        goes_by(infer, moved, to);
    else
        free(to);
    free(from);
}

/* The descriptor that a path of /proc, or an empty path and a descriptor, stand for; -1 = none. */
static int descriptor_named(const struct trace_path *path)
{
    static const char proc[] = "/proc/self/fd/";
    if (!path->from.bytes)
        return path->from_directory_fd;
    if (path->from.bytes <= sizeof proc - 1 || memcmp(path->from.data, proc, sizeof proc - 1) != 0)
        return -1;
    int fd = 0;
    for (uint64_t i = sizeof proc - 1; i < path->from.bytes; i++) {
        if (path->from.data[i] < '0' || path->from.data[i] > '9' || fd > 1 << 20)
            return -1;
        fd = fd * 10 + path->from.data[i] - '0';
    }
    return fd;
}

/* A file made without a name (O_TMPFILE) gets its first; a second name of a file that has one changes nothing. */
static void linked(struct event *event)
{
    const struct trace_path *path = &event->record->path;
    int fd = descriptor_named(path);
    const struct description *d;
    for (size_t at = 0; fd >= 0 && (d = id_map_next(&event->process->descriptions, &at));) {
        if (d->fd != fd || d->out_file == NO_ID)
            continue;
        goes_by(event->infer, d->out_file, infer_absolute(event, &path->to, path->to_directory_fd));
        return;
    }
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
        chdir_record(event);
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
    else if (path->op == trace_path_op_LINK)
        linked(event);
    else if (path->op == trace_path_op_UNLINK)
        removed(event);
}

/* SPDX-License-Identifier: MIT
 * Owns: the descriptor table, and the records of opens, closes and image heads. Must not know: codecs, libc signatures.
 * dup shares a description, two opens of one file do not; an open that returns a known number implies a close. */
#include "preload/files/files.h"

#include <limits.h>
#include <string.h>

#include "preload/files/boundary.h"
#include "preload/base/hook.h"
#include "preload/base/system.h"
#include "preload/files/description.h"
#include "preload/files/files_heads.h"
#include "preload/record/definitions.h"
#include "preload/state/arena.h"
#include "preload/state/clock.h"
#include "preload/state/lock.h"
#include "preload/state/process_state.h"
#include "preload/state/thread_state.h"
#include "preload/codecs/calls/call.h"
#include "preload/base/foreign.h"
#include "preload/memory/heap.h"
#include "preload/record/packet.h"
#include "preload/base/text.h"

struct description *_Atomic *_Atomic files_chunks[FILES_CHUNKS];
static _Atomic int chunks_used; /* none from here on has been made */
static _Atomic uint32_t numbers;
static struct thread_lock lock; /* of the free list */
static struct description *free_descriptions;

static struct description *_Atomic *slot_of(int fd, bool make)
{
    if (fd < 0 || fd >= FILES_CHUNK * FILES_CHUNKS)
        return NULL;
    struct description *_Atomic *chunk = atomic_load(&files_chunks[fd / FILES_CHUNK]);
    if (!chunk && make) {
        struct description *_Atomic *fresh = arena_allocate(FILES_CHUNK * sizeof *fresh);
        if (fresh && atomic_compare_exchange_strong(&files_chunks[fd / FILES_CHUNK], &chunk, fresh))
            chunk = fresh;
        int used = atomic_load(&chunks_used);
        while (used <= fd / FILES_CHUNK && !atomic_compare_exchange_weak(&chunks_used, &used, fd / FILES_CHUNK + 1))
            ;
    }
    return chunk ? &chunk[fd % FILES_CHUNK] : NULL;
}

static struct description *description_new(void)
{
    struct description *description = NULL;
    if (thread_lock_take(&lock)) {
        description = free_descriptions;
        if (description)
            free_descriptions = description->next_free;
        thread_lock_give(&lock);
    }
    if (!description && !(description = arena_allocate(sizeof *description)))
        return NULL;
    memset(description, 0, sizeof *description);
    description->buffered_after = -1;
    atomic_store(&description->descriptors, 1);
    description->number = atomic_fetch_add(&numbers, 1) + 1;
    return description;
}

static void description_free(struct description *description)
{
    if (!thread_lock_take(&lock))
        return;
    description->next_free = free_descriptions;
    free_descriptions = description;
    thread_lock_give(&lock);
}

struct description *files_next(int *fd)
{
    int last = atomic_load_explicit(&chunks_used, memory_order_relaxed);
    for (int c = *fd / FILES_CHUNK; c < last; c++) {
        struct description *_Atomic *chunk = atomic_load(&files_chunks[c]);
        for (int i = c == *fd / FILES_CHUNK ? *fd % FILES_CHUNK : 0; chunk && i < FILES_CHUNK; i++) {
            struct description *description = atomic_load_explicit(&chunk[i], memory_order_acquire);
            if (!description)
                continue;
            *fd = c * FILES_CHUNK + i;
            return description;
        }
    }
    return NULL;
}

static void put_close(struct thread *self, struct trace_close *record, struct description *description,
                      uint64_t changed_ns, uint64_t now_ns);

/* Puts a description under fd; what was there unseen closed goes. */
static void enter(struct thread *self, int fd, struct description *description)
{
    struct description *_Atomic *slot = slot_of(fd, true);
    struct description *old = slot ? atomic_exchange(slot, description) : description;
    if (!old)
        return;
    struct trace_close record = {.bytes = TRACE_UNKNOWN, .fd = fd};
    record.last = atomic_fetch_sub(&old->descriptors, 1) == 1;
    if (slot) /* closed where nobody saw it: the kernel would not have given its number away otherwise */
        put_close(self, &record, old, TRACE_UNKNOWN, thread_now_ns());
    if (record.last)
        description_free(old);
}

static void fill_status(struct trace_open *record, int fd, struct description *description)
{
    struct stat status;
    record->bytes = TRACE_UNKNOWN;
    if (system_stat_fd(fd, &status) != 0)
        return;
    record->device = status.st_dev;
    record->inode = status.st_ino;
    record->mode = status.st_mode;
    description->regular = S_ISREG(status.st_mode);
    description->device = !S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode) && !S_ISSOCK(status.st_mode);
    if (description->regular)
        record->bytes = (uint64_t)status.st_size;
}

struct description *files_find(struct thread *self, int fd)
{
    struct description *description = NULL;
    if (fd < 0)
        return NULL;
    struct stat status;
    if (system_stat_fd(fd, &status) != 0 || !(description = description_new()))
        return NULL;
    char name[40], *path = self->scratch;
    struct text text = text_begin(name, sizeof name);
    text_add(&text, "/proc/self/fd/");
    text_add_number(&text, (uint64_t)fd, 1);
    long n = system_read_link(name, path, 4096);
    struct trace_open record = {
        .file = description->number,
        .fd = fd,
        .directory_fd = AT_FDCWD,
        .session = codec_call_session(self),
        .origin = trace_origin_INHERITED,
        .path = {path, n > 0 ? (uint64_t)n : 0},
    };
    long flags = SYSTEM3(SYS_fcntl, fd, F_GETFL, 0);
    record.flags = flags > 0 ? (uint32_t)flags : 0;
    fill_status(&record, fd, description);
    description->position = description->regular ? system_position(fd) : 0;
    enter(self, fd, description);
    packet_put(self, TRACE_KIND_open, thread_now_ns(), &record);
    return description;
}

void files_opened(struct thread *self, const struct files_opening *opening)
{
    uint64_t now_ns = thread_now_ns();
    struct description *description = NULL;
    struct trace_open record = {
        .duration_ns = now_ns - opening->start_ns,
        .bytes = TRACE_UNKNOWN,
        .fd = opening->fd,
        .directory_fd = opening->directory,
        .flags = (uint32_t)opening->flags,
        .session = codec_call_session(self),
        .hook = (uint16_t)opening->hook,
        .error = (uint16_t)opening->error,
        .origin = trace_origin_OPENED,
        .stdio = opening->stream != NULL,
    };
    if (opening->fd < 0 && opening->error == EFAULT)
        return;          /* a bad path: nothing of it may be read */
    if (opening->fd < 0) /* refused, perhaps before anybody looked at the path */
        record.path = (struct trace_text){self->scratch, foreign_text(opening->path, self->scratch, PATH_MAX)};
    else
        record.path = (struct trace_text){opening->path, strlen(opening->path)};
    if (opening->fd >= 0) {
        description = description_new();
        if (!description) {
            process_count_lost(1);
            return;
        }
        record.file = description->number;
        description->stream = opening->stream;
        description->buffered_after = opening->stream ? 0 : -1;
        fill_status(&record, opening->fd, description);
        description->position = opening->flags & O_APPEND ? -1 : 0;
        enter(self, opening->fd, description);
    }
    define_hook(self, opening->hook, 0, 0, NULL);
    packet_put(self, TRACE_KIND_open, now_ns, &record);
    self->io_ns += record.duration_ns;
}

/* Bytes that stdio holds back for writing; they begin at *front. The FILE was last seen some time ago: libc may have
 * closed and freed it where nobody saw it (pclose, the other descriptor of a pair), so it is read with care. */
uint64_t files_pending(const struct description *description, int fd, const char **front)
{
    FILE stream;
    if (!description->stream || !foreign_stream(description->stream, fd, &stream) ||
        stream._IO_write_ptr <= stream._IO_write_base)
        return 0;
    *front = stream._IO_write_base;
    return (uint64_t)(stream._IO_write_ptr - stream._IO_write_base);
}

/* Length that the file will have once pending bytes are written at the descriptor's position; and when it was last
 * changed, which that will change, too. */
static uint64_t length_with(int fd, const struct description *description, uint64_t pending, uint64_t *changed_ns)
{
    struct stat status;
    *changed_ns = TRACE_UNKNOWN;
    if (!description->regular || system_stat_fd(fd, &status) != 0)
        return TRACE_UNKNOWN;
    if (!pending)
        *changed_ns = system_changed_ns(&status);
    int64_t position = pending ? system_position(fd) : 0;
    uint64_t end = position >= 0 ? (uint64_t)position + pending : 0;
    return end > (uint64_t)status.st_size ? end : (uint64_t)status.st_size;
}

void files_before_close(struct thread *self, int fd, struct files_closing *closing)
{
    struct description *_Atomic *slot = slot_of(fd, false);
    struct description *description = slot ? atomic_load(slot) : NULL;
    if (!description)
        return;
    const char *front = NULL;
    closing->pending_bytes = files_pending(description, fd, &front);
    files_head_pending(self, description, front, closing->pending_bytes);
    closing->bytes = length_with(fd, description, closing->pending_bytes, &closing->changed_ns);
    if (!atomic_compare_exchange_strong(slot, &description, NULL))
        return;
    closing->description = description;
    closing->last = atomic_fetch_sub(&description->descriptors, 1) == 1;
}

/* changed_ns: of a file in which an image was written. */
static void put_close(struct thread *self, struct trace_close *record, struct description *description,
                      uint64_t changed_ns, uint64_t now_ns)
{
    if (description->image && description->head_out && description->regular)
        files_put_state(self, description, changed_ns, record->bytes, trace_direction_OUT, now_ns);
    record->file = description->number;
    record->session = codec_call_session(self);
    record->stdio_calls = description->stdio_calls;
    record->stdio_bytes = description->stdio_bytes;
    /* Another descriptor may live on, and with it another FILE, whose buffer is unknown. */
    files_take_stdio(self, description, record->stdio_calls, record->stdio_bytes);
    description->buffered_after = -1;
    packet_put(self, TRACE_KIND_close, now_ns, record);
    if (!description->image || !record->last)
        return;
    /* The end of an image's file is a boundary of its time and memory. */
    files_boundary(self);
    heap_put(self);
}

void files_closed(struct thread *self, int fd, const struct files_closing *closing, int error, enum hook hook)
{
    if (!closing->description)
        return;
    uint64_t now_ns = thread_now_ns();
    struct trace_close record = {
        .duration_ns = now_ns - closing->start_ns,
        .bytes = closing->bytes,
        .pending_bytes = closing->pending_bytes,
        .fd = fd,
        .hook = (uint16_t)hook,
        .error = (uint16_t)error,
        .last = closing->last,
    };
    define_hook(self, hook, 0, 0, NULL);
    put_close(self, &record, closing->description, closing->changed_ns, now_ns);
    self->io_ns += record.duration_ns;
    if (closing->last)
        description_free(closing->description);
}

void files_closing_range(struct thread *self, unsigned first, unsigned last, enum hook hook)
{
    if (first > INT_MAX)
        return;
    for (int fd = (int)first; files_next(&fd) && (unsigned)fd <= last; fd++) {
        struct files_closing closing = {.start_ns = thread_now_ns()};
        files_before_close(self, fd, &closing);
        files_closed(self, fd, &closing, 0, hook);
    }
}

void files_duplicated(struct thread *self, int from, int to, enum hook hook, uint64_t start_ns)
{
    struct description *description = files_of(self, from);
    if (!description || from == to)
        return;
    atomic_fetch_add(&description->descriptors, 1);
    enter(self, to, description);
    uint64_t now_ns = thread_now_ns();
    struct trace_open record = {
        .duration_ns = now_ns - start_ns,
        .bytes = TRACE_UNKNOWN,
        .file = description->number,
        .fd = to,
        .directory_fd = from,
        .session = codec_call_session(self),
        .hook = (uint16_t)hook,
        .origin = trace_origin_DUPLICATED,
    };
    define_hook(self, hook, 0, 0, NULL);
    packet_put(self, TRACE_KIND_open, now_ns, &record);
}

void files_io(struct thread *self, const struct trace_io *io, uint64_t end_ns, enum hook hook)
{
    define_hook(self, hook, 0, 0, NULL);
    packet_put_io(self, end_ns, io);
    self->io_ns += io->duration_ns;
    self->io_ops++;
    if (io->layer == trace_io_layer_UNCOUNTED)
        return;
    if (io->op == trace_io_op_WRITE || io->op == trace_io_op_FLUSH)
        self->kernel_written += io->kernel_bytes;
    else
        self->kernel_read += io->kernel_bytes;
}

void files_put_still_open(struct thread *self)
{
    struct description *description;
    for (int fd = 0; (description = files_next(&fd)); fd++) {
        if (!description->image && !description->written && !description->stdio_calls)
            continue;
        const char *front = NULL;
        uint64_t pending = files_pending(description, fd, &front);
        files_head_pending(self, description, front, pending);
        uint64_t changed_ns;
        struct trace_close record = {
            .bytes = length_with(fd, description, pending, &changed_ns),
            .pending_bytes = pending,
            .fd = fd,
            .at_exit = 1,
        };
        put_close(self, &record, description, changed_ns, thread_now_ns());
    }
}

void files_reset_after_fork(void)
{
    /* The child's descriptors are resolved anew, by name, when it uses them; numbers go on. */
    atomic_store(&lock.holder, 0);
    for (int fd = 0; files_next(&fd); fd++)
        atomic_store(slot_of(fd, false), NULL);
}

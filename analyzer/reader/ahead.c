/* SPDX-License-Identifier: MIT
 * Owns: records of a reader in batches that a thread of its own decodes ahead of who uses them.
 * Must not know: files, packets, what records mean.
 *
 * A ring of batches: the thread fills the next free one, the user takes the oldest full one. Who has to wait does so
 * until half of the ring is ready: waking a thread costs as much as a batch. The thread begins with the second batch,
 * so that a short trace needs none; where none can be made, the user fills them. */
#include "analyzer/reader/ahead.h"

#include <pthread.h>
#include <stdlib.h>

#define BATCH_RECORDS 1024
#define BATCHES       8
#define ENOUGH        (BATCHES / 2)          /* what a waiting side is woken for */
#define TEXT_BYTES    (2 * TRACE_RECORD_MAX) /* of a batch; it ends when another record's might not fit */
#define LOOK_EVERY    64                     /* batches between two looks at how far the reader is */

struct slot {
    struct reader_batch batch;
    char *texts;
    size_t text_bytes;
    bool last; /* the reader has no more */
};

struct reader_ahead {
    struct reader *reader;
    struct slot slots[BATCHES];
    pthread_t thread;
    bool has_thread;
    uint64_t looks; /* batches filled; of whom fills them, as the next */
    double done_ratio;
    pthread_mutex_t lock;
    pthread_cond_t can_fill, can_take;
    uint64_t filled, taken; /* batches, under the lock; slots[taken % BATCHES] is the user's while in use */
    bool in_use, ended, stopped, fills_later, takes_later; /* later: that side waits */
};

/* Texts point into a packet that the reader drops when it goes on. */
static void keep_texts(struct slot *slot, struct trace_record *record)
{
    struct trace_shape shape = trace_shapes[record->kind];
    struct trace_text *text = (void *)((char *)&record->process + shape.fixed_bytes);
    for (unsigned i = 0; i < shape.texts; i++) {
        char *copy = slot->texts + slot->text_bytes;
        memcpy(copy, text[i].data, text[i].bytes);
        slot->text_bytes += text[i].bytes;
        text[i].data = copy;
    }
}

static void fill(struct reader_ahead *ahead, struct slot *slot)
{
    struct reader_batch *batch = &slot->batch;
    batch->count = slot->text_bytes = 0;
    while (batch->count < BATCH_RECORDS && slot->text_bytes <= TEXT_BYTES - TRACE_RECORD_MAX && !slot->last) {
        slot->last = !reader_next(ahead->reader, &batch->records[batch->count], &batch->origins[batch->count]);
        if (!slot->last)
            keep_texts(slot, &batch->records[batch->count++]);
    }
    if (ahead->looks++ % LOOK_EVERY == 0)
        ahead->done_ratio = reader_done_ratio(ahead->reader);
    batch->done_ratio = ahead->done_ratio;
}

static void *read_ahead(void *argument)
{
    struct reader_ahead *ahead = argument;
    pthread_mutex_lock(&ahead->lock);
    while (!ahead->ended && !ahead->stopped) {
        ahead->fills_later = ahead->filled == ahead->taken + BATCHES;
        if (ahead->fills_later) {
            while (ahead->fills_later && !ahead->stopped)
                pthread_cond_wait(&ahead->can_fill, &ahead->lock);
            continue;
        }
        struct slot *slot = &ahead->slots[ahead->filled % BATCHES];
        pthread_mutex_unlock(&ahead->lock);
        fill(ahead, slot);
        pthread_mutex_lock(&ahead->lock);
        ahead->filled += slot->batch.count > 0;
        ahead->ended = slot->last;
        if (ahead->takes_later && (ahead->ended || ahead->filled >= ahead->taken + ENOUGH)) {
            ahead->takes_later = false;
            pthread_cond_signal(&ahead->can_take);
        }
    }
    pthread_mutex_unlock(&ahead->lock);
    return NULL;
}

struct reader_ahead *reader_ahead_begin(struct reader *reader)
{
    struct reader_ahead *ahead = calloc(1, sizeof *ahead);
    if (!ahead)
        return NULL;
    ahead->reader = reader;
    pthread_mutex_init(&ahead->lock, NULL);
    pthread_cond_init(&ahead->can_fill, NULL);
    pthread_cond_init(&ahead->can_take, NULL);
    for (unsigned i = 0; i < BATCHES; i++) {
        struct slot *slot = &ahead->slots[i];
        slot->batch.records = malloc(BATCH_RECORDS * sizeof *slot->batch.records);
        slot->batch.origins = malloc(BATCH_RECORDS * sizeof *slot->batch.origins);
        slot->texts = malloc(TEXT_BYTES);
        if (!slot->batch.records || !slot->batch.origins || !slot->texts) {
            reader_ahead_end(ahead);
            return NULL;
        }
    }
    return ahead;
}

static struct reader_batch *wait_for_batch(struct reader_ahead *ahead)
{
    pthread_mutex_lock(&ahead->lock);
    ahead->taken += ahead->in_use;
    if (ahead->fills_later && ahead->filled <= ahead->taken + BATCHES - ENOUGH) {
        ahead->fills_later = false;
        pthread_cond_signal(&ahead->can_fill);
    }
    ahead->takes_later = ahead->filled == ahead->taken && !ahead->ended;
    while (ahead->takes_later)
        pthread_cond_wait(&ahead->can_take, &ahead->lock);
    ahead->in_use = ahead->filled != ahead->taken;
    struct reader_batch *batch = ahead->in_use ? &ahead->slots[ahead->taken % BATCHES].batch : NULL;
    pthread_mutex_unlock(&ahead->lock);
    return batch;
}

struct reader_batch *reader_ahead_next(struct reader_ahead *ahead)
{
    if (ahead->has_thread)
        return wait_for_batch(ahead);
    struct slot *slot = &ahead->slots[0];
    bool first = !ahead->looks;
    if (ahead->ended)
        return NULL;
    fill(ahead, slot);
    ahead->ended = slot->last;
    if (first && !ahead->ended) {
        ahead->filled = 1;
        ahead->in_use = true;
        ahead->has_thread = !pthread_create(&ahead->thread, NULL, read_ahead, ahead);
    }
    return slot->batch.count ? &slot->batch : NULL;
}

void reader_ahead_end(struct reader_ahead *ahead)
{
    if (!ahead)
        return;
    if (ahead->has_thread) {
        pthread_mutex_lock(&ahead->lock);
        ahead->stopped = true;
        pthread_cond_signal(&ahead->can_fill);
        pthread_mutex_unlock(&ahead->lock);
        pthread_join(ahead->thread, NULL);
    }
    for (unsigned i = 0; i < BATCHES; i++) {
        free(ahead->slots[i].batch.records);
        free(ahead->slots[i].batch.origins);
        free(ahead->slots[i].texts);
    }
    pthread_cond_destroy(&ahead->can_fill);
    pthread_cond_destroy(&ahead->can_take);
    pthread_mutex_destroy(&ahead->lock);
    free(ahead);
}

/* SPDX-License-Identifier: MIT
 * Owns: the order of images, and which of them an intermediate file joins to a chain.
 * Must not know: jobs, records. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/infer/parts/images/images.h"

static int images_by_start(const void *a, const void *b)
{
    const struct image *x = a, *y = b;
    if (x->start_ns != y->start_ns)
        return x->start_ns < y->start_ns ? -1 : 1;
    return x->process != y->process ? (x->process < y->process ? -1 : 1) : (x->tid > y->tid) - (x->tid < y->tid);
}

/* Jobs come by process: as a rule several orders by time, one after the other. Images are large, so their places are
 * sorted and each image is moved once. */
static int places_by_start(const void *a, const void *b, void *images)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int order = images_by_start((struct image *)images + x, (struct image *)images + y);
    return order ? order : (x > y) - (x < y);
}

static void sort_images(struct run *run)
{
    uint32_t *places = memory_zeroed(run->image_count, sizeof *places);
    for (uint32_t i = 0; i < run->image_count; i++)
        places[i] = i;
    qsort_r(places, run->image_count, sizeof *places, places_by_start, run->images);
    uint32_t *now = memory_zeroed(run->image_count, sizeof *now);
    for (uint32_t i = 0; i < run->image_count; i++)
        now[places[i]] = i;
    for (uint32_t i = 0; i < run->image_count; i++)
        if (run->images[i].read_with != NO_ID)
            run->images[i].read_with = now[run->images[i].read_with];
    free(now);
    for (uint32_t i = 0; i < run->image_count; i++) { /* along each cycle of the permutation */
        struct image first = run->images[i];
        uint32_t to = i;
        for (uint32_t from; (from = places[to]) != i && from != to; to = from) {
            run->images[to] = run->images[from];
            places[to] = to;
        }
        run->images[to] = first;
        places[to] = to;
    }
    free(places);
}

static uint32_t root_of(uint32_t *parents, uint32_t id)
{
    while (parents[id] != id)
        id = parents[id] = parents[parents[id]];
    return id;
}

/* Images joined by a file that one writes and another reads share a chain; such a file is an intermediate. */
static void make_chains(struct run *run)
{
    uint32_t *writer = memory_zeroed(run->file_count, sizeof *writer);
    uint32_t *parents = memory_zeroed(run->image_count, sizeof *parents);
    memset(writer, 0xff, run->file_count * sizeof *writer);
    for (uint32_t i = 0; i < run->image_count; i++) {
        parents[i] = i;
        for (size_t k = 0; k < run->images[i].output_count; k++) {
            writer[run->images[i].outputs[k]] = i;
            run->files[run->images[i].outputs[k]].role = FILE_ROLE_FINAL;
        }
    }
    for (uint32_t i = 0; i < run->image_count; i++)
        for (size_t k = 0; k < run->images[i].input_count; k++) {
            uint32_t file = run->images[i].inputs[k], by = writer[file];
            if (by == NO_ID || by == i)
                continue;
            /* What came to nothing is no part of what is still there. */
            if ((run->images[i].status == IMAGE_DISCARDED || run->images[i].status == IMAGE_FAILED) &&
                run->files[file].kind == FILE_KIND_FILE && run->files[file].survives)
                continue;
            run->files[file].role = FILE_ROLE_INTERMEDIATE;
            uint32_t a = root_of(parents, by), b = root_of(parents, i);
            parents[a > b ? a : b] = a < b ? a : b;
        }
    for (uint32_t i = 0; i < run->image_count; i++)
        run->images[i].chain = root_of(parents, i);
    free(writer);
    free(parents);
}

void infer_images_in_order(struct run *run)
{
    sort_images(run);
    make_chains(run);
}

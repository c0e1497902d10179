/* SPDX-License-Identifier: MIT
 * Owns: which images are one image to the user: a chain, its first sources, its last final outputs.
 * Must not know: figures, formatting. Time grows as n log n with images; the order of run->images does not matter. */
#include "analyzer/metrics/images/chains.h"

#include <math.h>
#include <stdlib.h>

#define ORDER(a, b) ((a) > (b)) - ((a) < (b))

static int compare_images(const void *left, const void *right)
{
    const struct image *a = *(const struct image *const *)left, *b = *(const struct image *const *)right;
    int order = ORDER(a->chain, b->chain);
    if (!order)
        order = ORDER(a->start_ns, b->start_ns);
    if (!order)
        order = ORDER(a->end_ns, b->end_ns);
    if (!order)
        order = ORDER(a->process, b->process);
    if (!order)
        order = ORDER(a->tid, b->tid);
    if (!order)
        order = ORDER(a->busy_ns, b->busy_ns);
    return order;
}

static int compare_finals(const void *left, const void *right)
{
    const struct final_output *a = left, *b = right;
    int order = ORDER(a->image->end_ns, b->image->end_ns);
    return order ? order : ORDER(a->file, b->file);
}

bool metrics_delivered(const struct image_file *file)
{
    return file->survives || file->kind != FILE_KIND_FILE;
}

/* What the files of the run were to the chain at hand: each array holds the number of the last chain that did it. */
struct marks {
    uint32_t *made, *used, *listed;
};

static void mark_chain(const struct chain *chain, struct marks *marks, uint32_t number)
{
    for (size_t i = 0; i < chain->image_count; i++) {
        const struct image *image = chain->images[i];
        for (size_t k = 0; k < image->input_count; k++)
            marks->used[image->inputs[k]] = number;
        for (size_t k = 0; k < image->output_count; k++)
            marks->made[image->outputs[k]] = number;
    }
}

static void collect_sources(struct chain *chain, struct marks *marks, uint32_t number, uint32_t *sources)
{
    chain->sources = sources;
    for (size_t i = 0; i < chain->image_count; i++) {
        const struct image *image = chain->images[i];
        for (size_t k = 0; k < image->input_count; k++) {
            uint32_t file = image->inputs[k];
            if (marks->made[file] == number || marks->listed[file] == number)
                continue;
            marks->listed[file] = number;
            sources[chain->source_count++] = file;
        }
    }
}

static void collect_finals(const struct run *run, struct chain *chain, struct marks *marks, uint32_t number,
                           struct final_output *finals)
{
    chain->finals = finals;
    for (size_t i = 0; i < chain->image_count; i++) {
        const struct image *image = chain->images[i];
        if (image->status != IMAGE_OK)
            continue;
        for (size_t k = 0; k < image->output_count; k++) {
            uint32_t file = image->outputs[k];
            enum file_role role = run->files[file].role;
            /* An output that another chain starts from is a source there and a final here. */
            bool final = role == FILE_ROLE_FINAL || (role == FILE_ROLE_SOURCE && marks->used[file] != number);
            if (!final || marks->listed[file] == number)
                continue;
            marks->listed[file] = number;
            finals[chain->final_count++] = (struct final_output){file, image};
            chain->delivered |= metrics_delivered(&run->files[file]);
        }
    }
    if (chain->delivered) { /* what a later attempt of the chain replaced is not a result */
        size_t kept = 0;
        for (size_t i = 0; i < chain->final_count; i++)
            if (metrics_delivered(&run->files[finals[i].file]))
                finals[kept++] = finals[i];
        chain->final_count = kept;
    }
    qsort(finals, chain->final_count, sizeof *finals, compare_finals);
}

static void judge(const struct run *run, struct chain *chain)
{
    uint64_t last_ns = 0;
    chain->status = IMAGE_OK;
    for (size_t i = 0; i < chain->image_count; i++) {
        const struct image *image = chain->images[i];
        chain->busy_ns += image->busy_ns;
        if (image->end_ns > last_ns || (image->end_ns == last_ns && image->status > chain->status)) {
            last_ns = image->end_ns;
            chain->status = image->status;
        }
    }
    if (chain->final_count)
        chain->status = IMAGE_OK;
    chain->bytes_in = chain->source_count ? 0 : UNKNOWN;
    for (size_t i = 0; i < chain->source_count && chain->bytes_in != UNKNOWN; i++) {
        uint64_t bytes = run->files[chain->sources[i]].bytes;
        chain->bytes_in = bytes == UNKNOWN ? UNKNOWN : chain->bytes_in + bytes;
    }
    chain->bytes_out = chain->final_count ? 0 : UNKNOWN;
    for (size_t i = 0; i < chain->final_count && chain->bytes_out != UNKNOWN; i++) {
        uint64_t bytes = run->files[chain->finals[i].file].bytes;
        chain->bytes_out = bytes == UNKNOWN ? UNKNOWN : chain->bytes_out + bytes;
    }
}

static void build(const struct run *run, struct chain_set *set, struct marks *marks)
{
    uint32_t *sources = set->sources;
    struct final_output *finals = set->finals;
    for (size_t i = 0; i < run->image_count;) {
        size_t end = i + 1;
        while (end < run->image_count && set->images[i]->chain != NO_ID &&
               set->images[end]->chain == set->images[i]->chain)
            end++;
        struct chain *chain = &set->chains[set->count++];
        uint32_t number = (uint32_t)set->count;
        chain->images = &set->images[i];
        chain->image_count = end - i;
        mark_chain(chain, marks, number);
        collect_sources(chain, marks, number, sources);
        sources += chain->source_count;
        size_t outputs = 0;
        for (size_t k = i; k < end; k++)
            outputs += set->images[k]->output_count;
        collect_finals(run, chain, marks, number, finals);
        finals += outputs;
        judge(run, chain);
        i = end;
    }
}

bool metrics_chains(const struct run *run, struct chain_set *set)
{
    size_t inputs = 0, outputs = 0;
    for (size_t i = 0; i < run->image_count; i++) {
        inputs += run->images[i].input_count;
        outputs += run->images[i].output_count;
    }
    *set = (struct chain_set){
        .chains = calloc(run->image_count + 1, sizeof *set->chains),
        .images = calloc(run->image_count + 1, sizeof *set->images),
        .sources = calloc(inputs + 1, sizeof *set->sources),
        .finals = calloc(outputs + 1, sizeof *set->finals),
    };
    uint32_t *marked = calloc(run->file_count * 3 + 1, sizeof *marked);
    bool good = set->chains && set->images && set->sources && set->finals && marked;
    if (good) {
        for (size_t i = 0; i < run->image_count; i++)
            set->images[i] = &run->images[i];
        qsort(set->images, run->image_count, sizeof(*set->images), compare_images);
        struct marks marks = {marked, marked + run->file_count, marked + run->file_count * 2};
        build(run, set, &marks);
    }
    free(marked);
    return good;
}

void metrics_chains_release(struct chain_set *set)
{
    free(set->chains);
    free(set->images);
    free(set->sources);
    free(set->finals);
}

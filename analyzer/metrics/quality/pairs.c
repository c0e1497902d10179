/* SPDX-License-Identifier: MIT
 * Owns: which two files are to be compared: each final output with the one source of its chain.
 * Must not know: records, how a pair is scored. */
#include "analyzer/metrics/quality/pairs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/metrics/figures/figures.h"
#include "analyzer/metrics/figures/pair_score.h"
#include "analyzer/metrics/images/chains.h"
#include "analyzer/metrics/quality/value.h"

/* Why there are no two files to compare, or NULL. */
static const char *obstacle(const struct run *run, const struct chain *chain, const struct image_file *output,
                            char room[PAIR_SCORE_REASON_BYTES])
{
    if (!chain->source_count)
        return "its input was not seen";
    if (chain->source_count > 1) {
        snprintf(room, PAIR_SCORE_REASON_BYTES, "made of %zu inputs", chain->source_count);
        return room;
    }
    const struct image_file *source = &run->files[chain->sources[0]];
    if (source->kind != FILE_KIND_FILE) {
        snprintf(room, PAIR_SCORE_REASON_BYTES, "its input came by %s", file_kind_name(source->kind));
        return room;
    }
    if (output->kind != FILE_KIND_FILE) {
        snprintf(room, PAIR_SCORE_REASON_BYTES, "its output went out by %s", file_kind_name(output->kind));
        return room;
    }
    if (!source->path || !output->path)
        return "the name of its input or output was not seen";
    return NULL;
}

static void fill_pair(struct metrics *metrics, const struct chain *chain, const struct final_output *final)
{
    const struct run *run = metrics->run;
    struct retained_figures *retained = &metrics->retained;
    char room[PAIR_SCORE_REASON_BYTES];
    const char *reason = obstacle(run, chain, &run->files[final->file], room);
    struct quality_pair *pair = &retained->pairs[retained->pair_count];
    *pair = (struct quality_pair){
        .source = chain->source_count == 1 ? chain->sources[0] : NO_ID,
        .output = final->file,
        .image = (uint32_t)(final->image - run->images),
        .score = pair_score_none(reason ? reason : ""),
    };
    pair->lossy_source = metrics_any_lossy(run, chain->sources, chain->source_count) == 1;
    if (retained->pair_of_image[pair->image] == NO_ID)
        retained->pair_of_image[pair->image] = (uint32_t)retained->pair_count;
    retained->pair_count++;
}

bool metrics_pairs(struct metrics *metrics)
{
    struct retained_figures *retained = &metrics->retained;
    struct chain_set set;
    size_t finals = 0;
    bool good = metrics_chains(metrics->run, &set);
    for (size_t i = 0; good && i < set.count; i++)
        finals += set.chains[i].final_count;
    retained->pairs = calloc(finals + 1, sizeof *retained->pairs);
    retained->pair_of_image = malloc((metrics->run->image_count + 1) * sizeof *retained->pair_of_image);
    good = good && retained->pairs && retained->pair_of_image;
    if (good) {
        memset(retained->pair_of_image, 0xff, (metrics->run->image_count + 1) * sizeof *retained->pair_of_image);
        for (size_t i = 0; i < set.count; i++)
            for (size_t k = 0; set.chains[i].status == IMAGE_OK && k < set.chains[i].final_count; k++)
                fill_pair(metrics, &set.chains[i], &set.chains[i].finals[k]);
    }
    metrics_chains_release(&set);
    return good;
}

const struct quality_pair *metrics_pair_of(const struct metrics *metrics, size_t image)
{
    const struct retained_figures *retained = &metrics->retained;
    if (!retained->pair_of_image || retained->pair_of_image[image] == NO_ID)
        return NULL;
    return &retained->pairs[retained->pair_of_image[image]];
}

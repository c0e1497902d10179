/* SPDX-License-Identifier: MIT
 * Owns: scores that were measured before, in a file of the trace, by the content of the two files that they compare.
 * Must not know: how a pair is scored, runs. */
#ifndef ANALYZER_QUALITY_CACHE_H
#define ANALYZER_QUALITY_CACHE_H

#include "analyzer/headers/image_file.h"
#include "analyzer/pack/pack.h"
#include "analyzer/quality/pair.h"

#define CACHE_NAME "quality.json" /* in the trace's directory */

struct content {
    unsigned char sha256[PACK_HASH_BYTES];
};

struct cache; /* opaque */

/* A file that is not there, or not one of this version, is as an empty one: scores can be measured again. */
struct cache *cache_read(const char *directory);
void cache_free(struct cache *cache);

/* What was in the file of a trace, in that state; false when nobody has read it yet. */
bool cache_find_content(const struct cache *cache, const struct image_file_state *state, struct content *content);
void cache_put_content(struct cache *cache, const struct image_file_state *state, const struct content *content);

/* False unless all of the settings' metrics are known; *score has those that are, and no frames where none is. */
bool cache_find(const struct cache *cache, const struct content *reference, const struct content *distorted,
                const struct pair_settings *settings, struct pair_score *score);
/* What was not measured is not kept, nor a metric that failed. Takes the place of what there was, but other external
 * metrics stay. */
void cache_put(struct cache *cache, const struct content *reference, const struct content *distorted,
               const struct pair_settings *settings, const struct pair_score *score);

/* Writes it where something is new. False after one line on standard error. */
bool cache_write(struct cache *cache);

#endif

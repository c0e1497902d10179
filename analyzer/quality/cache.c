/* SPDX-License-Identifier: MIT
 * Owns: the file of scores in a trace: {schema, method, contents{state: hash}, pairs{hash-hash: score}}.
 * Must not know: how a pair is scored, runs. Trusts nothing of what it reads. */
#include "analyzer/quality/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/memory.h"
#include "analyzer/base/output_file.h"

#define SCHEMA "imgbench-quality/1"
/* To be raised whenever a pair's figures would come out otherwise than before. */
#define METHOD         1
#define FILE_BYTES_MAX (1 << 30) /* two million pairs */
#define KEY_BYTES      (4 * PACK_HASH_BYTES + 2)

struct cache {
    char path[PATH_MAX];
    json_t *root, *contents, *pairs; /* the last two are in the first */
    bool changed;
};

static void start_empty(struct cache *cache)
{
    json_decref(cache->root);
    cache->contents = json_object();
    cache->pairs = json_object();
    cache->root = json_pack("{s:s, s:i, s:o, s:o}", "schema", SCHEMA, "method", METHOD, "contents", cache->contents,
                            "pairs", cache->pairs);
    memory_checked(cache->root);
}

/* A trace may come from anywhere: what has this name may be a pipe, or no end of something. */
static json_t *load(const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0)
        return NULL;
    bool good = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= FILE_BYTES_MAX;
    json_t *root = good ? json_loadfd(fd, JSON_REJECT_DUPLICATES, NULL) : NULL;
    close(fd);
    return root;
}

struct cache *cache_read(const char *directory)
{
    struct cache *cache = memory_zeroed(1, sizeof *cache);
    snprintf(cache->path, sizeof cache->path, "%s/" CACHE_NAME, directory);
    cache->root = load(cache->path);
    cache->contents = json_object_get(cache->root, "contents");
    cache->pairs = json_object_get(cache->root, "pairs");
    const char *schema = json_string_value(json_object_get(cache->root, "schema"));
    if (!schema || strcmp(schema, SCHEMA) != 0 ||
        json_integer_value(json_object_get(cache->root, "method")) != METHOD || !json_is_object(cache->contents) ||
        !json_is_object(cache->pairs))
        start_empty(cache);
    return cache;
}

void cache_free(struct cache *cache)
{
    if (!cache)
        return;
    json_decref(cache->root);
    free(cache);
}

static char *print_hash(char *at, const struct content *content)
{
    for (size_t i = 0; i < sizeof content->sha256; i++)
        at += sprintf(at, "%02x", content->sha256[i]);
    return at;
}

static bool parse_hash(const char *text, struct content *content)
{
    for (size_t i = 0; i < sizeof content->sha256; i++) {
        char digits[3] = {text[2 * i], 0, 0}, *end;
        digits[1] = *digits ? text[2 * i + 1] : 0;
        content->sha256[i] = (unsigned char)strtoul(digits, &end, 16);
        if (end != digits + 2)
            return false;
    }
    return !text[2 * sizeof content->sha256];
}

static void print_state(char key[128], const struct image_file_state *state)
{
    snprintf(key, 128, "%" PRIx64 "-%" PRIx64 "-%" PRIx64 "-%" PRIx64 "-%" PRIx64, state->device, state->inode,
             state->bytes, state->changed_from_ns, state->changed_to_ns);
}

bool cache_find_content(const struct cache *cache, const struct image_file_state *state, struct content *content)
{
    char key[128];
    print_state(key, state);
    const char *text = json_string_value(json_object_get(cache->contents, key));
    return text && parse_hash(text, content);
}

void cache_put_content(struct cache *cache, const struct image_file_state *state, const struct content *content)
{
    char key[128], text[2 * PACK_HASH_BYTES + 1];
    print_state(key, state);
    print_hash(text, content);
    if (json_object_set_new(cache->contents, key, json_string(text)) == 0)
        cache->changed = true;
}

static void print_key(char key[KEY_BYTES], const struct content *reference, const struct content *distorted)
{
    char *at = print_hash(key, reference);
    *at++ = '-';
    print_hash(at, distorted);
}

static json_t *number_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* A number within limits, or null, which is NAN; anything else makes the whole entry worthless. */
static bool take_number(const json_t *pair, const char *key, double least, double most, double *value)
{
    const json_t *json = json_object_get(pair, key);
    *value = json_is_number(json) ? json_number_value(json) : (double)NAN;
    return json_is_null(json) || (*value >= least && *value <= most);
}

/* Whether an entry is one that cache_put() could have written. */
static bool take_pair(const json_t *pair, struct pair_score *score)
{
    const char *reason = json_string_value(json_object_get(pair, "reason"));
    json_int_t frames = json_integer_value(json_object_get(pair, "frames"));
    *score = pair_score_none(reason ? reason : "");
    score->identical = json_is_true(json_object_get(pair, "identical"));
    bool good = json_is_object(pair) && reason && frames >= 1 && frames <= PAIR_FRAMES_MAX &&
                take_number(pair, "ssimulacra2", -DBL_MAX, 100, &score->ssimulacra2) &&
                take_number(pair, "psnr_db", 0, DBL_MAX, &score->psnr_db) &&
                take_number(pair, "ssim", -1, 1, &score->ssim) && take_number(pair, "ms_ssim", 0, 1, &score->ms_ssim) &&
                (*reason || !isnan(score->ssimulacra2));
    if (score->identical)
        score->psnr_db = (double)INFINITY;
    score->resized = json_is_true(json_object_get(pair, "resized"));
    score->alpha = json_is_true(json_object_get(pair, "alpha"));
    score->frames = good ? (uint32_t)frames : 0;
    return good;
}

bool cache_find(const struct cache *cache, const struct content *reference, const struct content *distorted,
                const struct pair_settings *settings, struct pair_score *score)
{
    char key[KEY_BYTES];
    print_key(key, reference, distorted);
    const json_t *pair = json_object_get(cache->pairs, key);
    if (!take_pair(pair, score)) {
        *score = pair_score_none("");
        return false;
    }
    bool complete = true;
    for (size_t i = 0; i < settings->external_count; i++) {
        const json_t *value = json_object_get(json_object_get(pair, "externals"), settings->externals[i].command);
        score->externals[i] = json_is_number(value) ? json_number_value(value) : (double)NAN;
        complete &= isfinite(score->externals[i]);
    }
    return complete;
}

void cache_put(struct cache *cache, const struct content *reference, const struct content *distorted,
               const struct pair_settings *settings, const struct pair_score *score)
{
    char key[KEY_BYTES];
    if (!score->frames)
        return;
    print_key(key, reference, distorted);
    json_t *externals = json_incref(json_object_get(json_object_get(cache->pairs, key), "externals"));
    if (!json_is_object(externals)) {
        json_decref(externals);
        externals = json_object();
    }
    for (size_t i = 0; i < settings->external_count; i++)
        if (isfinite(score->externals[i]))
            json_object_set_new(externals, settings->externals[i].command, json_real(score->externals[i]));
    json_t *pair = json_pack("{s:o, s:b, s:o, s:o, s:o, s:b, s:b, s:i, s:s, s:o}", "ssimulacra2",
                             number_or_null(score->ssimulacra2), "identical", score->identical, "psnr_db",
                             number_or_null(score->psnr_db), "ssim", number_or_null(score->ssim), "ms_ssim",
                             number_or_null(score->ms_ssim), "resized", score->resized, "alpha", score->alpha, "frames",
                             (int)score->frames, "reason", score->reason, "externals", externals);
    if (pair && json_object_set_new(cache->pairs, key, pair) == 0)
        cache->changed = true;
}

bool cache_write(struct cache *cache)
{
    struct output_file file;
    if (!cache->changed)
        return true;
    if (!output_file_replace(&file, cache->path))
        return false;
    int error = json_dumpf(cache->root, file.stream, JSON_INDENT(1) | JSON_SORT_KEYS) ? EIO : 0;
    cache->changed = false;
    return output_file_close(&file, error);
}

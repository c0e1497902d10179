/* SPDX-License-Identifier: MIT
 * Owns: the libFuzzer entry of the image header parsers. Input: a file's bytes. Parsed twice, the second time from a
 * source that brings only what was asked for: the same must come out, else a parser read what it had not asked for.
 * Must not know: formats. */
#include "analyzer/headers/parts.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

struct copier {
    struct header_source source;
    const uint8_t *from;
    uint8_t *to;
    size_t bytes;
};

static bool fetch(struct header_source *source, const uint8_t *data, size_t need)
{
    const struct copier *copier = (const struct copier *)(const void *)source;
    size_t at = (size_t)(data - copier->to);
    if (at > copier->bytes || need > copier->bytes - at)
        abort();
    memcpy(copier->to + at, copier->from + at, need);
    return true;
}

static bool same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static bool same(const struct image_facts *a, const struct image_facts *b)
{
    return a->format == b->format && a->width == b->width && a->height == b->height && a->depth == b->depth &&
           a->channels == b->channels && a->frames == b->frames && a->icc == b->icc && a->exif == b->exif &&
           a->xmp == b->xmp && a->alpha == b->alpha && a->orientation == b->orientation && a->lossless == b->lossless &&
           a->progressive == b->progressive && a->subsampling == b->subsampling && a->palette == b->palette &&
           a->colour_type == b->colour_type && a->restart_interval == b->restart_interval &&
           a->quantizer == b->quantizer && a->webp_quality == b->webp_quality && same_number(a->quality, b->quality) &&
           same_number(a->quality_rmse, b->quality_rmse);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct image_facts facts, again;
    bool known = image_header_parse(data, bytes, &facts);
    bool in_range = facts.width >= -1 && facts.height >= -1 && facts.depth >= -1 && facts.frames >= -1 &&
                    facts.palette >= -1 && facts.orientation != 0 && facts.orientation <= 8 && facts.quantizer <= 255 &&
                    facts.alpha <= 1 && facts.restart_interval <= 65535 && facts.colour_type <= 255 &&
                    facts.webp_quality <= 100 - WEBP_BUCKET &&
                    (isnan(facts.quality) || (facts.quality >= 1 && facts.quality <= 100));
    if (known != (facts.format != FORMAT_UNKNOWN) || !in_range)
        abort();
    struct copier copier = {.source = {fetch}, .from = data, .to = malloc(bytes ? bytes : 1), .bytes = bytes};
    if (!copier.to)
        return 0;
    memset(copier.to, 0xa5, bytes);
    bool known_again = header_parse((struct header_bytes){copier.to, bytes, &copier.source}, &again);
    if (known_again != known || !same(&facts, &again))
        abort();
    free(copier.to);
    return 0;
}

/* SPDX-License-Identifier: MIT
 * Owns: where the settings that an encoder was given and the file that came of it contradict each other.
 * Must not know: records, formatting. Only what cannot both be true counts: what a format has no place for, what the
 * file does not say, and scales that do not compare are passed over. */
#include "analyzer/metrics/images/disagreements.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TABLES_RMSE        1.0 /* beyond, the tables are of no quality of the scale */
#define COARSEST           3   /* up to here some tables are 255 throughout, whatever the quality */
#define QUANTIZER_STEP     4   /* base_q_idx per step of the scale 0..63, nearly everywhere */
#define QUANTIZER_LAST     63
#define QUANTIZER_SLACK    2 /* steps: encoders map the scale each in its own way */
#define BASE_Q_IDX_HIGHEST 255

struct comparison {
    const struct image_settings *settings;
    const struct image_facts *facts;
    struct image_check *check;
};

static bool asked(const struct comparison *c, enum setting_key key)
{
    return c->settings->known[key];
}

static void disagree(const struct comparison *c, enum setting_key key, double file)
{
    struct image_check *check = c->check;
    if (!check->disagreements) /* most images have none */
        check->disagreements = calloc(DISAGREEMENTS_MAX, sizeof *check->disagreements);
    if (check->disagreements && check->disagreement_count < DISAGREEMENTS_MAX)
        check->disagreements[check->disagreement_count++] =
            (struct disagreement){.setting = key, .asked = c->settings->value[key], .file = file};
}

/* The file says a number that must be the one asked for; below 0 it says nothing. */
static void must_equal(const struct comparison *c, enum setting_key key, double file)
{
    if (asked(c, key) && file >= 0 && c->settings->value[key] != file)
        disagree(c, key, file);
}

/* Encoders whose quality goes to the tables by the scale of the Independent JPEG Group. */
static bool is_jpeg_scale(const char *scale)
{
    static const char *const scales[] = {"libjpeg", "TurboJPEG",   "libvips",        "vips",
                                         "Magick",  "ImageMagick", "GraphicsMagick", "gdk-pixbuf"};
    for (size_t i = 0; scale && i < sizeof scales / sizeof *scales; i++)
        if (strcmp(scale, scales[i]) == 0)
            return true;
    return false;
}

static void compare_quality(const struct comparison *c)
{
    const struct image_facts *facts = c->facts;
    if (!asked(c, SETTING_QUALITY) || facts->format != FORMAT_JPEG || isnan(facts->quality) ||
        facts->quality_rmse > TABLES_RMSE || c->settings->quality_rmse > TABLES_RMSE ||
        !is_jpeg_scale(c->settings->scale))
        return;
    double quality = c->settings->value[SETTING_QUALITY];
    if (quality <= COARSEST && facts->quality <= COARSEST)
        return;
    if (fabs(quality - facts->quality) >= 1)
        disagree(c, SETTING_QUALITY, facts->quality);
}

static void compare_quantizers(const struct comparison *c)
{
    if (c->facts->format != FORMAT_AVIF || c->facts->quantizer < 0)
        return;
    double file =
        c->facts->quantizer == BASE_Q_IDX_HIGHEST ? QUANTIZER_LAST : (double)c->facts->quantizer / QUANTIZER_STEP;
    if (asked(c, SETTING_QUANTIZER_MIN) && file < c->settings->value[SETTING_QUANTIZER_MIN] - QUANTIZER_SLACK)
        disagree(c, SETTING_QUANTIZER_MIN, file);
    if (asked(c, SETTING_QUANTIZER_MAX) && file > c->settings->value[SETTING_QUANTIZER_MAX] + QUANTIZER_SLACK)
        disagree(c, SETTING_QUANTIZER_MAX, file);
}

/* Parts of a picture, frames and thumbnails are smaller; a picture that is to be turned has its sides swapped. */
static void compare_size(const struct comparison *c)
{
    const struct image_facts *facts = c->facts;
    if (!asked(c, SETTING_WIDTH) || !asked(c, SETTING_HEIGHT) || facts->width <= 0 || facts->height <= 0 ||
        facts->frames != 1)
        return;
    double width = c->settings->value[SETTING_WIDTH], height = c->settings->value[SETTING_HEIGHT];
    bool parts = (facts->format == FORMAT_AVIF || facts->format == FORMAT_HEIC) &&
                 ((double)facts->width > width || (double)facts->height > height);
    if (parts || (width == (double)facts->height && height == (double)facts->width))
        return;
    must_equal(c, SETTING_WIDTH, (double)facts->width);
    must_equal(c, SETTING_HEIGHT, (double)facts->height);
}

static void compare_coding(const struct comparison *c)
{
    const struct image_facts *facts = c->facts;
    bool either = facts->format == FORMAT_WEBP || facts->format == FORMAT_AVIF || facts->format == FORMAT_JXL;
    if (either && facts->frames == 1)
        must_equal(c, SETTING_LOSSLESS, facts->lossless);
    if (facts->subsampling != 400 && asked(c, SETTING_SUBSAMPLING) && c->settings->value[SETTING_SUBSAMPLING] != 400)
        must_equal(c, SETTING_SUBSAMPLING, facts->subsampling);
    if (facts->format == FORMAT_JPEG || facts->format == FORMAT_PNG)
        must_equal(c, SETTING_PROGRESSIVE, facts->progressive);
    if (facts->format != FORMAT_GIF && facts->format != FORMAT_WEBP)
        must_equal(c, SETTING_BIT_DEPTH, facts->depth);
    if (facts->format == FORMAT_PNG)
        must_equal(c, SETTING_COLOUR_TYPE, facts->colour_type);
    /* A GIF's table is as long as the next power of two. */
    if (facts->format == FORMAT_PNG && asked(c, SETTING_PALETTE_COLOURS) &&
        facts->palette > c->settings->value[SETTING_PALETTE_COLOURS])
        disagree(c, SETTING_PALETTE_COLOURS, facts->palette);
}

void metrics_disagreements(const struct run *run, const struct image *image, struct image_check *check)
{
    /* Of several outputs nobody says which the settings are of. */
    if (image->status != IMAGE_OK || image->output_count != 1 || image->settings->copied)
        return;
    struct comparison c = {image->settings, &run->files[image->outputs[0]].facts, check};
    compare_quality(&c);
    compare_quantizers(&c);
    compare_size(&c);
    compare_coding(&c);
    must_equal(&c, SETTING_FRAMES, c.facts->frames);
    /* A colour profile is often kept where the rest is stripped. */
    if (asked(&c, SETTING_METADATA) && c.settings->value[SETTING_METADATA] == 0 &&
        (c.facts->exif == 1 || c.facts->xmp == 1))
        disagree(&c, SETTING_METADATA, 1);
}

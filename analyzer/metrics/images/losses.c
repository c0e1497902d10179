/* SPDX-License-Identifier: MIT
 * Owns: what images lost between input and output, by what their files say: one judgement per image, sums per chain.
 * Must not know: records, formatting. What one side does not say is not known, never "not lost". */
#include "analyzer/metrics/images/losses.h"

#include <stdlib.h>

#include "analyzer/metrics/figures/figures.h"
#include "analyzer/metrics/images/chains.h"
#include "analyzer/metrics/images/disagreements.h"

#define ASPECT_TOLERANCE 0.02 /* sides are whole pixels */

/* The outputs of an image taken together. */
struct results {
    int icc, exif, xmp, alpha, depth;
    int64_t frames, pixels; /* frames of all; pixels of the largest */
    const struct image_facts *first;
    size_t count;
};

static void any(int *sum, int fact)
{
    if (*sum != 1 && (fact == 1 || *sum == 0))
        *sum = fact;
}

static int64_t pixels(const struct image_facts *facts)
{
    if (facts->format == FORMAT_SVG || facts->width <= 0 || facts->height <= 0 || facts->width > INT32_MAX ||
        facts->height > INT32_MAX)
        return -1;
    return facts->width * facts->height;
}

/* Of the colours: the samples of a palette image are indexes. */
static int depth(const struct image_facts *facts)
{
    return facts->palette > 0 ? 8 : facts->depth;
}

/* A JPEG XL that has no profile can describe the same colours in words. */
static int profile(const struct image_facts *facts)
{
    return facts->format == FORMAT_JXL && facts->icc == 0 ? -1 : facts->icc;
}

static void most(int64_t *sum, int64_t value)
{
    if (*sum >= 0)
        *sum = value < 0 ? -1 : value > *sum ? value : *sum;
}

static void add_result(struct results *results, const struct image_facts *facts)
{
    int64_t deepest = results->depth;
    any(&results->icc, profile(facts));
    any(&results->exif, facts->exif);
    any(&results->xmp, facts->xmp);
    any(&results->alpha, facts->alpha);
    most(&deepest, depth(facts));
    results->depth = (int)deepest;
    most(&results->pixels, pixels(facts));
    results->frames = results->frames < 0 || facts->frames < 0 ? -1 : results->frames + facts->frames;
    if (!results->count++)
        results->first = facts;
}

static int lost_flag(int before, int after)
{
    if (before == 0 || after == 1)
        return 0;
    return before == 1 && after == 0 ? 1 : -1;
}

static int lost_amount(int64_t before, int64_t after)
{
    return before < 0 || after < 0 ? -1 : after < before;
}

static int lost_frames(int64_t before, int64_t after)
{
    if (before == 0 || before == 1 || after > 1)
        return 0;
    return before < 0 || after < 0 ? -1 : 1;
}

static bool same_shape(double width, double height, const struct image_facts *after)
{
    double a = width * (double)after->height, b = height * (double)after->width;
    return a < b * (1 + ASPECT_TOLERANCE) && b < a * (1 + ASPECT_TOLERANCE);
}

/* A note that was dropped is lost unless the pixels were turned instead, which shows where that swaps the sides. */
static int lost_orientation(const struct image_facts *before, const struct results *results)
{
    const struct image_facts *after = results->first;
    if (before->orientation == 1)
        return 0;
    if (before->orientation < 0 || after->orientation < 0 || results->count != 1)
        return -1;
    if (after->orientation == before->orientation)
        return 0;
    bool sizes = before->width > 0 && before->height > 0 && after->width > 0 && after->height > 0;
    if (after->orientation != 1 || before->orientation < 5 || !sizes)
        return -1;
    bool kept = same_shape((double)before->width, (double)before->height, after);
    bool turned = same_shape((double)before->height, (double)before->width, after);
    return kept == turned ? -1 : kept;
}

/* Lost from one of the inputs is lost. */
static void lost_from_any(int8_t *sum, int lost)
{
    if (*sum != 1 && (lost == 1 || *sum == 0))
        *sum = (int8_t)lost;
}

/* What several inputs are merged into need not have what only some of them had. */
static void lost_from_all(int8_t *sum, int lost)
{
    if (*sum != 0 && (lost == 0 || *sum == 1))
        *sum = (int8_t)lost;
}

static void compare(const struct image_facts *before, const struct results *after, int8_t lost[LOSS_COUNT])
{
    lost_from_any(&lost[LOSS_ICC], lost_flag(before->icc, after->icc));
    lost_from_any(&lost[LOSS_EXIF], lost_flag(before->exif, after->exif));
    lost_from_any(&lost[LOSS_XMP], lost_flag(before->xmp, after->xmp));
    lost_from_any(&lost[LOSS_ORIENTATION], lost_orientation(before, after));
    lost_from_any(&lost[LOSS_ANIMATION], lost_frames(before->frames, after->frames));
    lost_from_all(&lost[LOSS_ALPHA], lost_flag(before->alpha, after->alpha));
    lost_from_all(&lost[LOSS_DEPTH], lost_amount(depth(before), after->depth));
    lost_from_all(&lost[LOSS_PIXELS], lost_amount(pixels(before), after->pixels));
}

static const struct results no_results = {0};

static void begin(int8_t lost[LOSS_COUNT])
{
    for (int i = 0; i < LOSS_COUNT; i++)
        lost[i] = i == LOSS_ALPHA || i == LOSS_DEPTH || i == LOSS_PIXELS;
}

static void check_image(const struct run *run, const struct image *image, struct image_check *check)
{
    if (image->status != IMAGE_OK || !image->input_count || !image->output_count)
        return;
    struct results results = no_results;
    for (size_t i = 0; i < image->output_count; i++)
        add_result(&results, &run->files[image->outputs[i]].facts);
    check->compared = true;
    begin(check->lost);
    for (size_t i = 0; i < image->input_count; i++)
        compare(&run->files[image->inputs[i]].facts, &results, check->lost);
}

static void check_chain(struct metrics *metrics, const struct chain *chain)
{
    const struct image_file *files = metrics->run->files;
    struct results results = no_results;
    int8_t lost[LOSS_COUNT];
    if (!chain->source_count || !chain->final_count)
        return;
    for (size_t i = 0; i < chain->final_count; i++)
        add_result(&results, &files[chain->finals[i].file].facts);
    begin(lost);
    for (size_t i = 0; i < chain->source_count; i++)
        compare(&files[chain->sources[i]].facts, &results, lost);
    metrics->compared++;
    for (int i = 0; i < LOSS_COUNT; i++) {
        metrics->lost[i] += lost[i] == 1;
        metrics->lost_unknown[i] += lost[i] < 0;
    }
}

bool metrics_losses(struct metrics *metrics, const struct chain_set *set)
{
    const struct run *run = metrics->run;
    metrics->checks = calloc(run->image_count + 1, sizeof *metrics->checks);
    if (!metrics->checks)
        return false;
    for (size_t i = 0; i < run->image_count; i++) {
        check_image(run, &run->images[i], &metrics->checks[i]);
        metrics_disagreements(run, &run->images[i], &metrics->checks[i]);
        metrics->disagreeing += metrics->checks[i].disagreement_count > 0;
    }
    for (size_t i = 0; i < set->count; i++)
        check_chain(metrics, &set->chains[i]);
    return true;
}

/* SPDX-License-Identifier: MIT
 * Owns: how two image files are compared.
 * Must not know: traces, processes. */
#include "analyzer/quality/pair.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/base/file_changed.h"
#include "analyzer/headers/image_file.h"
#include "analyzer/quality/decode.h"
#include "analyzer/quality/external.h"
#include "analyzer/quality/metrics/fidelity.h"
#include "analyzer/quality/metrics/ssimulacra2.h"

/* Decoded pictures, what the metrics need beside them, and a decoder's own copies where a format does not come in rows.
 * Measured with 12 megapixels: 27 (JPEG), 34 (JPEG XL), 48 (AVIF); 52 (WebP) to 106 (16 bits by JPEG XL and AVIF) with
 * alpha. */
#define BYTES_PER_PIXEL        60
#define BYTES_PER_DEEP_PIXEL   110 /* with alpha, or more than 8 bits */
#define BYTES_PER_SOURCE_PIXEL 8
#define GIGABYTE               1e9

struct sides {
    struct picture reference, distorted;
};

/* Sides are rounded one by one, so each may be one pixel off: is there a scale that gives both? With one side as it was
 * the other has been cut. */
static bool keeps_shape(const struct sides *sides)
{
    double across = (double)sides->reference.width, down = (double)sides->reference.height;
    double width = (double)sides->distorted.width, height = (double)sides->distorted.height;
    double least = fmax((width - 1) / across, (height - 1) / down);
    double most = fmin((width + 1) / across, (height + 1) / down);
    return least <= most && (across == width) == (down == height);
}

static bool fits(const struct sides *sides, const struct pair_settings *settings, struct pair_score *score)
{
    const struct picture *from = &sides->reference, *to = &sides->distorted;
    score->resized = from->width != to->width || from->height != to->height;
    if (score->resized && !keeps_shape(sides)) {
        bool turned = from->width == to->height && from->height == to->width;
        snprintf(score->reason, sizeof score->reason, "%s: %zux%zu became %zux%zu",
                 turned ? "turned" : "cropped or stretched", from->width, from->height, to->width, to->height);
        return false;
    }
    bool deep = from->alpha || to->alpha || from->deep || to->deep;
    double need = (double)to->width * (double)to->height * (deep ? BYTES_PER_DEEP_PIXEL : BYTES_PER_PIXEL) +
                  (double)from->width * (double)from->height * BYTES_PER_SOURCE_PIXEL;
    if (settings->memory_bytes != UINT64_MAX && need > (double)settings->memory_bytes) {
        snprintf(score->reason, sizeof score->reason,
                 "too large: %zux%zu pixels take %.1f GB of memory, %.1f GB are free", to->width, to->height,
                 need / GIGABYTE, (double)settings->memory_bytes / GIGABYTE);
        return false;
    }
    return true;
}

static bool is_transparent(const struct pixels *pixels)
{
    if (pixels->bands < 4)
        return false;
    for (size_t i = 0; i < pixels->width * pixels->height; i++)
        if (pixels->values[4 * i + 3] != UINT16_MAX)
            return true;
    return false;
}

static double worse(double a, double b, bool first)
{
    return first ? b : isnan(a) || isnan(b) ? (double)NAN : b < a ? b : a;
}

static bool measure(const struct pixels *reference, const struct pixels *distorted, double background, bool first,
                    struct pair_score *score)
{
    struct fidelity plain;
    double perceived = (double)NAN;
    bool small = reference->width < SSIMULACRA2_SIDE_MIN || reference->height < SSIMULACRA2_SIDE_MIN;
    if (!fidelity(reference, distorted, background, &plain) ||
        (!small && !ssimulacra2(reference, distorted, background, &perceived))) {
        snprintf(score->reason, sizeof score->reason, "not enough memory to compare it");
        return false;
    }
    score->psnr_db = worse(score->psnr_db, plain.psnr_db, first);
    score->ssim = worse(score->ssim, plain.ssim, first);
    score->ms_ssim = worse(score->ms_ssim, plain.ms_ssim, first);
    score->ssimulacra2 = worse(score->ssimulacra2, perceived, first);
    if (small)
        snprintf(score->reason, sizeof score->reason, "smaller than %dx%d pixels: SSIMULACRA 2 is not defined for it",
                 SSIMULACRA2_SIDE_MIN, SSIMULACRA2_SIDE_MIN);
    return true;
}

static void measure_externals(const struct pixels *reference, const struct pixels *distorted,
                              const struct pair_settings *settings, struct pair_score *score)
{
    if (settings->external_count)
        external_measure(reference, distorted, settings, score->externals, score->external_reason);
}

/* Decodes and measures one frame; false with a reason. */
static bool compare_frame(const struct sides *sides, unsigned frame, const struct pair_settings *settings,
                          struct pair_score *score)
{
    struct pixels reference, distorted;
    size_t width = sides->distorted.width, height = sides->distorted.height;
    char reason[DECODE_REASON_BYTES];
    if (!decode_frame(&sides->reference, frame, width, height, &reference, reason)) {
        snprintf(score->reason, sizeof score->reason, "input %s", reason);
        return false;
    }
    if (!decode_frame(&sides->distorted, frame, width, height, &distorted, reason)) {
        snprintf(score->reason, sizeof score->reason, "output %s", reason);
        pixels_release(&reference);
        return false;
    }
    bool first = score->frames == 0, transparent = is_transparent(&reference) || is_transparent(&distorted);
    bool good = measure(&reference, &distorted, 0, first, score) &&
                (!transparent || measure(&reference, &distorted, 1, false, score));
    if (good) {
        score->frames++;
        score->alpha |= transparent;
        if (first)
            measure_externals(&reference, &distorted, settings, score);
    }
    pixels_release(&reference);
    pixels_release(&distorted);
    return good;
}

/* First, middle and last, each once. */
static size_t choose_frames(const struct sides *sides, unsigned frames[PAIR_FRAMES_MAX])
{
    unsigned count = sides->reference.frames == sides->distorted.frames ? sides->distorted.frames : 1;
    frames[0] = 0;
    frames[1] = count > 2 ? count / 2 : count - 1;
    frames[2] = count - 1;
    return count < PAIR_FRAMES_MAX ? count : PAIR_FRAMES_MAX;
}

static bool open_sides(struct pair_files files, char paths[2][40], struct sides *sides, struct pair_score *score)
{
    char reason[DECODE_REASON_BYTES];
    snprintf(paths[0], sizeof paths[0], "/proc/self/fd/%d", files.reference);
    snprintf(paths[1], sizeof paths[1], "/proc/self/fd/%d", files.distorted);
    bool read = decode_open(paths[0], &sides->reference, reason);
    if (!read) {
        snprintf(score->reason, sizeof score->reason, "input %s", reason);
        return false;
    }
    if (!decode_open(paths[1], &sides->distorted, reason)) {
        snprintf(score->reason, sizeof score->reason, "output %s", reason);
        return false;
    }
    return true;
}

/* What its header says; 1 where it says nothing. libvips reads one frame of an animated PNG or AVIF. */
static int64_t frames_by_header(const char *path, int fd)
{
    struct stat status;
    struct image_facts facts;
    if (fstat(fd, &status) != 0)
        return 1;
    uint64_t changed_ns = file_changed_ns(&status); /* not known: image_file_parse() says no */
    struct image_file_state state = {status.st_dev, status.st_ino, (uint64_t)status.st_size, changed_ns, changed_ns};
    bool animated = image_file_parse(path, &state, &facts) && facts.format != FORMAT_TIFF && facts.frames > 1;
    return animated ? facts.frames : 1;
}

/* Says where less was compared than there is. */
static void note_frames(struct pair_files files, char paths[2][40], const struct sides *sides, struct pair_score *score)
{
    int64_t reference = sides->reference.frames, distorted = sides->distorted.frames;
    if (reference == 1)
        reference = frames_by_header(paths[0], files.reference);
    if (distorted == 1)
        distorted = frames_by_header(paths[1], files.distorted);
    if (*score->reason || score->frames > 1 || (reference == 1 && distorted == 1))
        return;
    if (reference != distorted)
        snprintf(score->reason, sizeof score->reason, "only the first frame was compared: %" PRId64 " became %" PRId64,
                 reference, distorted);
    else
        snprintf(score->reason, sizeof score->reason, "only the first frame of %" PRId64 " was compared", reference);
}

void pair_compare(struct pair_files files, const struct pair_settings *settings, struct pair_score *score)
{
    char paths[2][40];
    struct sides sides;
    unsigned frames[PAIR_FRAMES_MAX];
    *score = pair_score_none("");
    if (!open_sides(files, paths, &sides, score) || !fits(&sides, settings, score))
        return;
    size_t count = choose_frames(&sides, frames);
    for (size_t i = 0; i < count; i++)
        if (!compare_frame(&sides, frames[i], settings, score)) {
            struct pair_score none = pair_score_none(score->reason);
            none.resized = score->resized;
            *score = none;
            return;
        }
    score->identical = isinf(score->psnr_db) && sides.reference.frames == sides.distorted.frames;
    note_frames(files, paths, &sides, score);
}

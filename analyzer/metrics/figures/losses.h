/* SPDX-License-Identifier: MIT
 * Owns: what an output can lack that its input had, and settings that its file contradicts.
 * Must not know: how files are compared. */
#ifndef ANALYZER_METRICS_FIGURES_LOSSES_H
#define ANALYZER_METRICS_FIGURES_LOSSES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/model/model.h"

/* What an output can lack that its input had. */
enum loss {
    LOSS_ICC,
    LOSS_EXIF,
    LOSS_XMP,
    LOSS_ORIENTATION, /* the note that the picture is to be turned, and nobody turned it */
    LOSS_ALPHA,
    LOSS_DEPTH,
    LOSS_ANIMATION,
    LOSS_PIXELS,
    LOSS_COUNT
};
/* "icc", …: the JSON key. */
const char *loss_name(enum loss loss);

/* A setting that the encoder was given, and what the file says instead, on the setting's own scale. */
struct disagreement {
    enum setting_key setting;
    double asked, file;
};
#define DISAGREEMENTS_MAX 12

struct image_check {
    bool compared;                      /* an ok image with inputs and outputs */
    int8_t lost[LOSS_COUNT];            /* 1, 0, or -1 = not known */
    struct disagreement *disagreements; /* NULL where there are none */
    size_t disagreement_count;
};

#endif

/* SPDX-License-Identifier: MIT
 * Owns: codec libraries that no row of preload/codecs.def wraps, and which of them a run may have used.
 * Must not know: records, figures.
 *
 * That a library is mapped does not say that it was used: frameworks are linked with a dozen. It is named where nothing
 * was mapped that is wrapped and calls it, and an image has a coder that was not seen; or where an image of its own
 * format was there. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/infer/parts/finish.h"
#include "analyzer/infer/parts/process.h"
#include "analyzer/infer/state/state.h"

/* Wrapped libraries that call others: the time of those is in their own calls. */
static const char *const callers[] = {"libvips.so",    "libMagickCore-", "libGraphicsMagick", "libgdk_pixbuf-",
                                      "libavcodec.so", "libavif.so",     "libheif.so",        "libjxl.so"};
enum {
    FRAMEWORKS = (1 << 5) - 1, /* any image format */
    CODERS = (1 << 8) - 1,     /* those of AV1 and HEVC, too */
};

static const struct {
    const char *name; /* begins so */
    unsigned callers; /* that make it their detail */
    unsigned formats; /* bits of enum image_format that it is for, as far as images of them are known */
} unhooked[] = {
    {"libopenjp2.so", FRAMEWORKS, 0},
    {"libjasper.so", FRAMEWORKS, 0},
    {"libraw.so", FRAMEWORKS, 0},
    {"libraw_r.so", FRAMEWORKS, 0},
    {"libOpenEXR", FRAMEWORKS, 0},
    {"libFLIF.so", FRAMEWORKS, 0},
    {"libbpg.so", FRAMEWORKS, 0},
    {"librsvg-2.so", FRAMEWORKS, 1u << FORMAT_SVG},
    {"libresvg.so", FRAMEWORKS, 1u << FORMAT_SVG},
    {"libspng.so", FRAMEWORKS, 1u << FORMAT_PNG},
    {"liblodepng.so", FRAMEWORKS, 1u << FORMAT_PNG},
    {"libdav1d.so", CODERS, 0},
    {"libgav1.so", CODERS, 0},
    {"librav1e.so", CODERS, 0},
    {"libSvtAv1", CODERS, 0},
    {"libx265.so", CODERS, 0},
    {"libde265.so", CODERS, 0},
    {"libkvazaar.so", CODERS, 0},
};
#define UNHOOKED (sizeof unhooked / sizeof *unhooked)
_Static_assert(UNHOOKED <= 32 && FORMAT_COUNT <= 32, "a bit for each");

void infer_unhooked_module(struct event *event, const char *name)
{
    for (unsigned i = 0; i < sizeof callers / sizeof *callers; i++)
        if (strncmp(name, callers[i], strlen(callers[i])) == 0)
            event->process->callers_mapped |= 1u << i;
    for (unsigned i = 0; i < UNHOOKED; i++) {
        if (strncmp(name, unhooked[i].name, strlen(unhooked[i].name)) != 0)
            continue;
        event->process->unhooked_mapped |= 1u << i;
        if (!event->infer->unhooked_names[i])
            event->infer->unhooked_names[i] = memory_text(name, strlen(name));
    }
}

void infer_unhooked_finish(struct infer *infer)
{
    struct run *run = infer->run;
    _Static_assert(UNHOOKED <= UNHOOKED_MAX, "a name for each");
    uint32_t *formats = memory_zeroed(run->process_count, sizeof *formats), used = 0;
    bool *unexplained = memory_zeroed(run->process_count, sizeof *unexplained);
    for (size_t i = 0; i < run->image_count; i++) {
        const struct image *image = &run->images[i];
        if ((image->input_count && !image->settings->decoder) || (image->output_count && !image->settings->encoder))
            unexplained[image->process] = true;
        for (size_t k = 0; k < image->input_count; k++)
            formats[image->process] |= 1u << run->files[image->inputs[k]].facts.format;
        for (size_t k = 0; k < image->output_count; k++)
            formats[image->process] |= 1u << run->files[image->outputs[k]].facts.format;
    }
    for (size_t p = 0; p < run->process_count; p++) {
        const struct process_state *process = infer->processes[p];
        for (unsigned i = 0; run->processes[p].images && i < UNHOOKED; i++)
            if (process->unhooked_mapped >> i & 1 &&
                (formats[p] & unhooked[i].formats ||
                 (unexplained[p] && !(process->callers_mapped & unhooked[i].callers))))
                used |= 1u << i;
    }
    free(formats);
    free(unexplained);
    run->unhooked_codecs = memory_zeroed(UNHOOKED, sizeof *run->unhooked_codecs);
    for (unsigned i = 0; i < UNHOOKED; i++) {
        if (used >> i & 1)
            run->unhooked_codecs[run->unhooked_count++] = infer->unhooked_names[i];
        else
            free(infer->unhooked_names[i]);
    }
}

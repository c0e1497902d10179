/* SPDX-License-Identifier: MIT
 * Owns: the text report's rows on what files say: losses, disagreements, the coding of one output.
 * Must not know: records, how figures come about. Computes nothing. */
#include "analyzer/render/text/text_parts.h"
#include "analyzer/render/text/text_sections.h"

#include <inttypes.h>
#include <math.h>

static const char *const titles[LOSS_COUNT] = {[LOSS_ICC] = "ICC",
                                               [LOSS_EXIF] = "EXIF",
                                               [LOSS_XMP] = "XMP",
                                               [LOSS_ORIENTATION] = "orientation",
                                               [LOSS_ALPHA] = "alpha",
                                               [LOSS_DEPTH] = "depth",
                                               [LOSS_ANIMATION] = "animation",
                                               [LOSS_PIXELS] = "pixels"};

static void counts(const struct page *page, const uint64_t counted[LOSS_COUNT], bool images)
{
    bool first = true;
    for (int i = 0; i < LOSS_COUNT; i++) {
        if (!counted[i])
            continue;
        fprintf(page->out, "%s%s %s%s", first ? "" : ", ", titles[i], images ? "in " : "of ",
                format_count(counted[i]).text);
        if (first && images)
            fputs(counted[i] == 1 ? " image" : " images", page->out);
        first = false;
    }
}

static bool is_any(const uint64_t counted[LOSS_COUNT])
{
    for (int i = 0; i < LOSS_COUNT; i++)
        if (counted[i])
            return true;
    return false;
}

void render_text_facts(const struct page *page)
{
    const struct metrics *metrics = page->metrics;
    FILE *out = page->out;
    if (!metrics->compared) {
        fputs("- Lost: n/a (no image with input and final output)\n", out);
    } else {
        fputs("- Lost: ", out);
        if (is_any(metrics->lost))
            counts(page, metrics->lost, true);
        else
            fputs("nothing that is known", out);
        fprintf(out, ", n=%s\n", format_count(metrics->compared).text);
        if (is_any(metrics->lost_unknown)) {
            render_text_row(page, 1, true);
            fputs("not known: ", out);
            counts(page, metrics->lost_unknown, false);
            fputc('\n', out);
        }
    }
    if (metrics->disagreeing)
        fprintf(out, "- Settings and Files Disagree: %s image%s (see --images)\n",
                format_count(metrics->disagreeing).text, metrics->disagreeing == 1 ? "" : "s");
}

static void coding(const struct page *page, const struct image_file *file)
{
    const struct image_facts *facts = &file->facts;
    FILE *out = page->out;
    fprintf(out, "      output file: %s", format_title(facts->format));
    if (facts->width > 0 && facts->height > 0)
        fprintf(out, " %" PRId64 "x%" PRId64, facts->width, facts->height);
    if (facts->depth > 0)
        fprintf(out, ", %d bit", facts->depth);
    if (!isnan(facts->quality))
        fprintf(out, ", q=%g (RMSE %.2f)", round(facts->quality), facts->quality_rmse);
    if (facts->webp_quality >= 0)
        fprintf(out, ", about q=%d-%d", facts->webp_quality, facts->webp_quality + WEBP_BUCKET - 1);
    if (facts->quantizer >= 0)
        fprintf(out, ", %s=%d", facts->format == FORMAT_WEBP ? "y_ac_qi" : "base_q_idx", facts->quantizer);
    if (facts->lossless == 1)
        fputs(", lossless", out);
    if (facts->subsampling > 0)
        fprintf(out, ", %d", facts->subsampling);
    if (facts->progressive == 1)
        fputs(facts->format == FORMAT_JPEG ? ", progressive" : ", interlaced", out);
    if (facts->restart_interval > 0)
        fprintf(out, ", restart interval %d", facts->restart_interval);
    if (facts->palette > 0)
        fprintf(out, ", palette of %d", facts->palette);
    if (facts->frames > 1)
        fprintf(out, ", %d frames", facts->frames);
    if (facts->alpha == 1)
        fputs(", alpha", out);
    if (facts->icc == 1)
        fputs(", ICC", out);
    if (facts->exif == 1)
        fputs(", EXIF", out);
    if (facts->xmp == 1)
        fputs(", XMP", out);
    fputs(file->facts_from_file ? "\n" : " (by its first bytes)\n", out);
}

void render_text_image_facts(const struct page *page, const struct image *image)
{
    const struct run *run = page->metrics->run;
    const struct image_check *check = &page->metrics->checks[image - run->images];
    if (image->output_count && run->files[image->outputs[0]].facts.format != FORMAT_UNKNOWN)
        coding(page, &run->files[image->outputs[0]]);
    const char *before = "      lost: ";
    for (int i = 0; i < LOSS_COUNT; i++)
        if (check->lost[i] == 1 && check->compared) {
            fprintf(page->out, "%s%s", before, titles[i]);
            before = ", ";
        }
    if (*before == ',')
        fputc('\n', page->out);
    for (size_t i = 0; i < check->disagreement_count; i++) {
        const struct disagreement *one = &check->disagreements[i];
        fprintf(page->out, "      disagree: %s %g asked for, %g in the file\n", format_setting(one->setting),
                one->asked, one->file);
    }
}

/* SPDX-License-Identifier: MIT
 * Owns: the text report's list of images, slowest first.
 * Must not know: records, how figures come about. Computes nothing. */
#include "analyzer/render/text/text_parts.h"
#include "analyzer/render/text/text_sections.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static int compare_slowest(const void *left, const void *right)
{
    const struct image *a = *(const struct image *const *)left, *b = *(const struct image *const *)right;
    if (a->busy_ns != b->busy_ns)
        return a->busy_ns < b->busy_ns ? 1 : -1;
    if (a->start_ns != b->start_ns)
        return a->start_ns > b->start_ns ? 1 : -1;
    return (a > b) - (a < b);
}

/* The first one, and how many more there are. */
static void path(const struct page *page, const uint32_t *files, size_t count)
{
    if (!count) {
        fputs("(none)", page->out);
        return;
    }
    render_text_foreign(page, page->metrics->run->files[files[0]].path);
    if (count > 1)
        fprintf(page->out, " (and %zu more)", count - 1);
}

static const char *title(const struct run *run, const uint32_t *files, size_t count)
{
    return count ? format_title(run->files[files[0]].facts.format) : "(none)";
}

static struct formatted size(const struct run *run, const uint32_t *files, size_t count)
{
    double bytes = count ? 0 : (double)NAN;
    for (size_t i = 0; i < count; i++)
        bytes += format_known(run->files[files[i]].bytes);
    return format_bytes(bytes);
}

static void stage(const struct page *page, const struct image *image, const char *name, enum stage stage)
{
    if (!image->stage_known[stage])
        fprintf(page->out, "%s n/a, ", name);
    else
        fprintf(page->out, "%s %s, ", name, format_duration((double)image->stage_ns[stage] / 1e9).text);
}

/* A source that several outputs are made from was read once, with the first of them. */
static void read_stages(const struct page *page, const struct image *image)
{
    const struct run *run = page->metrics->run;
    if (image->read_with == NO_ID || image->stage_ns[STAGE_VALIDATION])
        stage(page, image, "validation", STAGE_VALIDATION);
    if (image->read_with == NO_ID) {
        stage(page, image, "read", STAGE_IMAGE_READ);
        return;
    }
    const struct image *first = &run->images[image->read_with];
    fputs("read and decoded with ", page->out);
    path(page, first->outputs, first->output_count);
    fputs(", ", page->out);
}

static void settings(const struct page *page, const struct image_settings *settings)
{
    fprintf(page->out, "      settings: %s", settings->encoder ? settings->encoder : "encoder not seen");
    for (int key = 1; key < SETTING_COUNT; key++)
        if (settings->known[key])
            fprintf(page->out, " %s=%g", format_setting((enum setting_key)key), settings->value[key]);
    if (settings->decoder)
        fprintf(page->out, "; decoded by %s", settings->decoder);
    fputc('\n', page->out);
}

static void image_rows(const struct page *page, const struct image *image)
{
    const struct run *run = page->metrics->run;
    FILE *out = page->out;
    double ratio = page->metrics->images[image - run->images].size_ratio;
    fprintf(out, "- %s: %s ", format_duration((double)image->busy_ns / 1e9).text,
            title(run, image->inputs, image->input_count));
    fprintf(out, "%s %s, ", page->arrow, title(run, image->outputs, image->output_count));
    fprintf(out, "%s %s ", size(run, image->inputs, image->input_count).text, page->arrow);
    fprintf(out, "%s", size(run, image->outputs, image->output_count).text);
    if (!isnan(ratio))
        fprintf(out, " (%s)", format_change(ratio, page->options->ascii).text);
    fprintf(out, ", %s\n      ", image_status_name(image->status));
    path(page, image->inputs, image->input_count);
    fprintf(out, " %s ", page->arrow);
    path(page, image->outputs, image->output_count);
    fputs("\n      ", out);
    read_stages(page, image);
    stage(page, image, "processing", STAGE_OPTIMIZATION);
    stage(page, image, "write", STAGE_IMAGE_WRITE);
    stage(page, image, "cleanup", STAGE_CLEANUP);
    fprintf(out, "unattributed %s\n", format_duration((double)image->unattributed_ns / 1e9).text);
    settings(page, image->settings);
    render_text_image_facts(page, image);
}

void render_text_images(const struct page *page)
{
    const struct run *run = page->metrics->run;
    const struct image **order = calloc(run->image_count + 1, sizeof *order);
    if (!order) {
        fputs("\nImages: n/a (out of memory)\n", page->out);
        return;
    }
    for (size_t i = 0; i < run->image_count; i++)
        order[i] = &run->images[i];
    qsort(order, run->image_count, sizeof(*order), compare_slowest);
    size_t top = page->options->top, shown = top && top < run->image_count ? top : run->image_count;
    if (shown < run->image_count)
        fprintf(page->out, "\nImages (the slowest %zu of %zu):\n", shown, run->image_count);
    else
        fputs("\nImages (slowest first):\n", page->out);
    for (size_t i = 0; i < shown; i++)
        image_rows(page, order[i]);
    free(order);
}

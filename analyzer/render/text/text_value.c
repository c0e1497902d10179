/* SPDX-License-Identifier: MIT
 * Owns: the text report's rows about what the work was worth, and findings.
 * Must not know: records, how figures come about. Computes nothing. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "analyzer/render/finding_text.h"
#include "analyzer/render/text/text_parts.h"
#include "analyzer/metrics/findings/findings.h"
#include "analyzer/render/text/text_sections.h"

#define WORST_SHOWN 3

static bool says_something(const struct image_file *file)
{
    return file->kind == FILE_KIND_FILE && file->role != FILE_ROLE_INTERMEDIATE;
}

/* The path of what stands for the image: one pointer for all images of one source. */
static const char *image_name(const struct page *page, uint32_t id)
{
    const struct run *run = page->metrics->run;
    const struct image *image = &run->images[id];
    for (size_t i = 0; i < image->input_count; i++) /* the name of a pipe or a temporary file says nothing */
        if (says_something(&run->files[image->inputs[i]]))
            return run->files[image->inputs[i]].path;
    for (size_t i = 0; i < image->output_count; i++)
        if (says_something(&run->files[image->outputs[i]]))
            return run->files[image->outputs[i]].path;
    return image->input_count    ? run->files[image->inputs[0]].path
           : image->output_count ? run->files[image->outputs[0]].path
                                 : NULL;
}

static void last_part(const struct page *page, const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    render_text_foreign(page, slash && slash[1] ? slash + 1 : path);
}

void render_text_image_name(const struct page *page, uint32_t id)
{
    const struct run *run = page->metrics->run;
    const char *path = image_name(page, id);
    if (!path && run->images[id].process < run->process_count) { /* it was fed something that is no image */
        const struct process *process = &run->processes[run->images[id].process];
        fprintf(page->out, "no image file (pid %" PRIu32 " ", process->pid);
        last_part(page, process->exe ? process->exe : "program unknown");
        fputc(')', page->out);
        return;
    }
    last_part(page, path);
}

static void examples(const struct page *page, const uint32_t *images, size_t count, uint64_t all)
{
    uint32_t shown[WORST_SHOWN];
    size_t names = 0;
    for (size_t i = 0; i < count && names < WORST_SHOWN; i++) {
        size_t same = 0; /* several images of one source have its name */
        while (same < names && image_name(page, shown[same]) != image_name(page, images[i]))
            same++;
        if (same < names)
            continue;
        fputs(names ? ", " : ": ", page->out);
        render_text_image_name(page, images[i]);
        shown[names++] = images[i];
    }
    if (names == WORST_SHOWN && all > WORST_SHOWN)
        fputs(page->options->ascii ? ", ..." : ", …", page->out);
}

/* A row below "Value"; the last one is always that of the transfers. */
static void group_row(const struct page *page, const char *title, const struct value_group *group)
{
    if (!group->n)
        return;
    render_text_row(page, 1, false);
    bool cpu = !isnan(group->cpu_s);
    fprintf(page->out, "%s: %s image%s, %s %s", title, format_count(group->n).text, group->n == 1 ? "" : "s",
            format_duration(cpu ? group->cpu_s : group->busy_s).text, cpu ? "CPU" : "busy");
    examples(page, group->worst, group->worst_count, group->n);
    fputc('\n', page->out);
}

static void repeated_row(const struct page *page)
{
    const struct value_figures *value = &page->metrics->value;
    if (!value->repeated_files)
        return;
    render_text_row(page, 1, false);
    fprintf(page->out, "Read more than once: %s source%s, %s and %s for the further times\n",
            format_count(value->repeated_files).text, value->repeated_files == 1 ? "" : "s",
            format_bytes((double)value->repeated_bytes).text, format_duration(value->repeated_s).text);
}

static void temporary_row(const struct page *page)
{
    const struct value_figures *value = &page->metrics->value;
    if (!value->intermediate_files)
        return;
    render_text_row(page, 1, false);
    fprintf(page->out, "Temporary images: %s of %s, %s to write and read\n",
            format_count(value->intermediate_files).text, format_bytes((double)value->intermediate_bytes).text,
            format_duration(value->intermediate_s).text);
}

void render_text_value(const struct page *page)
{
    const struct value_figures *value = &page->metrics->value;
    if (isnan(value->cpu_s_per_mb_saved))
        fputs("- CPU per MB saved: n/a (nothing saved, or CPU time unknown)\n", page->out);
    else
        fprintf(page->out, "- CPU per MB saved: %s\n", format_duration(value->cpu_s_per_mb_saved).text);
    group_row(page, "Grew", &value->grew);
    group_row(page, "Saved less than 1 %", &value->little);
    group_row(page, "Thrown away", &value->discarded);
    group_row(page, "Failed", &value->failed);
    group_row(page, "Lossy already, coded lossily again", &value->reencoded);
    repeated_row(page);
    temporary_row(page);
    render_text_row(page, 1, true);
    fprintf(page->out, "Calls on image files: %s, %s of them below 4 KiB\n", format_count(value->io_ops).text,
            format_count(value->small_ops).text);
}

void render_text_findings(const struct page *page)
{
    const struct metrics *metrics = page->metrics;
    char text[FINDING_TEXT];
    if (!metrics->finding_count) {
        fprintf(page->out, "\nFindings: none (%zu rules looked at)\n", finding_rule_count);
        return;
    }
    fputs("\nFindings (worst first):\n", page->out);
    for (size_t i = 0; i < metrics->finding_count; i++) {
        const struct finding *finding = &metrics->findings[i];
        fprintf(page->out, "%zu. [%s] ", i + 1, finding_severity_name(finding->severity));
        render_finding_text(finding, finding->title, text);
        render_text_foreign(page, text);
        if (finding->image_count)
            fputs("\n   images", page->out);
        examples(page, finding->images, finding->image_count, finding->image_count);
        fprintf(page->out, "\n   %s ", page->arrow);
        render_finding_text(finding, finding->remedy, text);
        render_text_foreign(page, text);
        fputc('\n', page->out);
    }
}

/* SPDX-License-Identifier: MIT
 * Owns: the text report's section on trust, and what is said of a run without images.
 * Must not know: records, how figures come about. Computes nothing. */
#include "analyzer/render/text/text_parts.h"
#include "analyzer/render/text/text_sections.h"

#include <inttypes.h>
#include <math.h>
#include <time.h>

#define PROCESS_ROWS 12
#define FILE_ROWS    12

static void coverage(const struct page *page)
{
    const struct metrics *metrics = page->metrics;
    FILE *out = page->out;
    fputs("- Coverage: ", out);
    if (isnan(metrics->coverage_ratio))
        fputs("n/a (the kernel's I/O counters could not be read)", out);
    else
        fprintf(out, "%s of kernel I/O bytes", format_percent(metrics->coverage_ratio).text);
    if (metrics->coverage_processes && metrics->coverage_processes < metrics->run->process_count)
        fprintf(out, " (%s of %zu processes readable)", format_count(metrics->coverage_processes).text,
                metrics->run->process_count);
    if (!isnan(metrics->attributed_ratio))
        fprintf(out, "; %s of worker time attributed (%s observed, %s inferred)",
                format_percent(metrics->attributed_ratio).text, format_percent(metrics->observed_ratio).text,
                format_percent(metrics->inferred_ratio).text);
    fputc('\n', out);
    for (size_t i = 0; i < metrics->gap_count; i++) {
        const struct process *process = &metrics->run->processes[metrics->gaps[i].process];
        render_text_row(page, 1, i + 1 == metrics->gap_count);
        fprintf(out, "%" PRIu32 " ", process->pid);
        render_text_foreign(page, process->command ? process->command : process->exe);
        fprintf(out, ": %s %s\n", format_bytes((double)metrics->gaps[i].bytes).text,
                metrics->gaps[i].more ? "more seen than the kernel counted" : "not seen");
    }
}

static void overhead(const struct page *page)
{
    const struct metrics *metrics = page->metrics;
    FILE *out = page->out;
    if (isnan(metrics->overhead_ratio))
        fputs("- Overhead: n/a (not calibrated, or CPU time unknown; ", out);
    else
        fprintf(out, "- Overhead: about %s (", format_percent(metrics->overhead_ratio).text);
    fprintf(out, "%s records, %s lost)\n", format_count(metrics->run->records).text,
            format_count(metrics->run->lost_records).text);
}

static void originals(const struct page *page)
{
    const struct originals *kept = &page->metrics->run->originals;
    uint64_t missed = 0;
    if (!kept->wanted)
        return;
    for (int why = 0; why < ORIGINAL_MISSED_WHYS; why++)
        missed += kept->missed_total[why];
    fprintf(page->out, "- Originals kept: %s (%s, in %s beside the programs' own calls)", format_count(kept->kept).text,
            format_bytes((double)kept->kept_bytes).text, format_duration((double)kept->ns / 1e9).text);
    if (missed)
        fprintf(page->out, "; not kept: %s (%s did not fit into IMGBENCH_QUOTA, %s locked, %s failed)",
                format_count(missed).text, format_count(kept->missed_total[ORIGINAL_NO_ROOM]).text,
                format_count(kept->missed_total[ORIGINAL_LOCKED]).text,
                format_count(kept->missed_total[ORIGINAL_FAILED]).text);
    fputc('\n', page->out);
}

static void estimates(const struct page *page)
{
    const struct metrics *metrics = page->metrics;
    const char *comma = "";
    fputs("- Inferred or estimated: ", page->out);
    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        if (!metrics->stages[stage].inferred)
            continue;
        fprintf(page->out, "%s%s time", comma, stage_name((enum stage)stage));
        comma = ", ";
    }
    if (!isnan(metrics->peak_rss_bytes) && metrics->run->peak_is_tree && !metrics->run->peak_is_measured) {
        fprintf(page->out, "%smemory of all processes together", comma);
        comma = ", ";
    }
    if (!isnan(metrics->cpu_peak_ratio)) {
        fprintf(page->out, "%sCPU peak and minimum", comma);
        comma = ", ";
    }
    if (metrics->helpers_shared) {
        fprintf(page->out, "%sCPU of threads that worked for several images", comma);
        comma = ", ";
    }
    if (!isnan(metrics->overhead_ratio)) {
        fprintf(page->out, "%soverhead", comma);
        comma = ", ";
    }
    fputs(*comma ? "; all else observed\n" : "nothing\n", page->out);
}

static void recorded(const struct page *page)
{
    const struct run *run = page->metrics->run;
    FILE *out = page->out;
    int64_t start_ns = (int64_t)run->start_ns + run->realtime_offset_ns;
    time_t seconds = (time_t)(start_ns / 1000000000);
    struct tm utc;
    char text[32];
    if (gmtime_r(&seconds, &utc) && strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &utc))
        fprintf(out, "- Recorded: %s", text);
    else
        fputs("- Recorded: n/a (time unreadable)", out);
    const struct host *host = &run->host;
    if (host->cpu_model) {
        fputs(" on ", out);
        render_text_foreign(page, host->cpu_model);
    }
    if (host->cpus && !isnan(host->usable_cpus))
        fprintf(out, ", %.3g of %" PRIu32 " CPUs usable", host->usable_cpus, host->cpus);
    else
        fputs("; machine n/a (no process lived long enough to describe it)", out);
    if (host->kernel) {
        fputs(", ", out);
        render_text_foreign(page, host->kernel);
    }
    fputc('\n', out);
}

static void process_end(const struct page *page, const struct process *process)
{
    FILE *out = page->out;
    if (process->signal > 0)
        fprintf(out, "killed by signal %d", process->signal);
    else if (process->exit_code >= 0)
        fprintf(out, "exit %d", process->exit_code);
    else
        fputs(process->ended ? "exit code unknown" : "end not recorded", out);
    if (process->in_flight) {
        fputs(" in ", out);
        render_text_foreign(page, process->in_flight);
    }
}

static bool ended_badly(const struct process *process)
{
    return process->signal > 0 || process->exit_code > 0 || process->in_flight;
}

/* With only_bad, processes that ended as they should are left out. */
static void process_rows(const struct page *page, bool only_bad)
{
    const struct run *run = page->metrics->run;
    size_t wanted = 0, shown = 0;
    for (size_t i = 0; i < run->process_count; i++)
        wanted += !only_bad || ended_badly(&run->processes[i]);
    if (only_bad && !wanted)
        return;
    fprintf(page->out, only_bad ? "- Processes that failed: %zu of %zu\n" : "- Processes: %zu\n", wanted,
            run->process_count);
    for (size_t i = 0; i < run->process_count && shown < PROCESS_ROWS; i++) {
        const struct process *process = &run->processes[i];
        if (only_bad && !ended_badly(process))
            continue;
        shown++;
        render_text_row(page, 1, shown == wanted);
        fprintf(page->out, "%" PRIu32 " ", process->pid);
        render_text_foreign(page, process->command ? process->command : process->exe);
        fputs(" (", page->out);
        process_end(page, process);
        fprintf(page->out, ", %s record%s)\n", format_count(process->records).text, process->records == 1 ? "" : "s");
    }
    if (shown < wanted) {
        render_text_row(page, 1, true);
        fprintf(page->out, "%zu more\n", wanted - shown);
    }
}

static void idle(const struct page *page)
{
    uint64_t count = page->metrics->run->idle_children;
    if (count)
        fprintf(page->out, "- Idle: %s forked child%s ended having done nothing that is recorded\n",
                format_count(count).text, count == 1 ? "" : "ren");
}

static void unhooked(const struct page *page)
{
    const struct run *run = page->metrics->run;
    if (!run->unhooked_count)
        return;
    fputs("- Codecs Not Wrapped:", page->out);
    for (size_t i = 0; i < run->unhooked_count; i++) {
        fputs(i ? ", " : " ", page->out);
        render_text_foreign(page, run->unhooked_codecs[i]);
    }
    fputs(" (their time counts for the codec that called them, or is inferred)\n", page->out);
}

static void paused(const struct page *page)
{
    const struct metrics *metrics = page->metrics;
    if (metrics->run->pause_count)
        fprintf(page->out, "- Paused: %zu time%s, %s in all, which no figure counts (imgbench stop, start)\n",
                metrics->run->pause_count, metrics->run->pause_count == 1 ? "" : "s",
                format_duration(metrics->paused_s).text);
}

static void missing(const struct page *page)
{
    const struct run *run = page->metrics->run;
    for (size_t i = 0; i < sizeof run->missing / sizeof *run->missing && run->missing[i]; i++) {
        fputs("- Missing: ", page->out);
        render_text_foreign(page, run->missing[i]);
        fputc('\n', page->out);
    }
}

static void notes(const struct page *page)
{
    const struct run *run = page->metrics->run;
    if (!run->note_count)
        return;
    fputs("- Notes:\n", page->out);
    for (size_t i = 0; i < run->note_count; i++) {
        render_text_row(page, 1, i + 1 == run->note_count);
        render_text_foreign(page, run->notes[i]);
        fputc('\n', page->out);
    }
}

void render_text_trust(const struct page *page)
{
    fputs("\nTrust:\n", page->out);
    coverage(page);
    overhead(page);
    originals(page);
    missing(page);
    paused(page);
    if (page->metrics->chains) {
        estimates(page);
        process_rows(page, true);
    }
    idle(page);
    recorded(page);
    unhooked(page);
    notes(page);
}

static void file_row(const struct page *page, const struct image_file *file, bool last)
{
    render_text_row(page, 1, last);
    render_text_foreign(page, file->path);
    fprintf(page->out, " (%s", format_title(file->facts.format));
    if (file->facts.width > 0 && file->facts.height > 0)
        fprintf(page->out, ", %" PRId64 "x%" PRId64, file->facts.width, file->facts.height);
    if (file->bytes != UNKNOWN)
        fprintf(page->out, ", %s", format_bytes((double)file->bytes).text);
    fputs(")\n", page->out);
}

static void io_text(const struct page *page, const char *verb, const struct io_total *total, const char *end)
{
    fprintf(page->out, "%s %s in %s call%s%s", format_bytes((double)total->bytes).text, verb,
            format_count(total->ops).text, total->ops == 1 ? "" : "s", end);
}

void render_text_nothing(const struct page *page)
{
    const struct run *run = page->metrics->run;
    FILE *out = page->out;
    fputs("No image was processed in this run: nothing that was recorded wrote an image.\n\nSeen Instead:\n", out);
    fprintf(out, "- Total Duration: %s\n", format_duration(page->metrics->duration_s).text);
    process_rows(page, false);
    if (run->file_count) {
        size_t shown = run->file_count < FILE_ROWS ? run->file_count : FILE_ROWS;
        fprintf(out, "- Image Files: %zu\n", run->file_count);
        for (size_t i = 0; i < shown; i++)
            file_row(page, &run->files[i], i + 1 == run->file_count);
        if (shown < run->file_count) {
            render_text_row(page, 1, true);
            fprintf(out, "%zu more\n", run->file_count - shown);
        }
    } else {
        fputs("- Image Files: none\n", out);
    }
    fputs("- I/O of All Files: ", out);
    io_text(page, "read", &run->all_read, ", ");
    io_text(page, "written", &run->all_write, "\n");
    fputs("\nIf images were expected: a static or setuid program, or one that was started without LD_PRELOAD in its\n"
          "environment, leaves no records.\n",
          out);
}

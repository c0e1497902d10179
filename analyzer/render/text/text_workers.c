/* SPDX-License-Identifier: MIT
 * Owns: the text report's rows about workers: where the time of each goes, how many ran at once, what limited them.
 * Must not know: records, how figures come about. Computes nothing. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "analyzer/render/text/text_parts.h"
#include "analyzer/render/text/text_sections.h"

#define WORKER_ROWS 8

static void split(const struct page *page, const struct worker_figures *figures)
{
    if (isnan(figures->on_cpu_s)) {
        fputs(", CPU n/a", page->out);
        return;
    }
    fprintf(page->out, " (%s on CPU", format_duration(figures->on_cpu_s).text);
    if (!isnan(figures->run_queue_s))
        fprintf(page->out, ", %s waiting for one", format_duration(figures->run_queue_s).text);
    fprintf(page->out, ", %s in I/O calls, %s other)", format_duration(figures->io_call_s).text,
            format_duration(figures->other_s).text);
}

static void pool_row(const struct page *page)
{
    static const char *const limits[] = {[POOL_LIMIT_NONE] = "",
                                         [POOL_LIMIT_POOL] = "; limited by the number of workers",
                                         [POOL_LIMIT_CPU] = "; limited by the CPUs",
                                         [POOL_LIMIT_TAIL] = "; limited by the last image",
                                         [POOL_LIMIT_IO] = "; limited by I/O"};
    const struct pool_figures *pool = &page->metrics->pool;
    fprintf(page->out, "In flight at once: %s on average, %s at most", format_number(pool->in_flight_mean).text,
            format_count(pool->in_flight_peak).text);
    if (!isnan(pool->idle_cpus)) {
        struct formatted idle = format_number(pool->idle_cpus);
        fprintf(page->out, "; %s CPU%s idle meanwhile", idle.text, strcmp(idle.text, "1") ? "s" : "");
    }
    if (pool->tail_s > 0)
        fprintf(page->out, "; last one alone for %s", format_duration(pool->tail_s).text);
    fprintf(page->out, "%s\n", limits[pool->limit]);
}

void render_text_workers(const struct page *page)
{
    const struct run *run = page->metrics->run;
    if (run->image_count < 2)
        return;
    size_t shown = run->worker_count < WORKER_ROWS ? run->worker_count : WORKER_ROWS;
    fprintf(page->out, "- Workers: %zu\n", run->worker_count);
    for (size_t i = 0; i < shown; i++) {
        const struct worker_figures *figures = &page->metrics->workers[i];
        render_text_row(page, 1, false);
        fprintf(page->out, "Worker %zu: %" PRIu32 " task%s of %s on average, active %s", i, run->workers[i].tasks,
                run->workers[i].tasks == 1 ? "" : "s", format_duration(figures->mean_task_s).text,
                format_duration(figures->active_s).text);
        split(page, figures);
        fprintf(page->out, ", idle %s\n", format_duration(figures->idle_s).text);
    }
    if (shown < run->worker_count) {
        render_text_row(page, 1, false);
        fprintf(page->out, "%zu more\n", run->worker_count - shown);
    }
    render_text_row(page, 1, true);
    pool_row(page);
}

/* SPDX-License-Identifier: MIT
 * Owns: figures of named moments and spans. Must not know: records, formatting. */
#include "analyzer/metrics/time/marks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/metrics/figures/figures.h"
#include "analyzer/metrics/figures/marks.h"
#include "analyzer/metrics/statistics/timing.h"

#define NS_PER_S 1e9

static int by_sum(const void *left, const void *right)
{
    const struct span_figures *a = left, *b = right;
    if (a->time.sum != b->time.sum)
        return a->time.sum < b->time.sum ? 1 : -1;
    return a->name < b->name ? -1 : a->name > b->name;
}

static bool find_spans(struct metrics *metrics)
{
    const struct run *run = metrics->run;
    struct mark_figures *marks = &metrics->marks;
    marks->spans = calloc(run->mark_name_count + 1, sizeof *marks->spans);
    if (!marks->spans)
        return false;
    for (size_t i = 0; i < run->mark_name_count; i++) {
        const struct mark_name *name = &run->mark_names[i];
        marks->points += name->points;
        marks->begins_left += name->begins_left;
        marks->ends_left += name->ends_left;
        marks->unmeasured += name->spans - name->length_count;
        if (!name->spans && !name->begins_left && !name->ends_left)
            continue;
        struct span_figures *figures = &marks->spans[marks->span_count++];
        figures->name = (uint32_t)i;
        timing_init(&figures->time);
        for (size_t k = 0; k < name->length_count; k++)
            timing_update(&figures->time, (double)name->lengths_ns[k] / NS_PER_S);
        timing_finish(&figures->time);
        if (!figures->time.count)
            figures->time.sum = 0; /* nothing was measured, of nothing */
    }
    qsort(marks->spans, marks->span_count, sizeof *marks->spans, by_sum);
    return true;
}

static int by_ns(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

/* Starts of the images' work, by time. NULL when memory ends. */
static uint64_t *image_starts(const struct run *run)
{
    uint64_t *starts = calloc(run->image_count + 1, sizeof *starts);
    for (size_t i = 0; starts && i < run->image_count; i++)
        starts[i] = run->images[i].start_ns;
    if (starts)
        qsort(starts, run->image_count, sizeof *starts, by_ns);
    return starts;
}

/* From each drop to what it led to: the first start that follows it, unless another drop comes before. */
static void measure_drops(struct frontend_figures *frontend, const uint64_t *drops, const uint64_t *starts,
                          size_t start_count)
{
    size_t at = 0;
    for (size_t i = 0; i < frontend->drops; i++) {
        while (at < start_count && starts[at] < drops[i])
            at++;
        if (at < start_count && (i + 1 == frontend->drops || starts[at] < drops[i + 1]))
            timing_update(&frontend->drop_to_start, (double)(starts[at] - drops[i]) / NS_PER_S);
        else
            frontend->drops_unanswered++;
    }
}

/* The listed marks of one name, by time; returns how many. */
static size_t moments_of(const struct run *run, const char *name, uint64_t *out)
{
    size_t count = 0;
    for (size_t i = 0; i < run->mark_count; i++)
        if (run->marks[i].kind != MARK_END && strcmp(run->mark_names[run->marks[i].name].name, name) == 0)
            out[count++] = run->marks[i].time_ns;
    return count;
}

static bool find_drops(struct metrics *metrics)
{
    const struct run *run = metrics->run;
    struct frontend_figures *frontend = &metrics->marks.frontend;
    uint64_t *drops = calloc(run->mark_count + 1, sizeof *drops), *starts = calloc(run->mark_count + 1, sizeof *starts),
             *images = image_starts(run);
    bool good = drops && starts && images;
    if (good) {
        frontend->drops = moments_of(run, MARKS_FRONTEND "drop", drops);
        size_t start_count = moments_of(run, MARKS_FRONTEND "start", starts);
        frontend->start_s = start_count ? (double)(int64_t)(starts[0] - run->start_ns) / NS_PER_S : (double)NAN;
        frontend->drop_to_image = frontend->drops && !start_count;
        measure_drops(frontend, drops, start_count ? starts : images, start_count ? start_count : run->image_count);
        frontend->drop_to_start.inferred = frontend->drop_to_image;
        timing_finish(&frontend->drop_to_start);
    }
    free(drops);
    free(starts);
    free(images);
    return good;
}

static bool find_interactions(struct metrics *metrics)
{
    static const char prefix[] = MARKS_FRONTEND "interaction.";
    const struct run *run = metrics->run;
    struct frontend_figures *frontend = &metrics->marks.frontend;
    frontend->list = calloc(run->mark_count + 1, sizeof *frontend->list);
    if (!frontend->list)
        return false;
    for (size_t i = 0; i < run->mark_name_count; i++)
        if (marks_is_for(run->mark_names[i].name, prefix))
            frontend->interactions += run->mark_names[i].points;
    for (size_t i = 0; i < run->mark_count; i++) {
        const struct mark *mark = &run->marks[i];
        const char *name = run->mark_names[mark->name].name;
        if (mark->kind == MARK_POINT && marks_is_for(name, prefix))
            frontend->list[frontend->listed++] = (struct interaction){name + sizeof prefix - 1, mark};
    }
    return true;
}

bool metrics_marks(struct metrics *metrics)
{
    const struct run *run = metrics->run;
    struct mark_figures *marks = &metrics->marks;
    timing_init(&marks->frontend.drop_to_start);
    marks->frontend.start_s = NAN;
    if (!find_spans(metrics))
        return false;
    for (size_t i = 0; i < run->mark_name_count; i++) {
        marks->frontend.known = marks->frontend.known || marks_is_for(run->mark_names[i].name, MARKS_FRONTEND);
        marks->sidecar = marks->sidecar || marks_is_for(run->mark_names[i].name, MARKS_SIDECAR);
    }
    for (size_t i = 0; i < marks->span_count; i++)
        if (strcmp(run->mark_names[marks->spans[i].name].name, MARKS_FRONTEND "update") == 0)
            marks->frontend.updates = &marks->spans[i];
    return !marks->frontend.known || (find_drops(metrics) && find_interactions(metrics));
}

void metrics_marks_release(struct metrics *metrics)
{
    for (size_t i = 0; metrics->marks.spans && i < metrics->marks.span_count; i++)
        timing_release(&metrics->marks.spans[i].time);
    timing_release(&metrics->marks.frontend.drop_to_start);
    free(metrics->marks.spans);
    free(metrics->marks.frontend.list);
}

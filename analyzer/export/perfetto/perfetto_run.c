/* SPDX-License-Identifier: MIT
 * Owns: what a run tells Perfetto: processes, workers with their images and stages, resources over time; marks are in
 * perfetto_marks.c.
 * Must not know: records, fields of packets. */
#include "analyzer/export/perfetto/perfetto_run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/export/perfetto/perfetto_marks.h"
#include "analyzer/export/perfetto/perfetto_lanes.h"
#include "analyzer/metrics/quality/pairs.h"
#include "analyzer/metrics/quality/quality.h"

static uint32_t name_of(struct perfetto *perfetto, const char *text)
{
    return perfetto_name(perfetto, text, strlen(text));
}

static uint32_t text_of(struct perfetto *perfetto, const char *text)
{
    return text ? perfetto_text(perfetto, text, strlen(text)) : 0;
}

static const char *last_part(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash && slash[1] ? slash + 1 : path && *path ? path : "unnamed";
}

static void write_processes(struct perfetto *perfetto)
{
    const struct run *run = perfetto->metrics->run;
    for (uint32_t i = 0; i < run->process_count; i++) {
        const struct process *process = &run->processes[i];
        uint32_t name = name_of(perfetto, last_part(process->exe));
        uint64_t track = perfetto_process_track(i);
        perfetto_describe_process(perfetto, i);
        size_t event = perfetto_open_slice(perfetto, track, process->start_ns, CATEGORY_PROCESS, name);
        perfetto_argument_number(perfetto, ARGUMENT_PID, process->pid);
        if (process->cpu_ns != UNKNOWN)
            perfetto_argument_number(perfetto, ARGUMENT_CPU_NS, process->cpu_ns);
        perfetto_end_event(perfetto, event);
        perfetto_close_slice(perfetto, track,
                             process->end_ns > process->start_ns ? process->end_ns : process->start_ns);
    }
}

/* ---- images ---- */

struct phase {
    uint64_t start_ns;
    enum stage stage;
};

static int by_phase(const void *a, const void *b)
{
    const struct phase *x = a, *y = b;
    return x->start_ns != y->start_ns ? (x->start_ns < y->start_ns ? -1 : 1) : (int)x->stage - (int)y->stage;
}

static uint64_t end_of(const struct image *image)
{
    return image->end_ns > image->start_ns ? image->end_ns : image->start_ns;
}

/* A stage's slice goes from its first moment to the next one's: stages take turns, and only their sums are known. */
static void write_stages(struct perfetto *perfetto, uint64_t track, const struct image *image)
{
    struct phase phases[STAGE_COUNT];
    size_t count = 0;
    bool split = image->phase_start_ns[STAGE_DECODE] != UNKNOWN || image->phase_start_ns[STAGE_ENCODE] != UNKNOWN ||
                 image->phase_start_ns[STAGE_TRANSFORM] != UNKNOWN;
    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        uint64_t start_ns = image->phase_start_ns[stage];
        if (stage != STAGE_WORKER_INIT && !(stage == STAGE_OPTIMIZATION && split) && start_ns != UNKNOWN &&
            start_ns >= image->start_ns && start_ns <= end_of(image))
            phases[count++] = (struct phase){start_ns, (enum stage)stage};
    }
    qsort(phases, count, sizeof *phases, by_phase);
    for (size_t i = 0; i < count; i++) {
        enum stage stage = phases[i].stage;
        uint32_t source =
            text_of(perfetto, image->inferred_ns[stage] > image->stage_ns[stage] / 2 ? "inferred" : "observed");
        size_t event = perfetto_open_slice(perfetto, track, phases[i].start_ns, CATEGORY_STAGE,
                                           name_of(perfetto, stage_name(stage)));
        if (image->stage_known[stage]) {
            perfetto_argument_number(perfetto, ARGUMENT_BUSY_NS, image->stage_ns[stage]);
            perfetto_argument_text(perfetto, ARGUMENT_SOURCE, source);
        }
        perfetto_end_event(perfetto, event);
        perfetto_close_slice(perfetto, track, i + 1 < count ? phases[i + 1].start_ns : end_of(image));
    }
}

static uint32_t first_path(struct perfetto *perfetto, const uint32_t *files, size_t count)
{
    return count ? text_of(perfetto, perfetto->metrics->run->files[files[0]].path) : 0;
}

static void write_image(struct perfetto *perfetto, uint64_t track, uint32_t index)
{
    const struct run *run = perfetto->metrics->run;
    const struct image *image = &run->images[index];
    const struct image_figures *figures = &perfetto->metrics->images[index];
    const struct quality_pair *pair = metrics_pair_of(perfetto->metrics, index);
    double retained = pair ? quality_retained(&pair->score) : NAN;
    const uint32_t *named = image->input_count ? image->inputs : image->outputs;
    char label[SETTING_LABEL_BYTES];
    metrics_setting_label(run, image, label);
    uint32_t name =
        name_of(perfetto, image->input_count + image->output_count ? last_part(run->files[*named].path) : "unnamed");
    uint32_t input = first_path(perfetto, image->inputs, image->input_count);
    uint32_t output = first_path(perfetto, image->outputs, image->output_count);
    uint32_t status = text_of(perfetto, image_status_name(image->status));
    uint32_t setting = *label ? text_of(perfetto, label) : 0;
    size_t event = perfetto_open_slice(perfetto, track, image->start_ns, CATEGORY_IMAGE, name);
    perfetto_argument_number(perfetto, ARGUMENT_IMAGE, index);
    perfetto_argument_text(perfetto, ARGUMENT_STATUS, status);
    if (input)
        perfetto_argument_text(perfetto, ARGUMENT_INPUT, input);
    if (output)
        perfetto_argument_text(perfetto, ARGUMENT_OUTPUT, output);
    if (figures->bytes_in != UNKNOWN)
        perfetto_argument_number(perfetto, ARGUMENT_BYTES_IN, figures->bytes_in);
    if (figures->bytes_out != UNKNOWN)
        perfetto_argument_number(perfetto, ARGUMENT_BYTES_OUT, figures->bytes_out);
    if (isfinite(figures->size_ratio))
        perfetto_argument_real(perfetto, ARGUMENT_SIZE_RATIO, figures->size_ratio);
    if (setting)
        perfetto_argument_text(perfetto, ARGUMENT_SETTING, setting);
    if (isfinite(retained))
        perfetto_argument_real(perfetto, ARGUMENT_QUALITY_RETAINED, retained);
    if (image->process < run->process_count)
        perfetto_argument_number(perfetto, ARGUMENT_PID, run->processes[image->process].pid);
    perfetto_argument_number(perfetto, ARGUMENT_BUSY_NS, image->busy_ns);
    if (image->cpu_ns != UNKNOWN)
        perfetto_argument_number(perfetto, ARGUMENT_CPU_NS, image->cpu_ns);
    perfetto_end_event(perfetto, event);
    write_stages(perfetto, track, image);
    perfetto_close_slice(perfetto, track, end_of(image));
}

/* Images of a worker that overlap (a pipeline, a server) get tracks of their own. */
static void image_lane(struct perfetto *perfetto, uint32_t worker, size_t beside, char name[PERFETTO_LANE_BYTES])
{
    (void)perfetto;
    size_t at = worker == NO_ID ? (size_t)snprintf(name, PERFETTO_LANE_BYTES, "No worker")
                                : (size_t)snprintf(name, PERFETTO_LANE_BYTES, "Worker %u", worker);
    if (beside)
        snprintf(name + at, PERFETTO_LANE_BYTES - at, ", beside (%zu)", beside + 1);
}

static void write_images(struct perfetto *perfetto)
{
    const struct run *run = perfetto->metrics->run;
    struct perfetto_piece *images = memory_zeroed(run->image_count, sizeof *images);
    for (uint32_t i = 0; i < run->image_count; i++) {
        const struct image *image = &run->images[i];
        images[i] = (struct perfetto_piece){image->start_ns, end_of(image), image->worker, i};
    }
    perfetto_lay(perfetto, "Images", images, run->image_count, image_lane, write_image);
    free(images);
}

/* ---- resources ---- */

static void write_samples(struct perfetto *perfetto)
{
    const struct run *run = perfetto->metrics->run;
    static const char *const names[] = {"RSS", "Heap", "CPU (% of the usable CPUs)", "Threads"};
    uint64_t root = perfetto_new_track(perfetto), tracks[4];
    perfetto_describe_track(perfetto, root, 0, "All processes");
    for (unsigned i = 0; i < 4; i++) {
        tracks[i] = perfetto_new_track(perfetto);
        perfetto_describe_counter(perfetto, tracks[i], root, names[i], i < 2 ? COUNTER_BYTES : COUNTER_COUNT);
    }
    for (size_t i = 0; i < run->sample_count; i++) {
        const struct resource_sample *sample = &run->samples[i];
        if (sample->rss_bytes != UNKNOWN)
            perfetto_count(perfetto, tracks[0], sample->time_ns, sample->rss_bytes);
        if (sample->heap_bytes != UNKNOWN)
            perfetto_count(perfetto, tracks[1], sample->time_ns, sample->heap_bytes);
        if (isfinite(sample->cpu_ratio))
            perfetto_count_real(perfetto, tracks[2], sample->time_ns, sample->cpu_ratio * 100);
        if (sample->threads != UNKNOWN)
            perfetto_count(perfetto, tracks[3], sample->time_ns, sample->threads);
    }
}

void perfetto_run(struct perfetto *perfetto)
{
    write_images(perfetto);
    perfetto_marks(perfetto);
    write_samples(perfetto);
    write_processes(perfetto);
}

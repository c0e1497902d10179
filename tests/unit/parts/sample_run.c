/* SPDX-License-Identifier: MIT
 * Owns: one small run, built by hand, that tests of metrics and renderers share.
 * Must not know: what is expected of it. */
#include "tests/unit/parts/sample_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MS SAMPLE_MS

struct run *sample_empty_run(void)
{
    struct run *run = sample_grown(NULL, 0, sizeof *run);
    run->trace_path = sample_copy("/tmp/trace");
    run->start_ns = run->end_ns = SAMPLE_START;
    run->host.usable_cpus = run->host.load = NAN;
    run->host.memory_bytes = run->host.cgroup_quota_us = run->host.cgroup_period_us = UNKNOWN;
    run->host.cgroup_throttled_us = run->host.cgroup_memory_limit = run->host.cgroup_memory_peak = UNKNOWN;
    run->host.cgroup_oom_kills = UNKNOWN;
    run->peak_rss_bytes = run->peak_rss_ns = UNKNOWN;
    run->peak_process = run->allocator.process = run->blocks_peak_process = NO_ID;
    run->blocks_peak_bytes = run->blocks_peak_ns = UNKNOWN;
    run->avg_rss_bytes = NAN;
    return run;
}

uint32_t sample_file(struct run *run, const char *path, enum file_role role, enum image_format format, uint64_t bytes)
{
    run->files = sample_grown(run->files, run->file_count, sizeof *run->files);
    struct image_file *file = &run->files[run->file_count];
    file->path = sample_copy(path);
    file->role = role;
    file->bytes = bytes;
    file->survives = role != FILE_ROLE_INTERMEDIATE;
    file->facts = (struct image_facts){.format = format,
                                       .width = -1,
                                       .height = -1,
                                       .depth = -1,
                                       .channels = -1,
                                       .frames = -1,
                                       .icc = -1,
                                       .exif = -1,
                                       .xmp = -1,
                                       .alpha = -1,
                                       .orientation = -1,
                                       .lossless = -1,
                                       .progressive = -1,
                                       .subsampling = -1,
                                       .palette = -1,
                                       .colour_type = -1,
                                       .restart_interval = -1,
                                       .quality = NAN,
                                       .quality_rmse = NAN,
                                       .quantizer = -1,
                                       .webp_quality = -1};
    return (uint32_t)run->file_count++;
}

static void one_file(uint32_t **files, size_t *count, uint32_t file)
{
    if (file == NO_ID)
        return;
    *files = sample_grown(NULL, 0, sizeof **files);
    **files = file;
    *count = 1;
}

struct image *sample_image(struct run *run, uint32_t chain, uint32_t input, uint32_t output, uint64_t start_ms,
                           uint64_t end_ms)
{
    run->images = sample_grown(run->images, run->image_count, sizeof *run->images);
    struct image *image = &run->images[run->image_count++];
    one_file(&image->inputs, &image->input_count, input);
    one_file(&image->outputs, &image->output_count, output);
    image->chain = chain;
    image->read_with = NO_ID;
    image->worker = NO_ID;
    image->start_ns = SAMPLE_START + start_ms * MS;
    image->end_ns = SAMPLE_START + end_ms * MS;
    image->busy_ns = image->unattributed_ns = image->end_ns - image->start_ns;
    image->cpu_ns = image->cpu_thread_ns = UNKNOWN;
    image->peak_heap_bytes = image->large_block_peak_bytes = UNKNOWN;
    for (int stage = 0; stage < STAGE_COUNT; stage++)
        image->phase_start_ns[stage] = UNKNOWN;
    run->settings = sample_grown(run->settings, run->settings_count, sizeof *run->settings);
    image->settings = run->settings[run->settings_count++] = sample_grown(NULL, 0, sizeof *image->settings);
    image->settings->quality_rmse = NAN;
    image->attempts = 1;
    image->link_rule = LINK_PATH;
    return image;
}

void sample_set(struct image *image, enum setting_key key, double value)
{
    image->settings->known[key] = true;
    image->settings->value[key] = value;
}

void sample_stage(struct image *image, enum stage stage, uint64_t ms, uint64_t inferred_ms)
{
    image->stage_known[stage] = true;
    image->stage_ns[stage] = ms * MS;
    image->inferred_ns[stage] = inferred_ms * MS;
    if (stage != STAGE_DECODE && stage != STAGE_TRANSFORM && stage != STAGE_ENCODE)
        image->unattributed_ns -= ms * MS;
}

static void add_files(struct run *run)
{
    static const struct {
        const char *path;
        enum file_role role;
        enum image_format format;
        uint64_t bytes;
    } files[] = {
        {"/home/ann/photos/in/a.jpg", FILE_ROLE_SOURCE, FORMAT_JPEG, 1000000},
        {"/home/ann/photos/out/a.jpg", FILE_ROLE_FINAL, FORMAT_JPEG, 640000},
        {"/home/ann/photos/in/b.png", FILE_ROLE_SOURCE, FORMAT_PNG, 2000000},
        {"/tmp/b.ppm", FILE_ROLE_INTERMEDIATE, FORMAT_PNM, 6000015},
        {"/home/ann/photos/out/b.webp", FILE_ROLE_FINAL, FORMAT_WEBP, 500000},
        {"/home/ann/photos/in/c.png", FILE_ROLE_SOURCE, FORMAT_PNG, 300000},
        {"/home/ann/photos/out/c.png", FILE_ROLE_FINAL, FORMAT_PNG, 309300},
        {"/home/ann/photos/in/d.jpg", FILE_ROLE_SOURCE, FORMAT_JPEG, 800000},
        {"/home/ann/photos/in/e\xff.png", FILE_ROLE_SOURCE, FORMAT_PNG, 1200000}, /* not UTF-8 */
        {"/home/ann/photos/out/e.avif", FILE_ROLE_FINAL, FORMAT_AVIF, 300000},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        sample_file(run, files[i].path, files[i].role, files[i].format, files[i].bytes);
    struct image_facts *facts = &run->files[0].facts;
    facts->width = 2000;
    facts->height = 1500;
    facts->depth = 8;
    facts->channels = 3;
    facts->frames = 1;
    facts->icc = facts->exif = 1;
    facts->xmp = facts->alpha = 0;
    facts->orientation = 6;
    facts->subsampling = 420;
    facts->quality = 95;
    facts->quality_rmse = 0;
    run->files[1].facts = run->files[0].facts;
    facts = &run->files[1].facts;
    facts->icc = facts->exif = 0;
    facts->orientation = 1;
    facts->progressive = 0;
    run->files[1].facts_from_file = true;
    run->files[1].facts.quality = 85;
    run->files[1].facts.quality_rmse = 0;
}

static void add_stages(struct image *image, const int ms[STAGE_COUNT], const int inferred_ms[STAGE_COUNT])
{
    for (int stage = 0; stage < STAGE_COUNT; stage++)
        if (stage != STAGE_WORKER_INIT && ms[stage] >= 0)
            sample_stage(image, (enum stage)stage, (uint64_t)ms[stage], (uint64_t)inferred_ms[stage]);
}

/* Milliseconds of each stage, -1 = unknown, in the order of enum stage (worker_init is no image's). What the first,
 * third, fourth, eighth and ninth number leave of the image's time is unattributed: 30, 10, 15, 15, 10, 20 ms. */
static const int stage_ms[SAMPLE_IMAGES][STAGE_COUNT] = {
    {10, -1, 40, 380, 80, 0, 300, 30, 10}, {5, -1, 60, 150, 150, -1, -1, 70, 5},  {5, -1, 20, 530, 10, 20, 500, 25, 5},
    {10, -1, 20, 340, -1, -1, -1, 10, 5},  {20, -1, 200, 60, 60, -1, -1, -1, 10}, {10, -1, 30, 520, 70, 50, 400, 15, 5},
};
static const int inferred_ms[SAMPLE_IMAGES][STAGE_COUNT] = {
    [2] = {[STAGE_OPTIMIZATION] = 20, [STAGE_TRANSFORM] = 20},
    [3] = {[STAGE_VALIDATION] = 10, [STAGE_OPTIMIZATION] = 340},
    [5] = {[STAGE_OPTIMIZATION] = 50, [STAGE_TRANSFORM] = 50},
};

static void add_images(struct run *run)
{
    sample_image(run, 0, 0, 1, 100, 600);
    sample_image(run, 1, 2, 3, 120, 420);
    sample_image(run, 1, 3, 4, 420, 1020);
    sample_image(run, 2, 5, 6, 600, 1000);
    sample_image(run, 3, 7, NO_ID, 1300, 1700)->status = IMAGE_FAILED;
    sample_image(run, 4, 8, 9, 1250, 1900);
    static const uint32_t workers[] = {0, 1, 1, 0, 1, 0};
    struct image *images = run->images;
    images[4].busy_ns = images[4].unattributed_ns = 300 * MS; /* and 100 ms of waiting */
    images[5].busy_ns = images[5].unattributed_ns = 600 * MS; /* and 50 ms */
    for (size_t i = 0; i < SAMPLE_IMAGES; i++) {
        images[i].worker = workers[i];
        images[i].tid = 4001 + workers[i];
        images[i].cpu_thread_ns = images[i].busy_ns / 2;
        add_stages(&images[i], stage_ms[i], inferred_ms[i]);
    }
    for (size_t i = 0; i < SAMPLE_IMAGES; i++) {
        images[i].phase_start_ns[STAGE_VALIDATION] = images[i].start_ns;
        images[i].phase_start_ns[STAGE_IMAGE_READ] = images[i].start_ns + 10 * MS;
        images[i].phase_start_ns[STAGE_ENCODE] = images[i].start_ns + 100 * MS;
        images[i].read_ops = 20 + i;
        images[i].read_bytes = 1000000;
        images[i].write_ops = 5;
        images[i].write_bytes = 640000;
        images[i].small_ops = 3;
    }
    images[0].cpu_ns = 450 * MS;
    images[0].peak_heap_bytes = 40000000;
    images[0].heap_scope = "process";
    images[1].large_block_peak_bytes = 24000000;
    images[1].heap_scope = "large blocks";
    images[4].link_rule = LINK_NONE;
    images[0].settings->encoder = images[0].settings->scale = "libjpeg";
    sample_set(&images[0], SETTING_QUALITY, 85);
    sample_set(&images[0], SETTING_SUBSAMPLING, 420);
    sample_set(&images[0], SETTING_PROGRESSIVE, 1);
    images[2].settings->encoder = "libwebp";
    images[2].settings->decoder = "libpng";
    images[2].settings->scale = "webp";
    sample_set(&images[2], SETTING_QUALITY, 80);
    sample_set(&images[2], SETTING_LOSSLESS, 0);
    images[3].settings->encoder = "zlib";
    sample_set(&images[3], SETTING_EFFORT, 9);
    images[3].attempts = 4;
    images[5].settings->encoder = images[5].settings->scale = "aom";
    sample_set(&images[5], SETTING_QUANTIZER_MIN, 20);
    sample_set(&images[5], SETTING_QUANTIZER_MAX, 40);
}

static void add_worker(struct run *run, uint32_t tasks, uint64_t init_ms, uint64_t active_ms, uint64_t idle_ms)
{
    run->workers = sample_grown(run->workers, run->worker_count, sizeof *run->workers);
    struct worker *worker = &run->workers[run->worker_count];
    worker->members = sample_grown(NULL, 0, sizeof *worker->members);
    *worker->members = (struct worker_member){4000, 4001 + (uint32_t)run->worker_count};
    worker->member_count = 1;
    worker->tasks = tasks;
    worker->init_ns = init_ms * MS;
    worker->active_ns = active_ms * MS;
    worker->idle_ns = idle_ms * MS;
    worker->cpu_ns = run->worker_count ? UNKNOWN : 1200 * MS;
    worker->start_ns = SAMPLE_START + 100 * MS;
    worker->end_ns = SAMPLE_START + (1700 + 200 * run->worker_count) * MS;
    worker->io_ns = 200 * MS;
    worker->run_queue_ns = run->worker_count ? UNKNOWN : 60 * MS;
    run->worker_count++;
}

static void add_samples(struct run *run)
{
    static const struct {
        uint64_t ms;
        double cpu_ratio;
        uint64_t rss_bytes, heap_bytes;
    } samples[] = {
        {0, NAN, 85000000, UNKNOWN},     {50, 0.4, 90000000, 20000000},     {100, 0.6, 120000000, 50000000},
        {150, 0.9, 160000000, 60000000}, {200, 0.95, 256000000, 120000000}, {300, NAN, 140000000, UNKNOWN},
        {400, 0.7, 130000000, 60000000}, {500, 0.3, 110000000, 40000000},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        run->samples = sample_grown(run->samples, run->sample_count, sizeof *run->samples);
        run->samples[run->sample_count++] = (struct resource_sample){SAMPLE_START + samples[i].ms * MS,
                                                                     samples[i].cpu_ratio,
                                                                     i ? 1.25 : (double)NAN,
                                                                     samples[i].rss_bytes,
                                                                     samples[i].heap_bytes,
                                                                     10 * i,
                                                                     i ? 500000 * i : UNKNOWN,
                                                                     i ? 3 : UNKNOWN,
                                                                     UNKNOWN};
    }
}

static void add_libraries(struct run *run)
{
    static const char *const libraries[][3] = {{"libjpeg.so.62", "62.3.0", "0a1b2c"}, {"libaom.so.3", NULL, NULL}};
    for (size_t i = 0; i < 2; i++) {
        run->libraries = sample_grown(run->libraries, run->library_count, sizeof *run->libraries);
        run->libraries[run->library_count++] =
            (struct library){sample_copy(libraries[i][0]), sample_copy(libraries[i][1]), sample_copy(libraries[i][2])};
    }
}

static void add_host(struct run *run)
{
    run->peak_composition = (struct memory_composition){180000000, 120000000, 20000000, 2000000, 8000000};
    run->realtime_offset_ns = INT64_C(1760000000250000000) - (int64_t)SAMPLE_START; /* 2025-10-09 08:53:20.250 UTC */
    run->host.machine = sample_copy("x86_64");
    run->host.kernel = sample_copy("Linux 6.1.0");
    run->host.boot_id = sample_copy("00000000-1111-2222-3333-444444444444");
    run->host.cpu_model = sample_copy("Example CPU 3000");
    run->host.cpus = 4;
    run->host.usable_cpus = 2;
    run->host.memory_bytes = 8000000000;
    run->host.load = 0.25;
    run->host.cgroup_quota_us = 200000;
    run->host.cgroup_period_us = 100000;
    run->host.cgroup_throttled_us = 0;
    run->host.cgroup_oom_kills = 0;
}

static void add_note(struct run *run, const char *note)
{
    run->notes = sample_grown(run->notes, run->note_count, sizeof *run->notes);
    run->notes[run->note_count++] = sample_copy(note);
}

struct run *sample_run(void)
{
    struct run *run = sample_empty_run();
    add_host(run);
    sample_processes(run);
    add_files(run);
    add_images(run);
    add_worker(run, 3, 50, 1500, 300);
    add_worker(run, 3, 70, 1200, 600);
    add_samples(run);
    add_libraries(run);
    sample_sites(run);
    sample_marks(run);
    run->end_ns = SAMPLE_START + 2000 * MS;
    run->periods[0][0] = run->start_ns;
    run->periods[0][1] = run->end_ns;
    run->period_count = 1;
    /* The sources and the PPM; the outputs and the PPM. */
    run->image_read = run->all_read = (struct io_total){370 * MS, 11300015, 1234, 0};
    run->image_write = run->all_write = (struct io_total){150 * MS, 7749315, 95, 0};
    run->peak_rss_bytes = 256000000;
    run->peak_is_tree = true;
    run->peak_rss_ns = SAMPLE_START + 200 * MS;
    run->peak_process = 0;
    run->avg_rss_bytes = 145000000;
    run->records = 3214;
    run->logical_io_bytes = 19150000;
    run->uncounted_io_bytes = 20000;
    run->device_io_bytes = 4096;
    run->allocator = (struct allocator_sample){0, 110000000, 118000000, 125000000, 30000000};
    run->heap_sizes = (struct heap_sizes){.calls = {70000, 15000, 6000}, .count = 3};
    run->untraced = sample_grown(NULL, 0, sizeof *run->untraced);
    run->untraced[run->untraced_count++] =
        (struct untraced_child){.pid = 4020,
                                .path = sample_copy("/usr/bin/identify"),
                                .reason = sample_copy("started without the library in its environment"),
                                .start_ns = SAMPLE_START + 1600 * MS};
    run->idle_children = 2;
    add_note(run, "1 child left no record (static, setuid, started without the library, or killed early): "
                  "/usr/bin/identify (started without the library in its environment)");
    return run;
}

struct run *sample_run_without_images(void)
{
    struct run *run = sample_empty_run();
    add_host(run);
    struct process *process =
        sample_process(run, 4000, 3999, (const char *const[]){"/usr/bin/identify", "in/a.jpg", NULL});
    process->end_ns = run->end_ns = SAMPLE_START + 50 * MS;
    process->records = 12;
    sample_file(run, "/home/ann/photos/in/a.jpg", FILE_ROLE_SOURCE, FORMAT_JPEG, 1000000);
    run->all_read = (struct io_total){2 * MS, 4096, 1, 0};
    run->records = 12;
    return run;
}

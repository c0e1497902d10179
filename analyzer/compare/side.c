/* SPDX-License-Identifier: MIT
 * Owns: one side of a comparison: the reports of a trace, of a set of runs, or of a file with a JSON report.
 * Must not know: the other side, statistics. */
#include "analyzer/compare/side.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/base/version.h"
#include "analyzer/headers/facts/image_facts.h"
#include "analyzer/load/load_run.h"
#include "analyzer/base/memory.h"
#include "analyzer/base/message.h"
#include "analyzer/render/render.h"
#include "analyzer/metrics/quality/quality.h"
#include "analyzer/metrics/metrics.h"

#define REPORT_SCHEMA "imgbench-report/1"

static const char *const long_lists[] = {"images", "files", "processes"};

static char *copy(const char *text)
{
    return text ? memory_text(text, strlen(text)) : NULL;
}

json_t *side_report(const struct metrics *metrics)
{
    const struct render_options options = {.no_images = true, .tool_version = version_text};
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    if (!out)
        return NULL;
    bool failed = render_json.report(metrics, &options, out) != 0;
    failed |= fclose(out) != 0;
    json_t *report = failed ? NULL : json_loadb(text, bytes, 0, NULL);
    free(text);
    for (size_t i = 0; report && i < sizeof long_lists / sizeof *long_lists; i++)
        json_object_del(report, long_lists[i]);
    return report;
}

static const char *file_path(const struct run *run, const uint32_t *ids, size_t count)
{
    return count && run->files[ids[0]].kind == FILE_KIND_FILE ? run->files[ids[0]].path : NULL;
}

/* What the input is, wherever it lies. */
static char *likeness(const char *format, uint64_t bytes, int64_t width, int64_t height)
{
    char text[128];
    if (!format || bytes == UNKNOWN || width < 0 || height < 0)
        return NULL;
    snprintf(text, sizeof text, "%s %" PRIu64 " %" PRId64 "x%" PRId64, format, bytes, width, height);
    return copy(text);
}

static char *likeness_of(const struct run *run, const struct image *image)
{
    const struct image_file *file = image->input_count == 1 ? &run->files[image->inputs[0]] : NULL;
    if (!file || file->facts.format == FORMAT_UNKNOWN)
        return NULL;
    return likeness(format_key(file->facts.format), file->bytes, file->facts.width, file->facts.height);
}

static void add_images(struct side *side, const struct metrics *metrics)
{
    const struct run *run = metrics->run;
    for (size_t i = 0; i < run->image_count; i++) {
        const struct image *image = &run->images[i];
        char setting[SETTING_LABEL_BYTES];
        metrics_setting_label(run, image, setting);
        enum image_format format = image->output_count ? run->files[image->outputs[0]].facts.format : FORMAT_UNKNOWN;
        struct side_image *new = MEMORY_APPEND(side, images);
        *new = (struct side_image){copy(file_path(run, image->inputs, image->input_count)),
                                   copy(file_path(run, image->outputs, image->output_count)),
                                   copy(format_key(format)),
                                   likeness_of(run, image),
                                   copy(setting),
                                   copy(image_status_name(image->status)),
                                   metrics->images[i].bytes_in,
                                   metrics->images[i].bytes_out,
                                   (double)image->busy_ns / 1e9};
    }
}

void side_add_run(struct side *side, const struct metrics *metrics, const char *name)
{
    struct side_run *run = MEMORY_APPEND(side, runs);
    *run = (struct side_run){.name = copy(name), .report = memory_checked(side_report(metrics))};
    if (side->runs_count == 1)
        add_images(side, metrics);
}

static bool add_trace(struct side *side, const char *path, const char *name)
{
    struct run *run = load_run(path);
    struct metrics *metrics = run ? metrics_compute(run) : NULL;
    if (run && !metrics)
        message_error("%s: not enough memory to compute the report", path);
    if (metrics)
        side_add_run(side, metrics, name);
    metrics_free(metrics);
    if (run)
        run_free(run);
    return metrics != NULL;
}

/* ---- a JSON report ---- */

static const json_t *file_of(const json_t *files, const json_t *ids)
{
    return json_array_get(files, (size_t)json_integer_value(json_array_get(ids, 0)));
}

static char *path_of(const json_t *file)
{
    const char *kind = json_string_value(json_object_get(file, "kind"));
    return kind && !strcmp(kind, "file") ? copy(json_string_value(json_object_get(file, "path"))) : NULL;
}

static uint64_t bytes_of(const json_t *number)
{
    return json_is_integer(number) ? (uint64_t)json_integer_value(number) : UNKNOWN;
}

static int64_t number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? (int64_t)json_integer_value(value) : -1;
}

static void add_json_images(struct side *side, const json_t *report)
{
    const json_t *files = json_object_get(report, "files"), *images = json_object_get(report, "images");
    for (size_t i = 0; i < json_array_size(images); i++) {
        const json_t *image = json_array_get(images, i), *busy = json_object_get(image, "busy_s");
        const json_t *inputs = json_object_get(image, "inputs"), *outputs = json_object_get(image, "outputs");
        const json_t *output = json_array_size(outputs) ? file_of(files, outputs) : NULL;
        const json_t *input = json_array_size(inputs) == 1 ? file_of(files, inputs) : NULL;
        struct side_image *new = MEMORY_APPEND(side, images);
        *new = (struct side_image){json_array_size(inputs) ? path_of(file_of(files, inputs)) : NULL,
                                   output ? path_of(output) : NULL,
                                   copy(json_string_value(json_object_get(output, "format"))),
                                   likeness(json_string_value(json_object_get(input, "format")),
                                            bytes_of(json_object_get(input, "bytes")), number(input, "width"),
                                            number(input, "height")),
                                   copy(json_string_value(json_object_get(image, "setting"))),
                                   copy(json_string_value(json_object_get(image, "status"))),
                                   bytes_of(json_object_get(image, "bytes_in")),
                                   bytes_of(json_object_get(image, "bytes_out")),
                                   json_is_number(busy) ? json_number_value(busy) : (double)NAN};
    }
}

static bool add_json(struct side *side, const char *path)
{
    json_error_t error;
    json_t *report = json_load_file(path, 0, &error);
    const char *schema = json_string_value(json_object_get(report, "schema"));
    if (!report)
        message_error("%s: neither a trace nor a report (line %d: %s); make one with: imgbench report --json=FILE",
                      path, error.line, error.text);
    else if (!schema || strcmp(schema, REPORT_SCHEMA) != 0)
        message_error(
            "%s: not a report of this version (schema %s, not %s); make it again with: imgbench report --json=FILE",
            path, schema ? schema : "missing", REPORT_SCHEMA);
    if (!schema || strcmp(schema, REPORT_SCHEMA) != 0) {
        json_decref(report);
        return false;
    }
    add_json_images(side, report);
    for (size_t i = 0; i < sizeof long_lists / sizeof *long_lists; i++)
        json_object_del(report, long_lists[i]);
    struct side_run *run = MEMORY_APPEND(side, runs);
    *run = (struct side_run){.name = copy(path), .report = report};
    return true;
}

/* ---- a set of runs ---- */

static int is_run(const struct dirent *entry)
{
    return !strncmp(entry->d_name, "run-", 4);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void read_set(struct side *side, const char *path)
{
    char name[4200];
    json_error_t error;
    snprintf(name, sizeof name, "%s/%s", path, SIDE_SET_NAME);
    json_t *set = json_load_file(name, 0, &error);
    const char *schema = json_string_value(json_object_get(set, "schema"));
    const json_t *runs = json_object_get(set, "runs");
    if (schema && !strcmp(schema, SIDE_SET_SCHEMA)) {
        side->session = copy(json_string_value(json_object_get(set, "session")));
        for (size_t i = 0; i < json_array_size(runs); i++) {
            const json_t *run = json_array_get(runs, i);
            const char *trace = json_string_value(json_object_get(run, "trace"));
            for (size_t k = 0; trace && k < side->runs_count; k++)
                if (!strcmp(side->runs[k].name, trace))
                    side->runs[k].round = (unsigned)json_integer_value(json_object_get(run, "round"));
        }
    } else if (set || error.line > 0) {
        message_error("%s: not what 'imgbench run' writes: rounds are not known, the runs count as recorded apart",
                      name);
    }
    json_decref(set);
}

static bool add_set(struct side *side, const char *path)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, is_run, versionsort);
    bool good = count > 0;
    for (int i = 0; i < count; i++) {
        char trace[4200];
        snprintf(trace, sizeof trace, "%s/%s", path, entries[i]->d_name);
        good = good && add_trace(side, trace, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    if (good)
        read_set(side, path);
    return good;
}

static bool holds_runs(const char *path)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, is_run, alphasort);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    return count > 0;
}

/* Sets of several variants lie in one directory: one of them is meant. */
static bool holds_sets(const char *path)
{
    struct dirent **entries = NULL;
    char names[512] = "";
    int count = scandir(path, &entries, is_visible, alphasort), found = 0;
    for (int i = 0; i < count; i++) {
        char set[4400];
        struct stat status;
        snprintf(set, sizeof set, "%s/%s/%s", path, entries[i]->d_name, SIDE_SET_NAME);
        size_t used = strlen(names);
        if (!stat(set, &status))
            snprintf(names + used, sizeof names - used, "%s%s/%s", found++ ? ", " : "", path, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    if (found)
        message_error("%s: holds several sets of runs, name one: %s", path, names);
    return found > 0;
}

bool side_load(struct side *side, const char *path)
{
    struct stat status;
    *side = (struct side){.path = copy(path)};
    if (stat(path, &status)) {
        message_error("%s: %s", path, strerror(errno));
        return false;
    }
    if (!S_ISDIR(status.st_mode))
        return add_json(side, path);
    if (holds_runs(path))
        return add_set(side, path);
    return !holds_sets(path) && add_trace(side, path, path);
}

void side_release(struct side *side)
{
    for (size_t i = 0; i < side->runs_count; i++) {
        free(side->runs[i].name);
        json_decref(side->runs[i].report);
    }
    for (size_t i = 0; i < side->images_count; i++) {
        struct side_image *image = &side->images[i];
        char *texts[] = {image->source, image->output, image->format, image->setting, image->status, image->likeness};
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            free(texts[k]);
    }
    free(side->path);
    free(side->runs);
    free(side->session);
    free(side->images);
    *side = (struct side){0};
}

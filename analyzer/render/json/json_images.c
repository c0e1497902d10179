/* SPDX-License-Identifier: MIT
 * Owns: the JSON report's files and images.
 * Must not know: records, how figures come about. */
#include "analyzer/render/json/json_images.h"
#include "analyzer/render/json/json_quality.h"
#include "analyzer/render/json_values.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/render/format_units.h"
#include "analyzer/metrics/quality/quality.h"
#include "analyzer/render/format_text.h"

/* The exact bytes of a path that is not UTF-8, else null. */
static json_t *path_base64(const char *path)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = path ? path : "";
    uint32_t code_point;
    for (size_t bytes; *at && (bytes = format_utf8_bytes(at, &code_point)) > 0;)
        at += bytes;
    if (!*at)
        return json_null();
    size_t length = strlen(path), written = 0;
    char *text = malloc(length / 3 * 4 + 5);
    if (!text)
        return NULL;
    for (size_t i = 0; i < length; i += 3) {
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (i + k < length ? (unsigned char)path[i + k] : 0u);
        for (size_t k = 0; k < 4; k++)
            text[written++] = i + k > length ? '=' : digits[bits >> (18 - 6 * k) & 63];
    }
    json_t *json = json_stringn(text, written);
    free(text);
    return json;
}

json_t *render_json_file(const struct metrics *metrics, size_t index)
{
    const struct image_file *file = &metrics->run->files[index];
    const struct image_facts *facts = &file->facts;
    json_t *metadata = json_pack("{s:o, s:o, s:o, s:o, s:o}", "icc", render_json_flag(facts->icc), "exif",
                                 render_json_flag(facts->exif), "xmp", render_json_flag(facts->xmp), "orientation",
                                 render_json_fact(facts->orientation), "alpha", render_json_flag(facts->alpha));
    json_t *bucket = facts->webp_quality < 0 ? json_null()
                                             : json_pack("{s:i, s:i}", "from", facts->webp_quality, "to",
                                                         facts->webp_quality + WEBP_BUCKET - 1);
    json_t *coding =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "channels",
                  render_json_fact(facts->channels), "lossless", render_json_flag(facts->lossless), "progressive",
                  render_json_flag(facts->progressive), "subsampling", render_json_fact(facts->subsampling),
                  "palette_entries", render_json_fact(facts->palette), "jpeg_quality",
                  render_json_number(facts->quality), "jpeg_quality_rmse", render_json_number(facts->quality_rmse),
                  "quantizer", render_json_fact(facts->quantizer), "webp_quality_bucket", bucket, "colour_type",
                  render_json_fact(facts->colour_type), "restart_interval", render_json_fact(facts->restart_interval));
    return json_pack("{s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:s, s:o, s:o}", "id",
                     json_integer((json_int_t)index), "path", render_json_text(file->path), "path_b64",
                     path_base64(file->path), "kind", file_kind_name(file->kind), "role", file_role_name(file->role),
                     "format", facts->format == FORMAT_UNKNOWN ? json_null() : json_string(format_key(facts->format)),
                     "width", render_json_fact(facts->width), "height", render_json_fact(facts->height), "depth",
                     render_json_fact(facts->depth), "frames", render_json_fact(facts->frames), "bytes",
                     render_json_integer(file->bytes), "survives", (int)file->survives, "facts_from",
                     file->facts_from_file ? "file" : "head", "metadata", metadata, "coding", coding);
}

static json_t *ids(const uint32_t *files, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_integer(files[i]));
    return array;
}

/* The stages of an image: with their times, or with how these are known. */
static json_t *stages(const struct image *image, bool sources)
{
    json_t *object = json_object();
    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        if (stage == STAGE_WORKER_INIT)
            continue;
        const char *name = stage_name((enum stage)stage);
        char key[40];
        snprintf(key, sizeof key, sources ? "%s" : "%s_s", name);
        json_t *json = !image->stage_known[stage] ? json_null()
                       : !sources                 ? render_json_seconds(image->stage_ns[stage])
                       : image->inferred_ns[stage] > image->stage_ns[stage] / 2 ? json_string("inferred")
                                                                                : json_string("observed");
        json_object_set_new(object, key, json);
    }
    return object;
}

static json_t *setting_value(enum setting_key key, double value)
{
    return key == SETTING_LOSSLESS || key == SETTING_PROGRESSIVE || key == SETTING_METADATA ? json_boolean(value != 0)
                                                                                            : render_json_number(value);
}

/* Names of the losses that are in this state; null where nothing was compared. */
static json_t *losses(const struct image_check *check, int state)
{
    if (!check->compared)
        return json_null();
    json_t *array = json_array();
    for (int i = 0; i < LOSS_COUNT; i++)
        if (check->lost[i] == state)
            json_array_append_new(array, json_string(loss_name((enum loss)i)));
    return array;
}

static json_t *disagreements(const struct image_check *check)
{
    json_t *array = json_array();
    for (size_t i = 0; i < check->disagreement_count; i++) {
        const struct disagreement *one = &check->disagreements[i];
        json_array_append_new(array, json_pack("{s:s, s:o, s:o}", "setting", format_setting(one->setting), "asked",
                                               setting_value(one->setting, one->asked), "file",
                                               setting_value(one->setting, one->file)));
    }
    return array;
}

static json_t *settings(const struct image_settings *settings)
{
    json_t *object = json_pack("{s:o, s:o, s:o, s:b}", "decoder", render_json_text(settings->decoder), "encoder",
                               render_json_text(settings->encoder), "scale", render_json_text(settings->scale),
                               "copied", settings->copied);
    for (int key = 1; key < SETTING_COUNT; key++) {
        json_t *json = settings->known[key] ? setting_value((enum setting_key)key, settings->value[key]) : json_null();
        json_object_set_new(object, format_setting((enum setting_key)key), json);
    }
    json_object_set_new(object, "quality_rmse",
                        settings->known[SETTING_QUALITY] ? render_json_number(settings->quality_rmse) : json_null());
    return object;
}

/* When each stage began. */
static json_t *phases(const struct run *run, const struct image *image)
{
    json_t *object = json_object();
    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        char key[40];
        snprintf(key, sizeof key, "%s_s", stage_name((enum stage)stage));
        if (stage != STAGE_WORKER_INIT)
            json_object_set_new(object, key, render_json_moment(run, image->phase_start_ns[stage]));
    }
    return object;
}

static void add_figures(const struct metrics *metrics, size_t index, json_t *json)
{
    const struct image *image = &metrics->run->images[index];
    const struct image_figures *figures = &metrics->images[index];
    char label[SETTING_LABEL_BYTES];
    metrics_setting_label(metrics->run, image, label);
    json_t *more = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:o, s:o, s:o, s:o, s:o}}", "read_with",
        render_json_index(image->read_with), "bytes_in", render_json_integer(figures->bytes_in), "bytes_out",
        render_json_integer(figures->bytes_out), "pixels", render_json_integer(figures->pixels), "reencoded",
        render_json_flag(figures->reencoded), "cpu_s_per_mb_saved", render_json_number(figures->cpu_s_per_mb_saved),
        "peak_bytes", render_json_integer(figures->peak_bytes), "bytes_per_pixel",
        render_json_number(figures->bytes_per_pixel), "setting", render_json_text(*label ? label : NULL), "phases",
        phases(metrics->run, image), "io", "read_ops", render_json_integer(image->read_ops), "read_bytes",
        render_json_integer(image->read_bytes), "write_ops", render_json_integer(image->write_ops), "write_bytes",
        render_json_integer(image->write_bytes), "small_ops", render_json_integer(image->small_ops));
    json_object_update(json, more);
    json_decref(more);
}

json_t *render_json_image(const struct metrics *metrics, size_t index)
{
    const struct run *run = metrics->run;
    const struct image *image = &run->images[index];
    uint64_t span_ns = image->end_ns - image->start_ns;
    json_t *json =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", json_integer((json_int_t)index), "inputs",
                  ids(image->inputs, image->input_count), "outputs", ids(image->outputs, image->output_count),
                  "chain_id", render_json_index(image->chain), "worker", render_json_index(image->worker), "pid",
                  image->process < run->process_count ? json_integer(run->processes[image->process].pid) : json_null(),
                  "start_s", render_json_moment(run, image->start_ns), "span_s", render_json_seconds(span_ns), "busy_s",
                  render_json_seconds(image->busy_ns), "wait_s",
                  render_json_number((double)(int64_t)(span_ns - image->busy_ns) / 1e9));
    json_t *more = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "cpu_s",
        render_json_seconds(image->cpu_ns), "cpu_thread_s", render_json_seconds(image->cpu_thread_ns), "cpu_helpers_s",
        render_json_seconds(image->helpers_cpu_ns), "peak_heap_bytes", render_json_integer(image->peak_heap_bytes),
        "large_block_peak_bytes", render_json_integer(image->large_block_peak_bytes), "heap_scope",
        render_json_text(image->heap_scope), "stages", stages(image, false), "unattributed_s",
        render_json_seconds(image->unattributed_ns), "source", stages(image, true), "settings",
        settings(image->settings), "attempts", (int)image->attempts, "link_rule", link_rule_name(image->link_rule),
        "status", image_status_name(image->status), "size_ratio", render_json_number(metrics->images[index].size_ratio),
        "quality_retained", render_json_image_retained(metrics, index), "quality",
        render_json_image_quality(metrics, index), "lost", losses(&metrics->checks[index], 1), "lost_unknown",
        losses(&metrics->checks[index], -1), "disagreements", disagreements(&metrics->checks[index]));
    json_object_update(json, more);
    json_decref(more);
    add_figures(metrics, index, json);
    return json;
}

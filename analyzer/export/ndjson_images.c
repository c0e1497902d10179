/* SPDX-License-Identifier: MIT
 * Owns: a line of JSON per image.
 * Must not know: records, how figures come about. */
#include "analyzer/export/ndjson.h"
#include "analyzer/render/json/json_images.h"

static json_t *files(const struct metrics *metrics, const uint32_t *indexes, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, render_json_file(metrics, indexes[i]));
    return array;
}

int ndjson_images(FILE *out, const struct metrics *metrics)
{
    const struct run *run = metrics->run;
    for (size_t i = 0; i < run->image_count && !ferror(out); i++) {
        const struct image *image = &run->images[i];
        json_t *json = render_json_image(metrics, i);
        json_object_set_new(json, "input_files", files(metrics, image->inputs, image->input_count));
        json_object_set_new(json, "output_files", files(metrics, image->outputs, image->output_count));
        int failed = json_dumpf(json, out, JSON_COMPACT | JSON_REAL_PRECISION(15));
        json_decref(json);
        if (failed)
            return -1;
        fputc('\n', out);
    }
    return fflush(out) || ferror(out) ? -1 : 0;
}

/* SPDX-License-Identifier: MIT
 * Owns: a comparison as JSON: docs/compare.schema.json.
 * Must not know: layout for people. */
#include <math.h>
#include <string.h>

#include "analyzer/compare/render/render.h"
#include "analyzer/compare/statistics.h"
#include "analyzer/render/json_values.h"

static json_t *side(const struct side *side)
{
    json_t *runs = json_array();
    for (size_t i = 0; i < side->runs_count; i++) {
        const struct side_run *run = &side->runs[i];
        json_array_append_new(runs, json_pack("{s:o, s:o}", "name", render_json_text(run->name), "round",
                                              run->round ? json_integer(run->round) : json_null()));
    }
    return json_pack("{s:o, s:o, s:o}", "path", render_json_text(side->path), "session",
                     render_json_text(side->session), "runs", runs);
}

static json_t *figure(const struct compared_figure *row)
{
    return json_pack(
        "{s:o, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "path", render_json_text(row->figure->path),
        "exact", row->exact, "asked", row->asked, "old", render_json_number(row->old), "new",
        render_json_number(row->new), "ratio", render_json_number(row->ratio), "ci_low", render_json_number(row->low),
        "ci_high", render_json_number(row->high), "n_old", json_integer((json_int_t)row->n_old), "n_new",
        json_integer((json_int_t)row->n_new), "p", render_json_number(row->p), "verdict", verdict_name(row->verdict));
}

static json_t *image(const struct side_image *image)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "source", render_json_text(image->source), "output",
                     render_json_text(image->output), "format", render_json_text(image->format), "setting",
                     render_json_text(image->setting && *image->setting ? image->setting : NULL), "status",
                     render_json_text(image->status), "bytes_in", render_json_integer(image->bytes_in), "bytes_out",
                     render_json_integer(image->bytes_out), "busy_s", render_json_number(image->busy_s));
}

static json_t *images(const struct comparison *comparison)
{
    static const char *const matches[] = {"paths", "source and format", "source", "likeness"};
    json_t *pairs = json_array();
    for (size_t i = 0; i < comparison->images.list_count; i++) {
        const struct image_pair *pair = &comparison->images.list[i];
        json_array_append_new(pairs, json_pack("{s:s, s:o, s:o}", "match", matches[pair->match], "old",
                                               image(&comparison->old_side->images[pair->old]), "new",
                                               image(&comparison->new_side->images[pair->new])));
    }
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o}", "only_old", json_integer((json_int_t)comparison->images.only_old), "only_new",
        json_integer((json_int_t)comparison->images.only_new), "sized", render_json_integer(comparison->pairs_sized),
        "bytes_old", render_json_integer(comparison->pairs_bytes_old), "bytes_new",
        render_json_integer(comparison->pairs_bytes_new), "pairs", pairs);
}

static json_t *texts(const struct comparison *comparison)
{
    json_t *array = json_array();
    for (size_t i = 0; i < comparison->texts.list_count; i++)
        json_array_append_new(array,
                              json_pack("{s:o, s:o, s:o}", "what", render_json_text(comparison->texts.list[i].what),
                                        "old", render_json_text(comparison->texts.list[i].old), "new",
                                        render_json_text(comparison->texts.list[i].new)));
    return array;
}

static int report(const struct comparison *comparison, const struct compare_options *options, FILE *out)
{
    json_t *figures = json_array();
    for (size_t i = 0; i < comparison->list_count; i++)
        json_array_append_new(figures, figure(&comparison->list[i]));
    json_t *json = json_pack("{s:s, s:o, s:o, s:o, s:s, s:o, s:f, s:b, s:o, s:o, s:o}", "schema", "imgbench-compare/1",
                             "tool_version", render_json_text(options->tool_version), "old", side(comparison->old_side),
                             "new", side(comparison->new_side), "design", design_name(comparison->design), "rounds",
                             json_integer((json_int_t)comparison->rounds), "alpha", STATISTICS_ALPHA, "same_machine",
                             comparison->texts.same_machine, "differences", texts(comparison), "figures", figures,
                             "images", images(comparison));
    int failed = json ? json_dumpf(json, out, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) : -1;
    json_decref(json);
    return failed || fputc('\n', out) == EOF || fflush(out) ? -1 : 0;
}

const struct compare_renderer compare_json = {"json", report};

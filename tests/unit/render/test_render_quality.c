/* SPDX-License-Identifier: MIT
 * Owns: claims about what the reports say of quality that was measured.
 * Must not know: how figures come about. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "tests/unit/parts/golden.h"
#include "tests/unit/parts/suite.h"
#include "analyzer/metrics/quality/pairs.h"
#include "analyzer/metrics/quality/retained.h"
#include "analyzer/metrics/metrics.h"

static void output(struct run *run, uint32_t source, enum image_format format, const char *encoder, double quality,
                   uint64_t bytes)
{
    char path[80];
    uint32_t chain = (uint32_t)run->image_count;
    snprintf(path, sizeof path, "/out/%u-%g.%s", chain, quality, format_key(format));
    uint32_t file = sample_file(run, path, FILE_ROLE_FINAL, format, bytes);
    struct image *image = sample_image(run, chain, source, file, chain * 10, chain * 10 + 5);
    sample_set(image, SETTING_QUALITY, quality);
    image->settings->encoder = encoder;
    image->settings->scale = encoder;
    image->cpu_ns = 20 * SAMPLE_MS;
}

static void put(struct metrics *metrics, size_t pair, double score)
{
    struct pair_score *to = &metrics->retained.pairs[pair].score;
    to->ssimulacra2 = score;
    to->psnr_db = 40;
    to->ssim = 0.99;
    to->frames = 1;
}

/* Two sources by two encoders at three settings each; then some that have no score, for more reasons than are listed.
 */
static struct metrics *scored(struct run *run)
{
    uint32_t png = sample_file(run, "/in/a.png", FILE_ROLE_SOURCE, FORMAT_PNG, 1000000);
    uint32_t jpeg = sample_file(run, "/in/b \033[31m.jpg", FILE_ROLE_SOURCE, FORMAT_JPEG, 500000);
    static const double retained[] = {-20, 65, 89.99, 52, 71, 92};
    for (int i = 0; i < 12; i++)
        output(run, i % 6 < 3 ? png : jpeg, i < 6 ? FORMAT_WEBP : FORMAT_AVIF, i < 6 ? "libwebp" : "libaom",
               40 + i % 3 * 20, (uint64_t)(i < 6 ? 50000 : 40000) << i % 3);
    for (int i = 0; i < 9; i++)
        output(run, png, FORMAT_WEBP, "libwebp", 80, 100000);
    struct metrics *metrics = metrics_compute(run);
    ck_assert(metrics && metrics_pairs(metrics));
    metrics->retained.metrics[0].name = "bm";
    metrics->retained.metric_count = 1;
    for (size_t i = 0; i < 12; i++)
        put(metrics, i, retained[i % 6] + (i < 6 ? 0 : 2.5));
    metrics->retained.pairs[1].score.resized = true;
    metrics->retained.pairs[2].score.externals[0] = 1.5;
    snprintf(metrics->retained.pairs[3].score.external_reason, PAIR_SCORE_REASON_BYTES, "bm ended with exit code 3");
    snprintf(metrics->retained.pairs[4].score.reason, PAIR_SCORE_REASON_BYTES,
             "only the first frame of 5 was compared");
    for (size_t i = 12; i < 21; i++)
        snprintf(metrics->retained.pairs[i].score.reason, PAIR_SCORE_REASON_BYTES, "reason %zu \033[31m<b>|",
                 i / 2 * 2);
    ck_assert(metrics_retained(metrics));
    return metrics;
}

static char *render(const struct renderer *renderer, const struct render_options *options)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    struct run *run = sample_empty_run();
    struct metrics *metrics = scored(run);
    ck_assert_ptr_nonnull(out);
    ck_assert_int_eq(renderer->report(metrics, options, out), 0);
    fclose(out);
    metrics_free(metrics);
    run_free(run);
    return text;
}

/* From the line that begins so, up to the one that begins otherwise. */
static char *part(char *text, const char *from, const char *to)
{
    char *begin = strstr(text, from), *end = begin ? strstr(begin, to) : NULL;
    ck_assert_msg(begin && end, "%s … %s is not in:\n%s", from, to, text);
    *end = '\0';
    return begin;
}

START_TEST(the_text_is_the_golden_one)
{
    struct render_options options = {.tool_version = "0.0.0"};
    char *text = render(&render_text, &options);
    golden_compare("quality.txt", part(text, "- Format Conversions", "- Lost:"));
    free(text);
}
END_TEST

START_TEST(the_ascii_text_is_ascii)
{
    struct render_options options = {.ascii = true, .tool_version = "0.0.0"};
    char *text = render(&render_text, &options);
    for (const char *at = text; *at; at++)
        ck_assert_int_lt((unsigned char)*at, 0x80);
    ck_assert_ptr_null(strchr(text, '\033'));
    free(text);
}
END_TEST

START_TEST(the_markdown_is_the_golden_one)
{
    struct render_options options = {.tool_version = "0.0.0"};
    char *text = render(&render_md, &options);
    golden_compare("quality.md", text);
    free(text);
}
END_TEST

START_TEST(the_json_has_every_figure)
{
    struct render_options options = {.tool_version = "0.0.0"};
    char *text = render(&render_json, &options);
    json_t *json = json_loads(text, 0, NULL);
    char *quality = json_dumps(json_object_get(json, "quality"), JSON_INDENT(2) | JSON_REAL_PRECISION(12));
    golden_compare("quality.json", quality);
    const json_t *image = json_array_get(json_object_get(json, "images"), 0);
    ck_assert_double_eq(json_number_value(json_object_get(image, "quality_retained")), 0);
    ck_assert_double_eq(json_number_value(json_object_get(json_object_get(image, "quality"), "score")), -20);
    image = json_array_get(json_object_get(json, "images"), 20);
    ck_assert(json_is_null(json_object_get(image, "quality_retained")));
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(image, "quality"), "reason")),
                     "reason 20 \033[31m<b>|");
    free(quality);
    json_decref(json);
    free(text);
}
END_TEST

START_TEST(the_page_holds_no_markup_of_a_reason)
{
    struct render_options options = {.tool_version = "0.0.0"};
    char *text = render(&render_html, &options);
    ck_assert_ptr_null(strstr(text, "<b>|"));
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("render quality");
    TCase *all = tcase_create("all");
    tcase_add_test(all, the_text_is_the_golden_one);
    tcase_add_test(all, the_ascii_text_is_ascii);
    tcase_add_test(all, the_markdown_is_the_golden_one);
    tcase_add_test(all, the_json_has_every_figure);
    tcase_add_test(all, the_page_holds_no_markup_of_a_reason);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}

/* SPDX-License-Identifier: MIT
 * Owns: claims about comparisons: what a figure is, designs and verdicts, which images are the same, what is printed.
 * Must not know: traces; how reports come about. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/compare/comparison.h"
#include "analyzer/compare/render/render.h"
#include "analyzer/compare/render/spread.h"
#include "tests/unit/parts/golden.h"
#include "tests/unit/parts/sample_parts.h"
#include "tests/unit/parts/suite.h"
#include "analyzer/metrics/metrics.h"

/* A run like the sample, whose encodes took `encode` times as long and outputs are `size` times as long. */
static void add_run(struct side *side, double encode, double size)
{
    struct run *run = sample_run();
    for (size_t i = 0; i < run->image_count; i++) {
        struct image *image = &run->images[i];
        uint64_t more = (uint64_t)((double)image->stage_ns[STAGE_ENCODE] * (encode - 1));
        image->stage_ns[STAGE_ENCODE] += more;
        image->stage_ns[STAGE_OPTIMIZATION] += more;
        image->busy_ns += more;
    }
    for (size_t i = 0; i < run->file_count; i++)
        if (run->files[i].role == FILE_ROLE_FINAL && run->files[i].bytes != UNKNOWN)
            run->files[i].bytes = (uint64_t)((double)run->files[i].bytes * size);
    struct metrics *metrics = metrics_compute(run);
    ck_assert_ptr_nonnull(metrics);
    char name[16];
    snprintf(name, sizeof name, "run-%03zu", side->runs_count + 1);
    side_add_run(side, metrics, name);
    side->runs[side->runs_count - 1].round = (unsigned)side->runs_count;
    metrics_free(metrics);
    run_free(run);
}

/* Small, the same in each program run, and not in step with anything. */
static double noise(size_t run, size_t side)
{
    static const double values[] = {0.3, -0.8, 0.1, 0.9, -0.4, -0.2, 0.7, -0.6, 0.5, -0.1, 0.2};
    return 1 + 0.01 * values[(run * 3 + side * 5) % 11];
}

static void make_sides(struct side *old, struct side *new, size_t runs, double slower, double larger,
                       const char *session)
{
    *old = (struct side){.path = sample_copy("/sets/old")};
    *new = (struct side){.path = sample_copy("/sets/new")};
    old->session = session ? sample_copy("one call") : NULL;
    new->session = session ? sample_copy(session) : NULL;
    for (size_t i = 0; i < runs; i++) {
        add_run(old, noise(i, 0), 1);
        add_run(new, noise(i, 1) * slower, larger);
    }
}

static void release(struct side *old, struct side *new, struct comparison *comparison)
{
    comparison_release(comparison);
    side_release(old);
    side_release(new);
}

START_TEST(paths_say_what_a_figure_is)
{
    static const struct {
        const char *path;
        bool is_figure;
        struct figure_class class;
    } cases[] = {
        {"duration_s", true, {FIGURE_MEASURED, FIGURE_LOWER, FIGURE_SECONDS, true}},
        {"stages.encode.mean", true, {FIGURE_MEASURED, FIGURE_LOWER, FIGURE_SECONDS, true}},
        {"stages.encode.p95", true, {FIGURE_MEASURED, FIGURE_LOWER, FIGURE_SECONDS, false}},
        {"stages.encode.n", true, {FIGURE_EXACT, FIGURE_NEITHER, FIGURE_NUMBER, false}},
        {"stages.unattributed.mean", true, {FIGURE_MEASURED, FIGURE_NEITHER, FIGURE_SECONDS, false}},
        {"memory.peak_rss_bytes", true, {FIGURE_MEASURED, FIGURE_LOWER, FIGURE_BYTES, true}},
        {"memory.peak.bytes", false, {0}},
        {"memory.avg_rss_bytes", true, {FIGURE_MEASURED, FIGURE_LOWER, FIGURE_BYTES, false}},
        {"images_per_s", true, {FIGURE_MEASURED, FIGURE_HIGHER, FIGURE_NUMBER, false}},
        {"totals.bytes_saved", true, {FIGURE_EXACT, FIGURE_HIGHER, FIGURE_BYTES, false}},
        {"formats.webp.size_ratio", true, {FIGURE_EXACT, FIGURE_LOWER, FIGURE_RATIO, false}},
        {"formats.webp.time.mean", true, {FIGURE_MEASURED, FIGURE_LOWER, FIGURE_SECONDS, false}},
        {"formats.avif.qualities[encoder=a.b,label=q=8].size_ratio",
         true,
         {FIGURE_EXACT, FIGURE_LOWER, FIGURE_RATIO, false}},
        {"conversions[from=png,to=webp].size_reduction", true, {FIGURE_EXACT, FIGURE_HIGHER, FIGURE_RATIO, false}},
        {"host.cpus", false, {0}},
        {"coverage.io_bytes_kernel", true, {FIGURE_MEASURED, FIGURE_NEITHER, FIGURE_BYTES, false}},
        {"something.new_s", true, {FIGURE_MEASURED, FIGURE_NEITHER, FIGURE_SECONDS, false}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct figure_class class;
        bool is_figure = figures_classify(cases[i].path, &class);
        ck_assert_msg(is_figure == cases[i].is_figure, "%s", cases[i].path);
        ck_assert_msg(!is_figure || (class.kind == cases[i].class.kind && class.better == cases[i].class.better &&
                                     class.unit == cases[i].class.unit && class.asked == cases[i].class.asked),
                      "%s is another kind", cases[i].path);
    }
}
END_TEST

START_TEST(every_number_of_a_report_has_a_path)
{
    struct side side = {0};
    struct figures figures;
    add_run(&side, 1, 1);
    figures_begin(&figures, 1);
    figures_add(&figures, 0, side.runs[0].report);
    ck_assert_double_eq(
        figures_find(&figures, "formats.webp.qualities[encoder=libwebp,label=q=80].bytes_out")->values[0], 500000);
    ck_assert_double_eq(figures_find(&figures, "conversions[from=png,to=webp].n")->values[0], 1);
    ck_assert(isnan(figures_find(&figures, "stages.encode.p95")->values[0]));
    ck_assert_ptr_null(figures_find(&figures, "host.cpus"));
    figures_release(&figures);
    side_release(&side);
}
END_TEST

static const struct compared_figure *figure(const struct comparison *comparison, const char *path)
{
    const struct compared_figure *found = comparison_find(comparison, path);
    ck_assert_msg(found != NULL, "no %s", path);
    return found;
}

START_TEST(rounds_find_what_is_slower_and_leave_noise_alone)
{
    struct side old, new;
    struct comparison comparison;
    make_sides(&old, &new, 10, 1.1, 1, "one call");
    comparison_make(&comparison, &old, &new, NULL, NULL);
    ck_assert_int_eq(comparison.design, DESIGN_INTERLEAVED);
    ck_assert_uint_eq(comparison.rounds, 10);
    const struct compared_figure *encode = figure(&comparison, "stages.encode.mean");
    ck_assert(encode->asked && encode->verdict == VERDICT_WORSE);
    ck_assert_double_eq_tol(encode->ratio, 1.1, 0.01);
    ck_assert(encode->low > 1.08 && encode->high < 1.12);
    /* p of ten rounds in one direction is 2 ÷ 1,024, adjusted for all that were asked and can differ */
    ck_assert(encode->p > 2.0 / 1024 && encode->p <= 0.05);
    ck_assert_int_eq(figure(&comparison, "stages.decode.mean")->verdict, VERDICT_NOISE); /* p = 1: all equal */
    ck_assert_int_eq(figure(&comparison, "totals.bytes_out")->verdict, VERDICT_EQUAL);
    ck_assert(figure(&comparison, "totals.bytes_out")->exact);
    release(&old, &new, &comparison);
}
END_TEST

START_TEST(sets_recorded_apart_are_compared_by_runs)
{
    struct side old, new;
    struct comparison comparison;
    make_sides(&old, &new, 8, 1.1, 1, "another call");
    comparison_make(&comparison, &old, &new, NULL, NULL);
    ck_assert_int_eq(comparison.design, DESIGN_APART);
    ck_assert_uint_eq(comparison.rounds, 0);
    ck_assert_int_eq(figure(&comparison, "stages.encode.mean")->verdict, VERDICT_WORSE);
    release(&old, &new, &comparison);
}
END_TEST

START_TEST(single_runs_get_no_verdict_but_of_sizes)
{
    struct side old, new;
    struct comparison comparison;
    make_sides(&old, &new, 1, 3, 0.9, NULL);
    comparison_make(&comparison, &old, &new, NULL, NULL);
    ck_assert_int_eq(comparison.design, DESIGN_SINGLE);
    const struct compared_figure *encode = figure(&comparison, "stages.encode.mean");
    ck_assert(encode->verdict == VERDICT_UNTESTED && isnan(encode->p) && isnan(encode->low));
    ck_assert_double_eq_tol(encode->ratio, 3, 0.05);
    ck_assert_int_eq(figure(&comparison, "totals.bytes_out")->verdict, VERDICT_BETTER);
    ck_assert_int_eq(figure(&comparison, "totals.bytes_in")->verdict, VERDICT_EQUAL);
    release(&old, &new, &comparison);
}
END_TEST

START_TEST(a_size_that_varies_within_a_set_is_not_exact)
{
    struct side old = {.path = sample_copy("a")}, new = {.path = sample_copy("b")};
    struct comparison comparison;
    for (size_t i = 0; i < 6; i++) {
        add_run(&old, 1, i % 2 ? 1 : 1.01);
        add_run(&new, 1, i % 2 ? 1.01 : 1);
    }
    comparison_make(&comparison, &old, &new, NULL, NULL);
    ck_assert(!figure(&comparison, "totals.bytes_out")->exact);
    ck_assert_int_eq(figure(&comparison, "totals.bytes_out")->verdict, VERDICT_NOISE);
    release(&old, &new, &comparison);
}
END_TEST

static void add_image(struct side *side, const char *source, const char *output, const char *format,
                      const char *likeness)
{
    side->images = realloc(side->images, (side->images_count + 1) * sizeof *side->images);
    side->images[side->images_count++] = (struct side_image){.source = source ? sample_copy(source) : NULL,
                                                             .output = output ? sample_copy(output) : NULL,
                                                             .format = sample_copy(format),
                                                             .likeness = likeness ? sample_copy(likeness) : NULL,
                                                             .status = sample_copy("ok"),
                                                             .bytes_in = 10,
                                                             .bytes_out = 5};
}

START_TEST(images_are_found_again_by_path_then_format_then_likeness)
{
    struct side old = {0}, new = {0};
    struct image_pairs pairs;
    add_image(&old, "/a/in/x.png", "/a/out/x.webp", "webp", NULL);
    add_image(&old, "/a/in/d/y.png", "/a/out/y-1.webp", "webp", NULL); /* its name has a number that changes */
    add_image(&old, "/a/in/d/y.png", "/a/out/y-1.avif", "avif", NULL);
    add_image(&old, NULL, NULL, "webp", "png 12 3x4"); /* memory to memory */
    add_image(&old, "/a/in/gone.png", "/a/out/gone.webp", "webp", "png 99 9x9");
    add_image(&new, NULL, NULL, "webp", "png 12 3x4");
    add_image(&new, "/elsewhere/b/d/y.png", "/elsewhere/o/y-2.avif", "avif", NULL);
    add_image(&new, "/elsewhere/b/d/y.png", "/elsewhere/o/y-2.webp", "webp", NULL);
    add_image(&new, "/elsewhere/b/x.png", "/elsewhere/o/x.webp", "webp", NULL);
    add_image(&new, "/elsewhere/b/more.png", "/elsewhere/o/more.webp", "webp", "png 98 9x9");
    images_match(&old, &new, NULL, NULL, &pairs);
    ck_assert_uint_eq(pairs.list_count, 4);
    ck_assert(pairs.list[0].new == 3 && pairs.list[0].match == MATCH_PATHS);
    ck_assert(pairs.list[1].new == 2 && pairs.list[1].match == MATCH_FORMAT);
    ck_assert(pairs.list[2].new == 1 && pairs.list[2].match == MATCH_FORMAT);
    ck_assert(pairs.list[3].new == 0 && pairs.list[3].match == MATCH_LIKENESS);
    ck_assert(pairs.only_old == 1 && pairs.only_new == 1);
    images_release(&pairs);
    images_match(&old, &new, "/a/in", "/elsewhere/b", &pairs); /* whole paths: outputs differ, sources do not */
    ck_assert_uint_eq(pairs.list_count, 4);
    ck_assert(pairs.list[0].new == 3 && pairs.list[0].match == MATCH_FORMAT);
    images_release(&pairs);
    side_release(&old);
    side_release(&new);
}
END_TEST

/* Two of them on a side could be either: neither is taken. */
START_TEST(images_that_look_alike_are_not_guessed)
{
    struct side old = {0}, new = {0};
    struct image_pairs pairs;
    add_image(&old, NULL, NULL, "webp", "png 12 3x4");
    add_image(&new, NULL, NULL, "webp", "png 12 3x4");
    add_image(&new, NULL, NULL, "webp", "png 12 3x4");
    images_match(&old, &new, NULL, NULL, &pairs);
    ck_assert(pairs.list_count == 0 && pairs.only_old == 1 && pairs.only_new == 2);
    images_release(&pairs);
    side_release(&old);
    side_release(&new);
}
END_TEST

START_TEST(what_differs_besides_figures_is_said)
{
    struct side old, new;
    struct comparison comparison;
    make_sides(&old, &new, 1, 1, 1, NULL);
    json_t *report = new.runs[0].report, *library = json_array_get(json_object_get(report, "libraries"), 0);
    const char *name = json_string_value(json_object_get(library, "name"));
    json_object_set_new(library, "version", json_string("9.9"));
    json_object_set_new(json_object_get(report, "host"), "cpu_model", json_string("Another CPU"));
    json_array_clear(json_object_get(report, "findings"));
    comparison_make(&comparison, &old, &new, NULL, NULL);
    ck_assert(!comparison.texts.same_machine);
    bool version = false, machine = false, finding = false;
    for (size_t i = 0; i < comparison.texts.list_count; i++) {
        const struct compared_text *text = &comparison.texts.list[i];
        version |= !strncmp(text->what, name, strlen(text->what)) && !strncmp(text->new, "9.9", 3);
        machine |= !strcmp(text->what, "cpu_model") && !strcmp(text->new, "Another CPU");
        finding |= !strncmp(text->what, "finding ", 8) && !text->new;
    }
    ck_assert(version && machine && finding);
    release(&old, &new, &comparison);
}
END_TEST

/* What a library is called with its version in its name, on both sides; and what it is said to be. */
static const char *const renamed[][3] = {
    {"libvips-cpp.so.42", "libvips-cpp.so.8.18.7", "libvips-cpp"},
    {"sharp-linux-x64.node", "sharp-linux-x64-0.35.5.node", "sharp-linux-x64"},
    {"libMagickCore-6.Q16.so.6.0.0", "libMagickCore-7.Q16.so.10.0.1", "libMagickCore"},
    {"libwebp-2fd3cdca.so.7.1.8", "libwebp-b2c7ef01.so.7.1.10", "libwebp"},
    {"libde265.so.0.1.1", "libde265.so.0.1.6", "libde265"},
    {"_imaging.cpython-311-x86_64-linux-gnu.so", "_imaging.cpython-311-x86_64-linux-gnu.so",
     "_imaging.cpython-311-x86_64-linux-gnu"},
};

START_TEST(a_library_is_the_same_when_its_name_has_the_version)
{
    const char *const *names = renamed[_i];
    struct side old, new;
    struct comparison comparison;
    make_sides(&old, &new, 1, 1, 1, NULL);
    for (int side = 0; side < 2; side++) {
        json_t *list = json_object_get((side ? &new : &old)->runs[0].report, "libraries");
        json_array_clear(list);
        json_array_append_new(
            list, json_pack("{s:s, s:n, s:s}", "name", names[side], "version", "build_id", side ? "b1" : "a0"));
    }
    comparison_make(&comparison, &old, &new, NULL, NULL);
    size_t found = 0;
    for (size_t i = 0; i < comparison.texts.list_count; i++) {
        const struct compared_text *text = &comparison.texts.list[i];
        if (strcmp(text->what, names[2]) != 0)
            continue;
        found++;
        ck_assert_msg(text->old && strstr(text->old, names[0]) && strstr(text->old, "a0"), "old: %s", text->old);
        ck_assert_msg(text->new &&strstr(text->new, names[1]) && strstr(text->new, "b1"), "new: %s", text->new);
    }
    ck_assert_uint_eq(found, 1);
    release(&old, &new, &comparison);
}
END_TEST

static char *rendered(const struct compare_renderer *renderer, size_t runs, bool ascii)
{
    struct side old, new;
    struct comparison comparison;
    const struct compare_options options = {.ascii = ascii, .top = 10, .tool_version = "0.0.0"};
    char *text = NULL;
    size_t bytes;
    make_sides(&old, &new, runs, 1.1, 0.95, "one call");
    free(new.images[0].output);
    new.images[0].output = sample_copy("/out/<b>|\x1b[31m.jpg"); /* names can be anything */
    comparison_make(&comparison, &old, &new, NULL, NULL);
    FILE *out = open_memstream(&text, &bytes);
    ck_assert_int_eq(renderer->report(&comparison, &options, out), 0);
    fclose(out);
    release(&old, &new, &comparison);
    return text;
}

START_TEST(all_forms_are_the_golden_ones)
{
    static const struct {
        const char *name;
        const struct compare_renderer *renderer;
        size_t runs;
        bool ascii;
    } goldens[] = {
        {"compare/compare.txt", &compare_text, 10, false},     {"compare/compare_single.txt", &compare_text, 1, false},
        {"compare/compare_ascii.txt", &compare_text, 6, true}, {"compare/compare.md", &compare_md, 10, false},
        {"compare/compare.json", &compare_json, 10, false},    {"compare/compare.html", &compare_html, 10, false}};
    for (size_t i = 0; i < sizeof goldens / sizeof *goldens; i++) {
        char *text = rendered(goldens[i].renderer, goldens[i].runs, goldens[i].ascii);
        golden_compare(goldens[i].name, text);
        ck_assert_ptr_null(strchr(text, 0x1b));
        for (const char *at = text; goldens[i].ascii && *at; at++)
            ck_assert((unsigned char)*at < 0x80);
        free(text);
    }
}
END_TEST

START_TEST(a_set_is_told_with_its_warnings)
{
    struct side side = {.path = sample_copy("/set")};
    char *text = NULL;
    size_t bytes;
    for (size_t i = 0; i < 6; i++)
        add_run(&side, noise(i, 0), i == 5 ? 1.5 : 1);
    for (size_t i = 0; i < 6; i++) /* what the sample's images do not change */
        json_object_set_new(side.runs[i].report, "duration_s", json_real(i == 0 ? 3 : 2 + 0.001 * (double)i));
    FILE *out = open_memstream(&text, &bytes);
    spread_print(&side, false, out);
    fclose(out);
    golden_compare("spread.txt", text);
    ck_assert_ptr_nonnull(strstr(text, "the first run took 150 % of the median"));
    ck_assert_ptr_nonnull(strstr(text, "the runs did not do the same"));
    ck_assert_uint_eq(spread_typical(&side), 3); /* 2.001 2.002 2.003 2.004 2.005 3: the third smallest */
    free(text);
    side_release(&side);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("compare");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, paths_say_what_a_figure_is);
    tcase_add_test(tests, every_number_of_a_report_has_a_path);
    tcase_add_test(tests, rounds_find_what_is_slower_and_leave_noise_alone);
    tcase_add_test(tests, sets_recorded_apart_are_compared_by_runs);
    tcase_add_test(tests, single_runs_get_no_verdict_but_of_sizes);
    tcase_add_test(tests, a_size_that_varies_within_a_set_is_not_exact);
    tcase_add_test(tests, images_are_found_again_by_path_then_format_then_likeness);
    tcase_add_test(tests, images_that_look_alike_are_not_guessed);
    tcase_add_test(tests, what_differs_besides_figures_is_said);
    tcase_add_loop_test(tests, a_library_is_the_same_when_its_name_has_the_version, 0,
                        sizeof renamed / sizeof *renamed);
    tcase_add_test(tests, all_forms_are_the_golden_ones);
    tcase_add_test(tests, a_set_is_told_with_its_warnings);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

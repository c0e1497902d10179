/* SPDX-License-Identifier: MIT
 * Owns: the claims about libvips' pipelines and about images that a program has in memory only: which of them is whose
 * input, which is an output at all, and what is known of time inside a pipeline.
 * Must not know: how inference does it. */
#include "tests/unit/parts/scene.h"
#include "tests/unit/parts/suite.h"

#include <string.h>

enum { FILE_BUFFER = 0x1000, BLOB = 0x20000, SECOND_BLOB = 0x30000, HERS = 0x40000 };

static struct run *finish(struct scene *scene)
{
    struct run *run = scene_run(scene);
    scene_free(scene);
    return run;
}

static const uint64_t in_file = 100; /* bytes of the input, as of what act_codec() says of its source */

/* A load of `bytes` at source, or of a file where source is 0. */
static void loads(struct actor actor, double ms, uint32_t session, uint64_t source, uint64_t bytes)
{
    ACT(actor, ms, codec_call, .duration_ns = MS, .source = source, .source_bytes = source ? bytes : 0,
        .session = session, .hook = 5, .role = trace_role_HEADER, .codec = trace_codec_VIPS,
        .outcome = trace_outcome_DONE);
}

/* A save with options, which leaves `bytes` at target. */
static void saves(struct actor actor, double ms, double took, uint32_t session, uint64_t target, uint64_t bytes)
{
    ACT(actor, ms, codec_setting, .value = 70 + session, .session = session, .key = SETTING_QUALITY,
        .codec = trace_codec_VIPS);
    ACT(actor, ms, codec_call, .duration_ns = (uint64_t)(took * 1e6), .handle = 0x500 + session, .target = target,
        .target_bytes = target ? bytes : 0, .session = session, .hook = 6, .role = trace_role_PIPELINE,
        .codec = trace_codec_VIPS, .outcome = trace_outcome_DONE);
    if (target)
        act_head(actor, ms, 0, trace_direction_OUT, FORMAT_JPEG, session, target);
}

static const struct image_file *only_output(const struct run *run, size_t image)
{
    ck_assert_uint_lt(image, run->image_count);
    ck_assert_uint_eq(run->images[image].output_count, 1);
    return &run->files[run->images[image].outputs[0]];
}

START_TEST(a_result_that_stays_in_memory_is_an_output)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/in.png", FORMAT_PNG, FILE_BUFFER, in_file);
    loads(tool, 14, 1, FILE_BUFFER, in_file);
    saves(tool, 30, 10, 2, BLOB, 40);
    act_end(tool, 40, 20, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    const struct image_file *out = only_output(run, 0);
    ck_assert_int_eq(out->kind, FILE_KIND_MEMORY);
    ck_assert_int_eq(out->facts.format, FORMAT_JPEG);
    ck_assert_uint_eq(out->bytes, 40);
    ck_assert_int_eq(run->images[0].status, IMAGE_OK);
    ck_assert_int_eq(run->images[0].link_rule, LINK_BUFFER);
    ck_assert_double_eq(run->images[0].settings->value[SETTING_QUALITY], 72);
    /* What it took is known, how it divides is not. */
    ck_assert_uint_eq(run->images[0].stage_ns[STAGE_OPTIMIZATION], 10 * MS);
    ck_assert(!run->images[0].stage_known[STAGE_DECODE] && !run->images[0].stage_known[STAGE_ENCODE]);
    run_free(run);
}
END_TEST

START_TEST(a_result_that_is_written_is_that_file_only)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/in.png", FORMAT_PNG, FILE_BUFFER, in_file);
    loads(tool, 14, 1, FILE_BUFFER, in_file);
    saves(tool, 30, 10, 2, BLOB, 40);
    act_output(tool, 32, 2, "/photos/out.jpg", FORMAT_JPEG, BLOB, 40);
    act_end(tool, 40, 20, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_int_eq(only_output(run, 0)->kind, FILE_KIND_FILE);
    ck_assert_uint_eq(run->file_count, 2);
    run_free(run);
}
END_TEST

START_TEST(a_result_that_is_loaded_again_is_an_intermediate)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/in.png", FORMAT_PNG, FILE_BUFFER, in_file);
    loads(tool, 14, 1, FILE_BUFFER, in_file);
    saves(tool, 30, 10, 2, BLOB, 40);
    loads(tool, 34, 3, BLOB, 40);
    saves(tool, 50, 10, 4, SECOND_BLOB, 30);
    act_end(tool, 60, 20, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 2);
    ck_assert_int_eq(only_output(run, 0)->role, FILE_ROLE_INTERMEDIATE);
    ck_assert_int_eq(only_output(run, 1)->role, FILE_ROLE_FINAL);
    ck_assert_uint_eq(run->images[1].input_count, 1);
    ck_assert_uint_eq(run->images[1].inputs[0], run->images[0].outputs[0]);
    ck_assert_uint_eq(run->images[0].chain, run->images[1].chain);
    run_free(run);
}
END_TEST

START_TEST(what_came_by_no_file_is_an_input_in_memory)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    loads(tool, 14, 1, HERS, 77);
    act_head(tool, 14, 0, trace_direction_IN, FORMAT_PNG, 1, HERS);
    saves(tool, 30, 10, 2, BLOB, 40);
    act_end(tool, 40, 20, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_uint_eq(run->images[0].input_count, 1);
    const struct image_file *in = &run->files[run->images[0].inputs[0]];
    ck_assert_int_eq(in->kind, FILE_KIND_MEMORY);
    ck_assert_int_eq(in->facts.format, FORMAT_PNG);
    ck_assert_uint_eq(in->bytes, 77);
    run_free(run);
}
END_TEST

START_TEST(what_was_made_of_nothing_has_no_input)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/in.png", FORMAT_PNG, FILE_BUFFER, in_file);
    loads(tool, 14, 1, FILE_BUFFER, in_file);
    saves(tool, 30, 10, 2, BLOB, 40);
    saves(tool, 50, 10, 4, SECOND_BLOB, 30); /* without a load of its own */
    act_end(tool, 60, 20, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 2);
    ck_assert_uint_eq(run->images[0].input_count, 1);
    ck_assert_uint_eq(run->images[1].input_count, 0);
    ck_assert_uint_eq(run->images[1].attempts, 1);
    run_free(run);
}
END_TEST

/* Two threads load the same file at the same time and save with settings of their own. */
START_TEST(each_thread_saves_what_it_has_loaded)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0), other = scene_thread(tool, 101, 1);
    ACT(tool, 5, session_link, .session = 1, .direction = trace_direction_IN, .path = TEXT("in.png"));
    ACT(other, 6, session_link, .session = 3, .direction = trace_direction_IN, .path = TEXT("in.png"));
    act_open(tool, 8, 1, 1, "/photos/in.png", 0, in_file);
    act_head(tool, 9, 1, trace_direction_IN, FORMAT_PNG, 1, FILE_BUFFER);
    act_open(other, 10, 1, 2, "/photos/in.png", 0, in_file);
    act_head(other, 11, 2, trace_direction_IN, FORMAT_PNG, 3, FILE_BUFFER);
    loads(tool, 12, 1, 0, 0);
    loads(other, 13, 3, 0, 0);
    ACT(tool, 14, session_link, .session = 2, .direction = trace_direction_OUT, .path = TEXT("a.jpg"));
    ACT(other, 15, session_link, .session = 4, .direction = trace_direction_OUT, .path = TEXT("b.jpg"));
    /* Each opens and writes the other's file: only the names say whose they are. */
    act_output(other, 16, 5, "/photos/a.jpg", FORMAT_JPEG, 0x77000, 50);
    act_output(tool, 20, 6, "/photos/b.jpg", FORMAT_JPEG, 0x78000, 60);
    saves(tool, 40, 20, 2, 0, 0);
    saves(other, 41, 20, 4, 0, 0);
    act_end(tool, 60, 40, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct image *image = &run->images[i];
        bool first = strcmp(only_output(run, i)->path, "/photos/a.jpg") == 0;
        ck_assert_double_eq(image->settings->value[SETTING_QUALITY], first ? 72 : 74);
        ck_assert_uint_eq(image->tid, first ? tool.tid : other.tid);
        ck_assert_int_eq(image->link_rule, LINK_PATH);
        ck_assert_uint_eq(image->input_count, 1);
    }
    run_free(run);
}
END_TEST

/* A pipeline of 20 ms with 8 ms of an encoder inside it, and a decoder of 5 ms on a helper's thread. */
START_TEST(codecs_inside_a_pipeline_count_for_themselves)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0), helper = scene_thread(tool, 101, 1);
    act_input(tool, 10, 1, "/photos/in.jpg", FORMAT_JPEG, FILE_BUFFER, in_file);
    loads(tool, 14, 1, FILE_BUFFER, in_file);
    act_codec(helper, 25, 5, 7, trace_role_DECODE, trace_codec_JPEG, FILE_BUFFER, 0x5000);
    ACT(tool, 38, codec_call, .duration_ns = 8 * MS, .source = 0x5000, .source_bytes = 1, .session = 8, .hook = 9,
        .role = trace_role_ENCODE, .codec = trace_codec_WEBP, .outcome = trace_outcome_DONE, .inside = 1);
    ACT(tool, 40, codec_call, .duration_ns = 20 * MS, .inner_ns = 8 * MS, .session = 2, .hook = 6,
        .role = trace_role_PIPELINE, .codec = trace_codec_VIPS, .outcome = trace_outcome_DONE);
    act_output(tool, 41, 2, "/photos/out.png", FORMAT_PNG, 0x9000, 40);
    act_end(tool, 50, 40, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    const struct image *image = &run->images[0];
    ck_assert_str_eq(image->settings->encoder, "libwebp");
    ck_assert_uint_eq(image->attempts, 1);
    ck_assert_uint_eq(image->stage_ns[STAGE_DECODE], 5 * MS);
    ck_assert_uint_eq(image->stage_ns[STAGE_ENCODE], 8 * MS);
    ck_assert_uint_eq(image->stage_ns[STAGE_TRANSFORM], 7 * MS);
    ck_assert(image->stage_known[STAGE_TRANSFORM]);
    run_free(run);
}
END_TEST

/* Nobody is known to have decoded anything: how long that took is unknown, not 0. */
START_TEST(without_an_input_the_time_of_decoding_is_unknown)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_codec(tool, 20, 8, 1, trace_role_ENCODE, trace_codec_JPEG, 0x5000, 0x9000);
    act_output(tool, 21, 2, "/photos/out.jpg", FORMAT_JPEG, 0x9000, 400);
    act_end(tool, 30, 20, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert(!run->images[0].stage_known[STAGE_DECODE]);
    ck_assert(run->images[0].stage_known[STAGE_ENCODE]);
    run_free(run);
}
END_TEST

/* Two processes with an image each, of 500 and 600 ms, and four looks at all of them from outside. */
static struct run *run_looked_at(struct scene *scene, double every_ms, uint64_t highest_pss)
{
    *scene = scene_new();
    struct actor a = scene_process(scene, 100, 1, 0), b = scene_process(scene, 101, 100, 0);
    unsigned outside = build_trace_stream(scene->trace, build_trace_process(scene->trace, 99, AT(0) - 5));
    const struct trace_tree_sample samples[] = {
        {.rss_bytes = 9000000, .pss_bytes = 5000000, .processes = 2},
        {.rss_bytes = 9000000, .pss_bytes = highest_pss, .processes = 3}, /* one more, which is not recorded */
        {.rss_bytes = 9900000, .pss_bytes = 9900000, .processes = 3, .partial = 1},
        {.rss_bytes = 9000000, .pss_bytes = TRACE_UNKNOWN, .processes = 1},
    };
    act_input(a, 1, 1, "/photos/a.png", FORMAT_PNG, 0x1000, 1000);
    act_input(b, 1, 1, "/photos/b.png", FORMAT_PNG, 0x1000, 1000);
    ACT(a, 10, sample, .rss_bytes = 5000000, .shared_bytes = 1000000, .own_bytes = 400000);
    ACT(b, 10, sample, .rss_bytes = 3000000, .shared_bytes = 2000000, .own_bytes = 100000);
    for (unsigned i = 0; i < 4; i++)
        build_trace_add(scene->trace, outside, AT(100 + every_ms * i), TRACE_KIND_tree_sample, &samples[i]);
    act_end(b, 500, 0, 0);
    act_end(a, 600, 0, 0);
    return scene_run(scene);
}

/* imgbench run looks on from outside: what it says of all at one moment counts more than what each said of itself. Its
 * own directory is no process of the run. */
START_TEST(samples_of_the_tree_are_the_memory_of_all_together)
{
    struct scene scene;
    struct run *run = run_looked_at(&scene, 50, 6500000);
    ck_assert_uint_eq(run->process_count, 2);
    ck_assert_uint_eq(run->start_ns, AT(0));
    ck_assert_uint_eq(run->peak_rss_bytes, 6000000); /* less the library's 500,000 in the two */
    ck_assert(run->peak_is_tree && run->peak_is_measured);
    ck_assert_uint_eq(run->peak_rss_ns, AT(150));
    ck_assert_uint_eq(run->peak_process, 0);
    ck_assert_uint_eq(run->peak_composition.rss_bytes, 4600000);
    ck_assert_double_eq_tol(run->avg_rss_bytes, 5250000, 1);
    /* The same counts for each moment: 100 ms windows, in which the highest one is. */
    ck_assert_uint_ge(run->sample_count, 4);
    ck_assert_uint_eq(run->samples[0].rss_bytes, UNKNOWN);
    ck_assert_uint_eq(run->samples[1].rss_bytes, 6000000);
    run_free(run);
    scene_free(&scene);
}
END_TEST

START_TEST(few_samples_of_the_tree_count_where_they_show_more)
{
    struct scene scene;
    struct run *run = run_looked_at(&scene, 60, 6500000); /* 9 in the life of a process */
    ck_assert(run->peak_is_tree && !run->peak_is_measured);
    /* private parts of each, less the library's, and the largest shared part */
    ck_assert_uint_eq(run->peak_rss_bytes, 3600000 + 900000 + 2000000);
    ck_assert_uint_eq(run->samples[0].rss_bytes, 3600000 + 900000 + 2000000);
    ck_assert_uint_eq(run->samples[2].rss_bytes, 8500000); /* of one process alone, less the library's */
    run_free(run);
    scene_free(&scene);
    run = run_looked_at(&scene, 60, 7500000); /* it was there, however seldom one looked */
    ck_assert(run->peak_is_tree && run->peak_is_measured);
    ck_assert_uint_eq(run->peak_rss_bytes, 7000000);
    run_free(run);
    scene_free(&scene);
}
END_TEST

/* An encoder that makes no call for long says little of itself. */
START_TEST(the_average_of_one_process_is_that_of_looks_at_it)
{
    struct scene scene = scene_new();
    struct actor a = scene_process(&scene, 100, 1, 0);
    unsigned outside = build_trace_stream(scene.trace, build_trace_process(scene.trace, 99, AT(0) - 5));
    act_input(a, 1, 1, "/photos/a.png", FORMAT_PNG, 0x1000, 1000);
    ACT(a, 10, sample, .rss_bytes = 5000000, .shared_bytes = 1000000, .own_bytes = 400000);
    for (unsigned i = 0; i < 3; i++) {
        const struct trace_tree_sample sample = {
            .rss_bytes = 20400000 + 1000000 * i, .pss_bytes = TRACE_UNKNOWN, .processes = 1};
        build_trace_add(scene.trace, outside, AT(100 + 100 * i), TRACE_KIND_tree_sample, &sample);
    }
    act_end(a, 400, 0, 0);
    struct run *run = scene_run(&scene);
    ck_assert_double_eq_tol(run->avg_rss_bytes, 21000000, 1);
    ck_assert_uint_eq(run->samples[run->sample_count - 1].rss_bytes, 22000000);
    run_free(run);
    scene_free(&scene);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("infer_memory");
    TCase *all = tcase_create("all");
    tcase_add_test(all, the_average_of_one_process_is_that_of_looks_at_it);
    tcase_add_test(all, a_result_that_stays_in_memory_is_an_output);
    tcase_add_test(all, a_result_that_is_written_is_that_file_only);
    tcase_add_test(all, a_result_that_is_loaded_again_is_an_intermediate);
    tcase_add_test(all, what_came_by_no_file_is_an_input_in_memory);
    tcase_add_test(all, what_was_made_of_nothing_has_no_input);
    tcase_add_test(all, each_thread_saves_what_it_has_loaded);
    tcase_add_test(all, codecs_inside_a_pipeline_count_for_themselves);
    tcase_add_test(all, without_an_input_the_time_of_decoding_is_unknown);
    tcase_add_test(all, samples_of_the_tree_are_the_memory_of_all_together);
    tcase_add_test(all, few_samples_of_the_tree_count_where_they_show_more);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}

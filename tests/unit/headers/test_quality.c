/* SPDX-License-Identifier: MIT
 * Owns: claims about metrics of pictures made here, about the processes that compare, and about scores that are kept.
 * That the scores are the reference's is tests/integration/quality/quality.sh. Must not know: image files. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/quality/cache.h"
#include "analyzer/quality/external.h"
#include "analyzer/quality/metrics/fidelity.h"
#include "analyzer/quality/pool.h"
#include "analyzer/quality/metrics/ssimulacra2.h"
#include "tests/unit/parts/build_trace.h"
#include "tests/unit/parts/suite.h"

static uint32_t seed;

static uint32_t noise(void)
{
    seed = seed * 1664525 + 1013904223;
    return seed >> 8;
}

static struct pixels make(size_t width, size_t height, unsigned bands)
{
    struct pixels pixels = {.width = width, .height = height, .bands = bands};
    pixels.values = calloc(width * height * bands, sizeof *pixels.values);
    ck_assert_ptr_nonnull(pixels.values);
    return pixels;
}

/* Slopes with noise on them, some of it 16 bits deep. */
static struct pixels picture(size_t width, size_t height, unsigned bands, uint32_t amplitude)
{
    struct pixels pixels = make(width, height, bands);
    seed = 7;
    for (size_t i = 0; i < width * height; i++)
        for (unsigned band = 0; band < bands; band++)
            pixels.values[i * bands + band] =
                (uint16_t)(20000 + i % width * 20000 / width + i / width * 15000 / height + noise() % (amplitude + 1));
    return pixels;
}

static double ssimulacra2_of(const struct pixels *a, const struct pixels *b, double background)
{
    double score = (double)NAN;
    ck_assert(ssimulacra2(a, b, background, &score));
    return score;
}

START_TEST(identical_pictures_are_exactly_100)
{
    static const size_t sizes[][2] = {{8, 8}, {9, 17}, {31, 8}, {64, 33}, {301, 203}, {1024, 8}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (unsigned bands = 3; bands <= 4; bands++) {
            struct pixels a = picture(sizes[i][0], sizes[i][1], bands, 9000);
            ck_assert_double_eq(ssimulacra2_of(&a, &a, 0), 100);
            ck_assert_double_eq(ssimulacra2_of(&a, &a, 1), 100);
            struct fidelity plain;
            ck_assert(fidelity(&a, &a, 0.5, &plain));
            ck_assert(isinf(plain.psnr_db));
            if (!isnan(plain.ssim))
                ck_assert_double_eq(plain.ssim, 1);
            if (!isnan(plain.ms_ssim))
                ck_assert_double_eq(plain.ms_ssim, 1);
            pixels_release(&a);
        }
}
END_TEST

START_TEST(more_noise_scores_less)
{
    struct pixels clean = picture(200, 180, 3, 0);
    double last = 100, last_ssim = 1;
    for (uint32_t amplitude = 500; amplitude < 20000; amplitude *= 2) {
        struct pixels noisy = picture(200, 180, 3, amplitude);
        double score = ssimulacra2_of(&clean, &noisy, 0);
        struct fidelity plain;
        ck_assert(fidelity(&clean, &noisy, 0, &plain));
        ck_assert_double_lt(score, last);
        ck_assert_double_lt(plain.ssim, last_ssim);
        last = score;
        last_ssim = plain.ssim;
        pixels_release(&noisy);
    }
    pixels_release(&clean);
}
END_TEST

/* One step of 8 bits everywhere: 10 log10(255²). */
START_TEST(psnr_is_of_steps_of_8_bits)
{
    struct pixels a = picture(50, 40, 3, 1000), b = picture(50, 40, 3, 1000);
    for (size_t i = 0; i < 50 * 40 * 3; i++)
        b.values[i] = (uint16_t)(b.values[i] + 257);
    struct fidelity plain;
    ck_assert(fidelity(&a, &b, 0, &plain));
    ck_assert_double_eq_tol(plain.psnr_db, 20 * log10(255), 1e-6);
    pixels_release(&a);
    pixels_release(&b);
}
END_TEST

START_TEST(small_pictures_have_what_is_defined_for_them)
{
    static const struct {
        size_t side;
        bool ssim, ms_ssim;
    } cases[] = {{1, false, false}, {10, false, false}, {11, true, false}, {175, true, false}, {176, true, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pixels a = picture(cases[i].side, cases[i].side, 3, 9000),
                      b = picture(cases[i].side, cases[i].side, 3, 900);
        struct fidelity plain;
        ck_assert(fidelity(&a, &b, 0, &plain));
        ck_assert(isfinite(plain.psnr_db));
        ck_assert_int_eq(!isnan(plain.ssim), cases[i].ssim);
        ck_assert_int_eq(!isnan(plain.ms_ssim), cases[i].ms_ssim);
        pixels_release(&a);
        pixels_release(&b);
    }
}
END_TEST

/* Black where alpha was lost: the same over black, another picture over white. And what is not seen does not count. */
START_TEST(transparency_shows_over_one_background_only)
{
    struct pixels clear = picture(64, 64, 4, 9000), black = make(64, 64, 3), other = picture(64, 64, 4, 20000);
    for (size_t i = 0; i < 64 * 64; i++)
        clear.values[4 * i + 3] = other.values[4 * i + 3] = 0;
    ck_assert_double_eq(ssimulacra2_of(&clear, &black, 0), 100);
    ck_assert_double_lt(ssimulacra2_of(&clear, &black, 1), 30);
    ck_assert_double_eq(ssimulacra2_of(&clear, &other, 1), 100);
    pixels_release(&clear);
    pixels_release(&black);
    pixels_release(&other);
}
END_TEST

/* What the jobs of a pool do: by number. */
static void play(void *context, size_t job, struct pair_score *score)
{
    (void)context;
    if (job % 5 == 3)
        raise(SIGTRAP);
    if (job % 5 == 4)
        _exit(7);
    if (job == 10)
        for (;;)
            pause();
    *score = pair_score_none("");
    score->ssimulacra2 = (double)job;
}

struct played {
    unsigned times[12];
    struct pair_score scores[12];
};

static void collect(void *context, size_t job, const struct pair_score *score)
{
    struct played *played = context;
    played->times[job]++;
    played->scores[job] = *score;
}

START_TEST(a_crash_costs_its_own_job)
{
    for (unsigned processes = 1; processes <= 3; processes += 2) {
        struct played played = {0};
        struct pool_work work = {&played, play, collect, 3};
        pool_run(&work, 12, processes);
        for (size_t job = 0; job < 12; job++) {
            ck_assert_uint_eq(played.times[job], 1);
            const char *reason = played.scores[job].reason;
            if (job % 5 == 3)
                ck_assert_str_eq(reason, "its decoder crashed with signal 5");
            else if (job % 5 == 4)
                ck_assert_str_eq(reason, "its decoder ended with exit code 7");
            else if (job == 10)
                ck_assert_str_eq(reason, "comparing it had not ended after 3 s");
            else
                ck_assert_double_eq(played.scores[job].ssimulacra2, (double)job);
        }
    }
}
END_TEST

START_TEST(no_jobs_are_done_at_once)
{
    struct pool_work work = {NULL, play, collect, 1};
    pool_run(&work, 0, 4);
}
END_TEST

static struct content content(unsigned char byte)
{
    struct content content;
    memset(content.sha256, byte, sizeof content.sha256);
    return content;
}

START_TEST(scores_are_found_again)
{
    struct build_trace *trace = build_trace_new();
    const char *directory = build_trace_path(trace);
    struct pair_settings settings = {.external_count = 1, .externals = {{"m", "measure {ref} {out} \"x\""}}};
    const struct pair_settings none = {.external_count = 0};
    struct image_file_state state = {1, 2, 3, UINT64_MAX - 1, UINT64_MAX};
    struct content a = content(0xa0), b = content(1), found;
    struct pair_score score = pair_score_none("only the first frame was compared: 3 became 1"), again;
    score.ssimulacra2 = -81.0 / 7;
    score.psnr_db = 33;
    score.ssim = 0.75;
    score.frames = 2;
    score.alpha = score.resized = true;
    score.externals[0] = 1.25;
    struct cache *cache = cache_read(directory);
    ck_assert(!cache_find(cache, &a, &b, &none, &again));
    cache_put(cache, &a, &b, &settings, &score);
    score.externals[0] = (double)NAN;
    cache_put(cache, &b, &a, &settings, &score); /* incomplete */
    cache_put_content(cache, &state, &a);
    ck_assert(cache_write(cache));
    cache_free(cache);

    cache = cache_read(directory);
    ck_assert(cache_find_content(cache, &state, &found));
    ck_assert_mem_eq(&found, &a, sizeof a);
    state.inode++;
    ck_assert(!cache_find_content(cache, &state, &found));
    ck_assert(cache_find(cache, &b, &a, &none, &again)); /* one metric failed: what the others say is known */
    ck_assert(!cache_find(cache, &b, &a, &settings, &again));
    ck_assert_uint_eq(again.frames, 2);
    ck_assert(isnan(again.externals[0]));
    ck_assert(cache_find(cache, &a, &b, &settings, &again));
    ck_assert_double_eq(again.ssimulacra2, -81.0 / 7);
    ck_assert_double_eq(again.externals[0], 1.25);
    ck_assert_double_eq(again.psnr_db, 33);
    ck_assert(isnan(again.ms_ssim));
    ck_assert(again.alpha && again.resized && !again.identical);
    ck_assert_str_eq(again.reason, score.reason);
    settings.externals[0].command = "another {ref} {out}";
    ck_assert(!cache_find(cache, &a, &b, &settings, &again));
    cache_free(cache);
    build_trace_free(trace);
}
END_TEST

START_TEST(identical_pictures_stay_so)
{
    struct build_trace *trace = build_trace_new();
    const struct pair_settings none = {.external_count = 0};
    struct content a = content(1), b = content(2);
    struct pair_score score = pair_score_none(""), again;
    score.ssimulacra2 = 100;
    score.psnr_db = (double)INFINITY;
    score.identical = true;
    score.frames = 1;
    struct cache *cache = cache_read(build_trace_path(trace));
    cache_put(cache, &a, &b, &none, &score);
    ck_assert(cache_write(cache));
    cache_free(cache);
    cache = cache_read(build_trace_path(trace));
    ck_assert(cache_find(cache, &a, &b, &none, &again));
    ck_assert(isinf(again.psnr_db) && again.identical);
    cache_free(cache);
    build_trace_free(trace);
}
END_TEST

START_TEST(a_file_of_scores_that_makes_no_sense_is_none)
{
    static const char *const texts[] = {
        "",
        "[]",
        "{}",
        "{\"schema\": \"imgbench-quality/1\", \"method\": 1, \"contents\": [], \"pairs\": {}}",
        "{\"schema\": \"imgbench-quality/1\", \"method\": 999, \"contents\": {}, \"pairs\": {}}",
        "{\"schema\": \"imgbench-quality/1\", \"method\": 1, \"contents\": {\"1-2-3-4-5\": \"0\"}, \"pairs\": "
        "{\"0101010101010101010101010101010101010101010101010101010101010101-"
        "0202020202020202020202020202020202020202020202020202020202020202\": {\"frames\": \"x\"}}}"};
    const struct pair_settings none = {.external_count = 0};
    const struct image_file_state state = {1, 2, 3, 4, 5};
    struct content a = content(1), b = content(2), found;
    struct pair_score score;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct build_trace *trace = build_trace_new();
        build_trace_file(trace, CACHE_NAME, texts[i], strlen(texts[i]));
        struct cache *cache = cache_read(build_trace_path(trace));
        ck_assert(!cache_find(cache, &a, &b, &none, &score));
        ck_assert(!cache_find_content(cache, &state, &found));
        cache_free(cache);
        build_trace_free(trace);
    }
}
END_TEST

/* A trace may come from anywhere: what no score can be is measured again. */
START_TEST(entries_that_no_score_can_be_are_none)
{
    static const char *const entries[] = {
        "\"frames\": 1, \"ssimulacra2\": 100.5",       "\"frames\": 1, \"ssimulacra2\": \"100\"",
        "\"frames\": 1, \"ssimulacra2\": true",        "\"frames\": 1, \"ssimulacra2\": null",
        "\"frames\": 0, \"ssimulacra2\": 80",          "\"frames\": -1, \"ssimulacra2\": 80",
        "\"frames\": 4294967297, \"ssimulacra2\": 80", "\"frames\": 1.0, \"ssimulacra2\": 80",
    };
    const struct pair_settings none = {.external_count = 0};
    struct content a = content(1), b = content(2);
    struct pair_score score;
    for (size_t i = 0; i <= sizeof entries / sizeof *entries; i++) {
        bool last = i == sizeof entries / sizeof *entries; /* this one is one */
        char text[1000];
        snprintf(text, sizeof text,
                 "{\"schema\": \"imgbench-quality/1\", \"method\": 1, \"contents\": {}, \"pairs\": {\"%064d-%064d\": "
                 "{%s, \"psnr_db\": 40, \"ssim\": 0.5, \"ms_ssim\": null, \"reason\": \"\"}}}",
                 0, 0, last ? "\"frames\": 1, \"ssimulacra2\": -1e3" : entries[i]);
        for (char *at = strstr(text, "000"), *end = at + 129; at < end; at += 2)
            if (*at == '-')
                at--;
            else
                at[1] = at < end - 64 ? '1' : '2';
        struct build_trace *trace = build_trace_new();
        build_trace_file(trace, CACHE_NAME, text, strlen(text));
        struct cache *cache = cache_read(build_trace_path(trace));
        ck_assert_msg(cache_find(cache, &a, &b, &none, &score) == last, "%s", text);
        ck_assert_uint_eq(score.frames, last);
        cache_free(cache);
        build_trace_free(trace);
    }
}
END_TEST

START_TEST(a_pipe_in_its_place_is_not_waited_for)
{
    struct build_trace *trace = build_trace_new();
    char path[500];
    snprintf(path, sizeof path, "%s/" CACHE_NAME, build_trace_path(trace));
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    cache_free(cache_read(build_trace_path(trace)));
    unlink(path);
    build_trace_free(trace);
}
END_TEST

START_TEST(metrics_of_others_have_a_name_and_the_output)
{
    struct external_metric metric;
    char problem[PAIR_SCORE_REASON_BYTES];
    ck_assert(external_parse("butteraugli_3norm:butteraugli_main {ref} {out}", &metric, problem));
    ck_assert_str_eq(metric.name, "butteraugli_3norm");
    ck_assert_str_eq(metric.command, "butteraugli_main {ref} {out}");
    free((char *)metric.name);
    static const char *const wrong[] = {"", ":", "a", ":x {out}", "a b:x {out}", "a:x", "a:x {ref}", "a\n:x {out}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert(!external_parse(wrong[i], &metric, problem));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("quality");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, identical_pictures_are_exactly_100);
    tcase_add_test(all, more_noise_scores_less);
    tcase_add_test(all, psnr_is_of_steps_of_8_bits);
    tcase_add_test(all, small_pictures_have_what_is_defined_for_them);
    tcase_add_test(all, transparency_shows_over_one_background_only);
    tcase_add_test(all, a_crash_costs_its_own_job);
    tcase_add_test(all, no_jobs_are_done_at_once);
    tcase_add_test(all, scores_are_found_again);
    tcase_add_test(all, identical_pictures_stay_so);
    tcase_add_test(all, a_file_of_scores_that_makes_no_sense_is_none);
    tcase_add_test(all, entries_that_no_score_can_be_are_none);
    tcase_add_test(all, a_pipe_in_its_place_is_not_waited_for);
    tcase_add_test(all, metrics_of_others_have_a_name_and_the_output);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}

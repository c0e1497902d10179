/* SPDX-License-Identifier: MIT
 * Owns: the claims about findings: each row of findings.def has figures that make it and a near miss that does not;
 * their order, and their number. Must not know: where figures come from: they are set here, and only the rules are run.
 *
 * Figures of a case: the run and the metrics as a good run has them, then what `set` changes. */
#include <math.h>
#include <string.h>

#include "analyzer/metrics/figures/figures.h"
#include "analyzer/metrics/findings/findings.h"
#include "analyzer/render/finding_text.h"
#include "tests/unit/parts/suite.h"

#define IMAGES 12
#define S      UINT64_C(1000000000)

struct fixture {
    struct run run;
    struct process process;
    struct image images[IMAGES];
    struct image_file files[IMAGES];
    uint32_t inputs[IMAGES];
    struct image_settings settings[IMAGES];
    struct image_figures figures[IMAGES];
    struct image_check checks[IMAGES];
    struct metrics metrics;
};

static void good_run(struct fixture *f)
{
    *f = (struct fixture){0};
    struct metrics *m = &f->metrics;
    f->run.processes = &f->process;
    f->run.process_count = 1;
    f->run.images = f->images;
    f->run.image_count = IMAGES;
    f->run.files = f->files;
    f->run.file_count = IMAGES;
    f->run.host = (struct host){.cpus = 8,
                                .usable_cpus = 8,
                                .memory_bytes = 1000000000,
                                .cgroup_memory_limit = UNKNOWN,
                                .cgroup_oom_kills = UNKNOWN,
                                .cgroup_throttled_us = UNKNOWN};
    for (uint32_t i = 0; i < IMAGES; i++) {
        f->inputs[i] = i;
        f->images[i].settings = &f->settings[i];
        f->images[i].inputs = &f->inputs[i];
        f->images[i].input_count = 1;
        f->images[i].attempts = 1;
        f->figures[i].cpu_s = 1;
        f->figures[i].bytes_out = 1000;
    }
    m->run = &f->run;
    m->images = f->figures;
    m->checks = f->checks;
    m->chains = m->images_ok = m->compared = IMAGES;
    m->duration_s = 10;
    m->busy = (struct timing_stats){.count = IMAGES, .sum = 10};
    m->stages[STAGE_ENCODE] = (struct timing_stats){.count = IMAGES, .sum = 5};
    m->worker_init_s = 0.1;
    m->active_s = 10;
    m->worker_inits = 8;
    m->peak_rss_bytes = 1e8;
    m->value.all = (struct value_group){.n = IMAGES, .busy_s = 10, .cpu_s = 10};
    m->value.io_s = 1;
    m->value.io_ops = 10000;
    m->pool = (struct pool_figures){.lanes = 8,
                                    .kind = POOL_KIND_PROCESSES,
                                    .in_flight_peak = 8,
                                    .idle_cpus = 0.5,
                                    .tail_ratio = 0.05,
                                    .tail_s = 0.5,
                                    .threads_peak = 8,
                                    .threads_per_cpu = 1,
                                    .run_queue_s = NAN,
                                    .run_queue_ratio = NAN,
                                    .runnable_mean = NAN};
    m->memory = (struct memory_figures){.rss_bytes = 2e8, .retained_bytes = 1e7};
}

static const struct finding *finding_of(const struct metrics *metrics, const char *id)
{
    for (size_t i = 0; i < metrics->finding_count; i++)
        if (!strcmp(metrics->findings[i].id, id))
            return &metrics->findings[i];
    return NULL;
}

/* The finding is there, it is the only one, and its sentences have nothing left to fill in. */
static void expect(struct fixture *f, const char *id)
{
    char text[FINDING_TEXT];
    metrics_findings(&f->metrics);
    ck_assert_msg(f->metrics.finding_count == 1, "%s: %zu findings, first %s", id, f->metrics.finding_count,
                  f->metrics.finding_count ? f->metrics.findings[0].id : "none");
    const struct finding *finding = finding_of(&f->metrics, id);
    ck_assert_msg(finding != NULL, "%s is not there, but %s", id, f->metrics.findings[0].id);
    render_finding_text(finding, finding->title, text);
    ck_assert_msg(!strpbrk(text, "{}") && !strstr(text, "n/a"), "%s", text);
    render_finding_text(finding, finding->remedy, text);
    ck_assert_msg(!strpbrk(text, "{}") && !strstr(text, "n/a"), "%s", text);
    ck_assert_msg(finding->cost > 0 && finding->cost <= 1, "%s costs %g", id, finding->cost);
    ck_assert(finding->evidence_count > 0);
}

static void expect_none(struct fixture *f)
{
    metrics_findings(&f->metrics);
    ck_assert_msg(f->metrics.finding_count == 0, "%s", f->metrics.findings[0].id);
}

/* One case: figures that make the finding, then the same run with a near miss. `m` is the metrics, `f` all of it. */
#define CASE(name, id, makes, misses)                                                                                  \
    START_TEST(name)                                                                                                   \
    {                                                                                                                  \
        static struct fixture f;                                                                                       \
        struct metrics *m = &f.metrics;                                                                                \
        (void)m;                                                                                                       \
        good_run(&f);                                                                                                  \
        makes;                                                                                                         \
        expect(&f, id);                                                                                                \
        good_run(&f);                                                                                                  \
        misses;                                                                                                        \
        expect_none(&f);                                                                                               \
    }                                                                                                                  \
    END_TEST

static void small_pool(struct metrics *m, enum pool_kind kind, double idle)
{
    m->pool.kind = kind;
    m->pool.limit = POOL_LIMIT_POOL;
    m->pool.lanes = m->pool.in_flight_peak = 4;
    m->pool.idle_cpus = idle;
}

static void efforts(struct fixture *f, size_t sources, double slow_s, uint64_t slow_bytes)
{
    for (uint32_t i = 0; i < 2 * sources; i++) {
        f->inputs[i] = i / 2;
        f->images[i].settings->encoder = "libwebp";
        f->images[i].settings->known[SETTING_EFFORT] = true;
        f->images[i].settings->value[SETTING_EFFORT] = i % 2 ? 6 : 4;
        f->figures[i].cpu_s = i % 2 ? slow_s : 1;
        f->figures[i].bytes_out = i % 2 ? slow_bytes : 1000;
    }
}

static void group(struct value_group *group, uint64_t n, double share)
{
    *group = (struct value_group){.n = n, .bytes_in = 100, .bytes_out = 200, .busy_s = 10 * share, .cpu_s = 10 * share};
}

static void attempts(struct fixture *f, uint32_t each)
{
    for (size_t i = 0; i < IMAGES; i++)
        f->images[i].attempts = each;
}

CASE(images_failed, "images-failed", m->failed = 1, m->failed = 0)
CASE(images_unfinished, "images-unfinished", m->unfinished = 1, m->unfinished = 0)
static void two_runs(struct fixture *f, uint32_t images)
{
    static char exe[] = "/usr/bin/cwebp", command[] = "cwebp notes.txt -o out.webp";
    static struct process processes[2];
    processes[0] = (struct process){.exe = exe, .images = IMAGES, .exit_code = 1};
    processes[1] = (struct process){.exe = exe, .command = command, .images = images, .exit_code = 255};
    f->run.processes = processes;
    f->run.process_count = 2;
}

CASE(tools_failed, "tools-failed", two_runs(&f, 0), two_runs(&f, 1))
CASE(memory_near_limit, "memory-near-limit", m->peak_rss_bytes = 8e8, m->peak_rss_bytes = 7.99e8)
CASE(memory_of_the_cgroup, "memory-near-limit", f.run.host.cgroup_memory_limit = 125000000,
     f.run.host.cgroup_memory_limit = 126000000)
CASE(orientation_lost, "orientation-lost", m->lost[LOSS_ORIENTATION] = 1, m->lost_unknown[LOSS_ORIENTATION] = 12)
CASE(animation_lost, "animation-lost", m->lost[LOSS_ANIMATION] = 1, m->lost_unknown[LOSS_ANIMATION] = 12)
CASE(profile_lost, "profile-lost", m->lost[LOSS_ICC] = 1, m->lost[LOSS_EXIF] = 12)
CASE(libuv_pool_too_small, "libuv-pool-too-small", small_pool(m, POOL_KIND_LIBUV, 2),
     small_pool(m, POOL_KIND_LIBUV, 1.9))
CASE(threads_too_few, "threads-too-few", small_pool(m, POOL_KIND_THREADS, 2), small_pool(m, POOL_KIND_THREADS, 1.9))
CASE(processes_too_few, "processes-too-few", small_pool(m, POOL_KIND_PROCESSES, 2),
     (small_pool(m, POOL_KIND_PROCESSES, 2), m->pool.limit = POOL_LIMIT_CPU))
CASE(oversubscribed, "oversubscribed",
     (m->pool.runnable_mean = 12, m->pool.run_queue_s = 2, m->pool.run_queue_ratio = 0.2),
     (m->pool.runnable_mean = 12, m->pool.run_queue_s = 1.9, m->pool.run_queue_ratio = 0.19))
CASE(others_are_not_oversubscription, "oversubscribed",
     (m->pool.runnable_mean = 12, m->pool.run_queue_s = 5, m->pool.run_queue_ratio = 0.5),
     (m->pool.runnable_mean = 11.9, m->pool.run_queue_s = 5, m->pool.run_queue_ratio = 0.5, m->pool.threads_peak = 99,
      m->pool.threads_per_cpu = 99 / 8.0))
CASE(oversubscribed_needs_the_kernels_count, "oversubscribed",
     (m->pool.runnable_mean = 64, m->pool.run_queue_s = 5, m->pool.run_queue_ratio = 0.5),
     (m->pool.threads_peak = 64, m->pool.threads_per_cpu = 8))
CASE(single_lane_tail, "single-lane-tail", (m->pool.tail_s = 2, m->pool.tail_ratio = 0.2),
     (m->pool.tail_s = 1.9, m->pool.tail_ratio = 0.19))
CASE(images_grew, "images-grew", group(&m->value.grew, 1, 0.1), group(&m->value.grew, 0, 0))
CASE(little_gain, "little-gain", group(&m->value.little, 2, 0.05), group(&m->value.little, 2, 0.049))
CASE(reencoded_lossy, "reencoded-lossy", group(&m->value.recompressed, 1, 0.1), group(&m->value.reencoded, 1, 0.1))
CASE(alpha_lost, "alpha-lost", m->lost[LOSS_ALPHA] = 1, m->lost_unknown[LOSS_ALPHA] = 12)
CASE(machine_shared, "machine-shared", m->cpu_others_ratio = 0.25, m->cpu_others_ratio = 0.249)
CASE(repeated_reads, "repeated-reads", (m->value.repeated_files = 1, m->value.repeated_s = 0.5),
     (m->value.repeated_files = 1, m->value.repeated_s = 0.49))
CASE(small_transfers, "small-transfers", m->value.small_ops = 5000, m->value.small_ops = 4999)
CASE(small_transfers_of_some_number, "small-transfers", (m->value.io_ops = 1000, m->value.small_ops = 1000),
     (m->value.io_ops = 999, m->value.small_ops = 999))
CASE(temporary_files, "temporary-files", (m->value.intermediate_files = 3, m->value.intermediate_s = 0.5),
     (m->value.intermediate_files = 3, m->value.intermediate_s = 0.49))
CASE(start_up_dominates, "start-up-dominates", (m->worker_init_s = 2.6, m->worker_inits = 16),
     (m->worker_init_s = 2.4, m->worker_inits = 16))
CASE(start_up_of_several, "start-up-dominates", (m->worker_init_s = 9, m->worker_inits = 4, m->pool.lanes = 1),
     (m->worker_init_s = 9, m->worker_inits = 3, m->pool.lanes = 1))
CASE(start_up_again, "start-up-dominates", (m->worker_init_s = 9, m->worker_inits = 16),
     (m->worker_init_s = 9, m->worker_inits = 15))
CASE(memory_retained, "memory-retained", (m->memory.rss_bytes = 3e8, m->memory.retained_bytes = 9e7),
     (m->memory.rss_bytes = 3e8, m->memory.retained_bytes = 8.9e7))
CASE(memory_retained_is_large, "memory-retained", (m->memory.rss_bytes = 1e8, m->memory.retained_bytes = 6.5e7),
     (m->memory.rss_bytes = 1e8, m->memory.retained_bytes = 6.3e7))
CASE(effort_without_gain, "effort-without-gain", efforts(&f, 3, 1.25, 995), efforts(&f, 3, 1.15, 995))
CASE(effort_with_gain_or_few_sources, "effort-without-gain", efforts(&f, 4, 3, 1001),
     (efforts(&f, 4, 3, 980), efforts(&f, 2, 3, 1000)))
CASE(settings_disagree, "settings-disagree", m->disagreeing = 1, m->disagreeing = 0)
CASE(cpu_throttled, "cpu-throttled", f.run.host.cgroup_throttled_us = 500000, f.run.host.cgroup_throttled_us = 490000)
CASE(trial_encodes, "trial-encodes", attempts(&f, 2), (attempts(&f, 2), f.images[0].attempts = 1))
CASE(trial_encodes_that_matter, "trial-encodes", (attempts(&f, 9), m->stages[STAGE_ENCODE].sum = 2),
     (attempts(&f, 9), m->stages[STAGE_ENCODE].sum = 1.9))
CASE(work_discarded, "work-discarded", group(&m->value.discarded, 1, 0.05), group(&m->value.discarded, 1, 0.049))

static void says(double count, const char *template, const char *expected)
{
    struct finding finding = {.evidence_count = 1};
    finding.evidence[0] = (struct finding_evidence){.key = "files", .unit = UNIT_NUMBER, .value = count};
    char text[FINDING_TEXT];
    render_finding_text(&finding, template, text);
    ck_assert_str_eq(text, expected);
}

START_TEST(words_follow_their_number)
{
    static const char *const template = "{files} {files|file was|files were} read";
    says(1, template, "1 file was read");
    says(2, template, "2 files were read");
    says(0, template, "0 files were read");
    says(1.001, template, "1 file was read"); /* as it is shown */
    says(1.1, template, "1.1 files were read");
    says(1, "{files|one}, {other|one|many}, {files", "one, {other|one|many}, {files");
}
END_TEST

START_TEST(a_good_run_has_none)
{
    static struct fixture f;
    good_run(&f);
    expect_none(&f);
}
END_TEST

START_TEST(unknown_figures_make_none)
{
    static struct fixture f;
    good_run(&f);
    struct metrics *m = &f.metrics;
    f.run.host.usable_cpus = f.metrics.duration_s = NAN;
    f.run.host.memory_bytes = UNKNOWN;
    f.run.host.cgroup_throttled_us = 1;
    small_pool(m, POOL_KIND_THREADS, NAN);
    m->peak_rss_bytes = m->worker_init_s = m->active_s = m->pool.tail_ratio = m->memory.retained_bytes = NAN;
    m->busy = (struct timing_stats){0};
    m->value.little.n = m->value.discarded.n = m->value.repeated_files = m->value.intermediate_files = 1;
    m->value.little.cpu_s = NAN;
    expect_none(&f);
}
END_TEST

START_TEST(they_are_at_most_ten_severe_ones_first_then_costly_ones)
{
    static struct fixture f;
    good_run(&f);
    struct metrics *m = &f.metrics;
    m->failed = m->unfinished = m->disagreeing = 2;
    m->lost[LOSS_ICC] = 6;
    m->lost[LOSS_ORIENTATION] = m->lost[LOSS_ANIMATION] = 3;
    group(&m->value.grew, 1, 0.1);
    group(&m->value.recompressed, 9, 0.1);
    group(&m->value.little, 1, 0.9);
    group(&m->value.discarded, 1, 0.5);
    m->value.intermediate_files = 1;
    m->value.intermediate_s = 5;
    m->pool.tail_s = 5;
    m->pool.tail_ratio = 0.4;
    metrics_findings(m);
    ck_assert_uint_eq(m->finding_count, FINDINGS_MAX);
    for (size_t i = 1; i < m->finding_count; i++) {
        const struct finding *a = &m->findings[i - 1], *b = &m->findings[i];
        ck_assert_msg(a->severity < b->severity || (a->severity == b->severity && a->cost >= b->cost), "%s before %s",
                      a->id, b->id);
    }
    ck_assert_int_eq(m->findings[0].severity, SEVERITY_HIGH);
    ck_assert_str_eq(m->findings[4].id, "reencoded-lossy");
    ck_assert_ptr_null(finding_of(m, "temporary-files")); /* low: the first to give way */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("findings");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, images_failed);
    tcase_add_test(tests, images_unfinished);
    tcase_add_test(tests, tools_failed);
    tcase_add_test(tests, memory_near_limit);
    tcase_add_test(tests, memory_of_the_cgroup);
    tcase_add_test(tests, orientation_lost);
    tcase_add_test(tests, animation_lost);
    tcase_add_test(tests, profile_lost);
    tcase_add_test(tests, libuv_pool_too_small);
    tcase_add_test(tests, threads_too_few);
    tcase_add_test(tests, processes_too_few);
    tcase_add_test(tests, oversubscribed);
    tcase_add_test(tests, oversubscribed_needs_the_kernels_count);
    tcase_add_test(tests, single_lane_tail);
    tcase_add_test(tests, images_grew);
    tcase_add_test(tests, little_gain);
    tcase_add_test(tests, reencoded_lossy);
    tcase_add_test(tests, alpha_lost);
    tcase_add_test(tests, machine_shared);
    tcase_add_test(tests, others_are_not_oversubscription);
    tcase_add_test(tests, repeated_reads);
    tcase_add_test(tests, small_transfers);
    tcase_add_test(tests, small_transfers_of_some_number);
    tcase_add_test(tests, temporary_files);
    tcase_add_test(tests, start_up_dominates);
    tcase_add_test(tests, start_up_of_several);
    tcase_add_test(tests, start_up_again);
    tcase_add_test(tests, memory_retained);
    tcase_add_test(tests, memory_retained_is_large);
    tcase_add_test(tests, effort_without_gain);
    tcase_add_test(tests, effort_with_gain_or_few_sources);
    tcase_add_test(tests, settings_disagree);
    tcase_add_test(tests, cpu_throttled);
    tcase_add_test(tests, trial_encodes);
    tcase_add_test(tests, trial_encodes_that_matter);
    tcase_add_test(tests, work_discarded);
    tcase_add_test(tests, words_follow_their_number);
    tcase_add_test(tests, a_good_run_has_none);
    tcase_add_test(tests, unknown_figures_make_none);
    tcase_add_test(tests, they_are_at_most_ten_severe_ones_first_then_costly_ones);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

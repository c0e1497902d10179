/* SPDX-License-Identifier: MIT
 * Owns: the rules of findings about images and their files: failures, gains, losses, work done twice.
 * Must not know: records, formatting. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/metrics/findings/findings_parts.h"
#include "analyzer/metrics/statistics/ratio.h"
#include "analyzer/metrics/time/time.h"

#define PROGRAMS_MOST 32   /* that are looked at; a batch has a handful */
#define SOURCES_LEAST 3    /* of them both efforts must have been seen on */
#define GAIN_LEAST    0.01 /* smaller ones are no gain */

static double busy_s(const struct metrics *metrics)
{
    return metrics->busy.count ? metrics->busy.sum : (double)NAN;
}

/* "n of all": made when n reaches the threshold. */
static bool count_of(struct finding *finding, double threshold, const char *key, uint64_t n, const char *all_key,
                     uint64_t all)
{
    if ((double)n < threshold)
        return false;
    finding->cost = metrics_ratio((double)n, (double)all);
    finding_number(finding, key, UNIT_COUNT, (double)n);
    finding_number(finding, all_key, UNIT_COUNT, (double)all);
    return true;
}

bool rule_failed(const struct metrics *metrics, double threshold, struct finding *finding)
{
    const struct value_group *failed = &metrics->value.failed;
    finding_examples(finding, failed->worst, failed->worst_count);
    return count_of(finding, threshold, "failed", metrics->failed, "images", metrics->chains);
}

bool rule_unfinished(const struct metrics *metrics, double threshold, struct finding *finding)
{
    const struct run *run = metrics->run;
    for (uint32_t i = 0; i < run->image_count; i++)
        if (run->images[i].status == IMAGE_UNFINISHED && !metrics_breaks_off(run, &run->images[i]))
            finding_examples(finding, &i, 1);
    return count_of(finding, threshold, "unfinished", metrics->unfinished - metrics->broken_off, "images",
                    metrics->chains);
}

static bool is_one_of(const char *const *programs, size_t count, const char *exe)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(programs[i], exe))
            return true;
    return false;
}

/* Who fails otherwise may be grep, which found nothing. */
bool rule_fruitless(const struct metrics *metrics, double threshold, struct finding *finding)
{
    const struct run *run = metrics->run;
    const char *programs[PROGRAMS_MOST], *first = NULL;
    size_t count = 0;
    uint64_t failed = 0, runs = 0;
    for (size_t i = 0; i < run->process_count && count < PROGRAMS_MOST; i++) {
        const struct process *process = &run->processes[i];
        if (process->images && process->exe && !is_one_of(programs, count, process->exe))
            programs[count++] = process->exe;
    }
    for (size_t i = 0; i < run->process_count; i++) {
        const struct process *process = &run->processes[i];
        if (process->forked || !process->exe || !is_one_of(programs, count, process->exe))
            continue;
        runs++;
        if (process->images || (process->exit_code <= 0 && process->signal <= 0))
            continue;
        if (!failed++)
            first = process->command ? process->command : process->exe;
    }
    bool made = count_of(finding, threshold, "failed", failed, "runs", runs);
    if (made)
        finding_word(finding, "first", first);
    return made;
}

static bool lost(const struct metrics *metrics, double threshold, struct finding *finding, enum loss loss)
{
    for (uint32_t i = 0; i < metrics->run->image_count; i++)
        if (metrics->checks[i].compared && metrics->checks[i].lost[loss] == 1)
            finding_examples(finding, &i, 1);
    return count_of(finding, threshold, "lost", metrics->lost[loss], "compared", metrics->compared);
}

bool rule_orientation(const struct metrics *metrics, double threshold, struct finding *finding)
{
    return lost(metrics, threshold, finding, LOSS_ORIENTATION);
}

bool rule_animation(const struct metrics *metrics, double threshold, struct finding *finding)
{
    return lost(metrics, threshold, finding, LOSS_ANIMATION);
}

bool rule_icc(const struct metrics *metrics, double threshold, struct finding *finding)
{
    return lost(metrics, threshold, finding, LOSS_ICC);
}

bool rule_alpha(const struct metrics *metrics, double threshold, struct finding *finding)
{
    return lost(metrics, threshold, finding, LOSS_ALPHA);
}

bool rule_disagree(const struct metrics *metrics, double threshold, struct finding *finding)
{
    for (uint32_t i = 0; i < metrics->run->image_count; i++)
        if (metrics->checks[i].disagreement_count)
            finding_examples(finding, &i, 1);
    return count_of(finding, threshold, "images", metrics->disagreeing, "all", metrics->run->image_count);
}

bool rule_grew(const struct metrics *metrics, double threshold, struct finding *finding)
{
    const struct value_group *grew = &metrics->value.grew;
    if (!count_of(finding, threshold, "grew", grew->n, "images", metrics->value.all.n))
        return false;
    finding_number(finding, "bytes", UNIT_BYTES, (double)(grew->bytes_out - grew->bytes_in));
    finding_number(finding, "time", UNIT_SECONDS, grew->busy_s);
    finding_examples(finding, grew->worst, grew->worst_count);
    return true;
}

bool rule_little(const struct metrics *metrics, double threshold, struct finding *finding)
{
    const struct value_group *little = &metrics->value.little, *all = &metrics->value.all;
    double share = metrics_ratio(little->cpu_s, all->cpu_s);
    if (!little->n || !(share >= threshold))
        return false;
    finding->cost = share;
    finding_number(finding, "little", UNIT_COUNT, (double)little->n);
    finding_number(finding, "images", UNIT_COUNT, (double)all->n);
    finding_number(finding, "share", UNIT_RATIO, share);
    finding_number(finding, "time", UNIT_SECONDS, little->cpu_s);
    finding_examples(finding, little->worst, little->worst_count);
    return true;
}

bool rule_reencoded(const struct metrics *metrics, double threshold, struct finding *finding)
{
    const struct value_group *again = &metrics->value.recompressed;
    finding_examples(finding, again->worst, again->worst_count);
    return count_of(finding, threshold, "reencoded", again->n, "images", metrics->images_ok);
}

bool rule_repeated(const struct metrics *metrics, double threshold, struct finding *finding)
{
    const struct value_figures *value = &metrics->value;
    double share = metrics_ratio(value->repeated_s, busy_s(metrics));
    if (!value->repeated_files || !(share >= threshold))
        return false;
    finding->cost = share;
    finding_number(finding, "files", UNIT_COUNT, (double)value->repeated_files);
    finding_number(finding, "time", UNIT_SECONDS, value->repeated_s);
    finding_number(finding, "bytes", UNIT_BYTES, (double)value->repeated_bytes);
    finding_number(finding, "share", UNIT_RATIO, share);
    for (uint32_t i = 0; i < metrics->run->image_count; i++)
        for (size_t k = 0; k < metrics->run->images[i].input_count; k++)
            if (metrics->run->images[i].inputs[k] == value->repeated[0].file)
                finding_examples(finding, &i, 1);
    return true;
}

bool rule_temporary(const struct metrics *metrics, double threshold, struct finding *finding)
{
    const struct value_figures *value = &metrics->value;
    double share = metrics_ratio(value->intermediate_s, busy_s(metrics));
    if (!value->intermediate_files || !(share >= threshold))
        return false;
    finding->cost = share;
    finding_number(finding, "files", UNIT_COUNT, (double)value->intermediate_files);
    finding_number(finding, "bytes", UNIT_BYTES, (double)value->intermediate_bytes);
    finding_number(finding, "time", UNIT_SECONDS, value->intermediate_s);
    finding_number(finding, "share", UNIT_RATIO, share);
    return true;
}

bool rule_discarded(const struct metrics *metrics, double threshold, struct finding *finding)
{
    const struct value_group *discarded = &metrics->value.discarded;
    double share = metrics_ratio(discarded->busy_s, busy_s(metrics));
    if (!discarded->n || !(share >= threshold))
        return false;
    finding->cost = share;
    finding_number(finding, "discarded", UNIT_COUNT, (double)discarded->n);
    finding_number(finding, "time", UNIT_SECONDS, discarded->busy_s);
    finding_number(finding, "share", UNIT_RATIO, share);
    finding_examples(finding, discarded->worst, discarded->worst_count);
    return true;
}

/* ---- two efforts of one encoder on the same sources ---- */

struct trial {
    const struct image_figures *figures;
    uint32_t image_id, source;
    const char *encoder;
    double quality, effort;
};

static int compare(const void *left, const void *right)
{
    const struct trial *a = left, *b = right;
    int order = strcmp(a->encoder, b->encoder);
    if (!order)
        order = (a->quality > b->quality) - (a->quality < b->quality);
    if (!order)
        order = (a->source > b->source) - (a->source < b->source);
    if (!order)
        order = (a->effort > b->effort) - (a->effort < b->effort);
    return order ? order : (a->image_id > b->image_id) - (a->image_id < b->image_id);
}

/* Two efforts of one source; or, summed, of all sources that both were tried on. */
struct pair {
    const char *encoder;
    double quality, effort[2], cpu_s[2], bytes[2];
    uint64_t sources;
    uint32_t example;
};

static int compare_pairs(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;
    int order = strcmp(a->encoder, b->encoder);
    if (!order)
        order = (a->quality > b->quality) - (a->quality < b->quality);
    for (int i = 0; i < 2 && !order; i++)
        order = (a->effort[i] > b->effort[i]) - (a->effort[i] < b->effort[i]);
    return order;
}

static bool judge(const struct pair *pair, double threshold, struct finding *finding)
{
    int slow = pair->cpu_s[1] >= pair->cpu_s[0];
    double times = metrics_ratio(pair->cpu_s[slow], pair->cpu_s[!slow]);
    double gain = 1 - metrics_ratio(pair->bytes[slow], pair->bytes[!slow]);
    if (pair->sources < SOURCES_LEAST || !(times >= threshold) || !(gain < GAIN_LEAST))
        return false;
    finding->cost = 1 - 1 / times;
    finding_word(finding, "encoder", pair->encoder);
    finding_number(finding, "slow", UNIT_COUNT, pair->effort[slow]);
    finding_number(finding, "fast", UNIT_COUNT, pair->effort[!slow]);
    finding_number(finding, "times", UNIT_NUMBER, times);
    finding_number(finding, "gain", UNIT_RATIO, gain);
    finding_number(finding, "sources", UNIT_COUNT, (double)pair->sources);
    finding_examples(finding, &pair->example, 1);
    return true;
}

static size_t collect(const struct metrics *metrics, struct trial *trials)
{
    const struct run *run = metrics->run;
    size_t count = 0;
    for (uint32_t i = 0; i < run->image_count; i++) {
        const struct image *image = &run->images[i];
        const struct image_settings *settings = image->settings;
        if (image->status != IMAGE_OK || image->input_count != 1 || !settings->encoder ||
            !settings->known[SETTING_EFFORT] || metrics->images[i].bytes_out == UNKNOWN ||
            isnan(metrics->images[i].cpu_s))
            continue;
        double quality = settings->known[SETTING_QUALITY] ? settings->value[SETTING_QUALITY] : -1;
        trials[count++] = (struct trial){&metrics->images[i], i,       image->inputs[0],
                                         settings->encoder,   quality, settings->value[SETTING_EFFORT]};
    }
    return count;
}

/* Neighbouring efforts of one source. */
static size_t make_pairs(const struct trial *trials, size_t count, struct pair *pairs)
{
    size_t made = 0;
    for (size_t i = 1; i < count; i++) {
        const struct trial *a = &trials[i - 1], *b = &trials[i];
        if (strcmp(a->encoder, b->encoder) != 0 || a->quality != b->quality || a->source != b->source ||
            a->effort == b->effort)
            continue;
        pairs[made++] = (struct pair){a->encoder,
                                      a->quality,
                                      {a->effort, b->effort},
                                      {a->figures->cpu_s, b->figures->cpu_s},
                                      {(double)a->figures->bytes_out, (double)b->figures->bytes_out},
                                      1,
                                      b->image_id};
    }
    return made;
}

static bool judge_pairs(struct pair *pairs, size_t count, double threshold, struct finding *finding)
{
    qsort(pairs, count, sizeof *pairs, compare_pairs);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && compare_pairs(&pairs[i], &pairs[end]) == 0; end++) {
            for (int k = 0; k < 2; k++) {
                pairs[i].cpu_s[k] += pairs[end].cpu_s[k];
                pairs[i].bytes[k] += pairs[end].bytes[k];
            }
            pairs[i].sources++;
        }
        if (judge(&pairs[i], threshold, finding))
            return true;
    }
    return false;
}

bool rule_effort(const struct metrics *metrics, double threshold, struct finding *finding)
{
    struct trial *trials = calloc(metrics->run->image_count + 1, sizeof *trials);
    struct pair *pairs = calloc(metrics->run->image_count + 1, sizeof *pairs);
    bool found = false;
    if (trials && pairs) {
        size_t count = collect(metrics, trials);
        qsort(trials, count, sizeof *trials, compare);
        found = judge_pairs(pairs, make_pairs(trials, count, pairs), threshold, finding);
    }
    free(trials);
    free(pairs);
    return found;
}

/* SPDX-License-Identifier: MIT
 * Owns: which runs there are and in which order: warm-up, rounds, variants there and back again, bare ones beside.
 * Must not know: options, reports. */
#include "analyzer/run/series.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/memory.h"
#include "analyzer/base/message.h"
#include "analyzer/run/changed.h"

static off_t input_at = -1; /* where standard input stood before the first run, if it can be put back there */

static bool prepare(const struct series *series, struct target_end *end)
{
    char *arguments[] = {(char[]){"sh"}, (char[]){"-c"}, (char *)series->prepare, NULL};
    const struct target shell = {.program = "/bin/sh", .arguments = arguments};
    struct target_end how;
    if (!series->prepare)
        return true;
    target_run(&shell, &how);
    *end = (struct target_end){.interrupted = how.interrupted};
    if (!how.error && how.exit_code == 0 && !how.interrupted)
        return true;
    if (!how.interrupted)
        message_error("--prepare failed (%s %d): %s", how.signal ? "signal" : "exit code",
                      how.signal ? how.signal : how.exit_code, series->prepare);
    return false;
}

/* One run of a variant. trace: NULL = bare. */
static bool one(const struct series *series, const struct variant *variant, const char *trace, struct target_end *end)
{
    const struct target target = {.program = variant->program,
                                  .arguments = variant->arguments,
                                  .preload = trace ? variant->preload : variant->extra,
                                  .trace = trace,
                                  .keep = series->keep,
                                  .tick = series->tick,
                                  .stops = series->stops,
                                  .context = series->context};
    if (!prepare(series, end))
        return false;
    if (input_at >= 0)
        lseek(STDIN_FILENO, input_at, SEEK_SET);
    if (series->begins)
        series->begins(series->context, trace);
    target_run(&target, end);
    if (series->ended)
        series->ended(series->context, end);
    if (end->error)
        message_error("%s: cannot be started: %s", variant->program, strerror(end->error));
    return !end->error;
}

static bool may_go_on(const struct series *series, const struct target_end *end)
{
    return !end->interrupted && ((end->exit_code == 0 && !end->signal) || series->ignore_failure);
}

/* Warm-up runs are recorded like the others, and thrown away: the library is warm then, too. */
static bool warm_up(struct series *series, struct variant *variant, bool first, struct target_end *end)
{
    char path[PATH_MAX], why[PATH_MAX + 128];
    if (!set_subdirectory(variant->directory, ".warm-up", path, why, sizeof why)) {
        message_error("%s", why);
        return false;
    }
    bool good = one(series, variant, path, end) && may_go_on(series, end);
    if (good && first && !series->prepare)
        good = changed_not(path);
    set_remove(path);
    return good;
}

static bool write_set(const struct series *series, const struct variant *variant)
{
    const struct set set = {variant->directory, series->session, variant->name,      variant->preload,
                            variant->arguments, variant->runs,   variant->runs_count};
    return series->single || set_write(&set);
}

/* A recorded run of a round, or the bare one beside it. */
static bool run_of_round(struct series *series, struct variant *variant, bool bare, unsigned round, unsigned place,
                         struct target_end *last)
{
    char name[16], trace[PATH_MAX], why[PATH_MAX + 128];
    snprintf(name, sizeof name, "run-%03u", round);
    snprintf(trace, sizeof trace, "%s", variant->directory);
    if (!bare && !series->single && !set_subdirectory(variant->directory, name, trace, why, sizeof why)) {
        message_error("%s", why);
        return false;
    }
    if (!one(series, variant, bare ? NULL : trace, last)) {
        if (!bare && !series->single)
            rmdir(trace); /* nothing ran: as a run of the set it would be one that cannot be read */
        return false;
    }
    if (!bare)
        originals_prune(trace, &series->kept);
    if (last->interrupted && !series->single) {
        /* Half a run is none of the set, but what was recorded is kept. */
        char aside[PATH_MAX];
        snprintf(aside, sizeof aside, "%.*s/interrupted-%03u", PATH_MAX - 32, variant->directory, round);
        if (!bare && rename(trace, aside))
            message_error("%s: cannot be set aside: %s", trace, strerror(errno));
        return false;
    }
    struct set_run *run = MEMORY_APPEND(variant, runs);
    *run = (struct set_run){bare ? NULL : memory_text(name, strlen(name)), round, place, *last};
    return write_set(series, variant) && may_go_on(series, last);
}

/* Who comes first alternates, and so does what comes before whom: a drift of the machine is on all sides alike. */
static bool round_of(struct series *series, unsigned round, struct target_end *last)
{
    size_t kinds = series->bare ? 2 : 1, count = series->variant_count * kinds;
    for (size_t i = 0; i < count; i++) {
        size_t at = round % 2 ? i : count - 1 - i;
        if (!run_of_round(series, &series->variants[at / kinds], at % kinds == 1, round, (unsigned)i, last))
            return false;
        bool first = round == 1 && i == 0 && !series->warmup, repeated = count > 1 || series->rounds > 1;
        if (first && repeated && !series->prepare) {
            char trace[PATH_MAX];
            snprintf(trace, sizeof trace, "%.*s/run-%03u", PATH_MAX - 32, series->variants[0].directory, round);
            if (!changed_not(trace))
                return false;
        }
    }
    return true;
}

bool series_run(struct series *series, struct target_end *last)
{
    bool good = true;
    size_t kinds = series->bare ? 2 : 1;
    *last = (struct target_end){0};
    if (series->warmup + series->rounds * kinds * series->variant_count > 1)
        input_at = lseek(STDIN_FILENO, 0, SEEK_CUR);
    for (unsigned i = 0; i < series->warmup && good; i++)
        for (size_t k = 0; k < series->variant_count && good; k++)
            good = warm_up(series, &series->variants[k], i == 0 && k == 0, last);
    for (unsigned round = 1; round <= series->rounds && good; round++)
        good = round_of(series, round, last);
    return good;
}

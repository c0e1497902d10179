/* SPDX-License-Identifier: MIT
 * Owns: scoring the images of a run: which files are still there, what is known already, the rest spread over the
 * cores. Must not know: how two pictures are compared, formatting.
 *
 * Nothing of it happens in the programs that were traced, or while they ran. */
#ifndef ANALYZER_QUALITY_QUALITY_H
#define ANALYZER_QUALITY_QUALITY_H

#include <argp.h>

#include "analyzer/metrics/figures/figures.h"
#include "analyzer/quality/pair.h"

#define PAIR_TIMEOUT_S 600 /* beside the external metrics' own */

/* Options --metric and --metric-timeout, as a child parser; its input is a struct pair_settings. For usage_parse. */
extern const struct argp quality_argp;
/* What is there before an option is read. */
struct pair_settings quality_settings(void);
void quality_settings_release(struct pair_settings *settings);

/* Whether the outputs of a run are to be scored: --quality, or a metric. */
struct quality_request {
    bool quality;
    struct pair_settings settings;
};
/* Option --quality beside those; its input is a struct quality_request. */
extern const struct argp quality_request_argp;

bool quality_is_wanted(const struct quality_request *request);

/* Where it is wanted: scores every final output of the run against its input and fills metrics->retained. What could
 * not be scored has a reason. Says on standard error how far it is. To be called while the process has one thread.
 * False after one line. */
bool quality_measure(struct metrics *metrics, const struct quality_request *request);

/* Scores one pair of files that anybody named, in a process of its own. */
void quality_of_files(const char *reference, const char *distorted, const struct pair_settings *settings,
                      struct pair_score *score);

/* Processes that compare side by side: one per CPU that this one may use. */
unsigned quality_processes(void);
/* Memory that one of so many may take: its share of what is free here. */
uint64_t quality_memory(unsigned processes);

#endif

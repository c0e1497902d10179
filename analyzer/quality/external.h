/* SPDX-License-Identifier: MIT
 * Owns: metrics that are programs of others: the pictures they get, how long they may take, the number they print.
 * Must not know: traces, what the number means. */
#ifndef ANALYZER_QUALITY_EXTERNAL_H
#define ANALYZER_QUALITY_EXTERNAL_H

#include "analyzer/quality/pair_settings.h"
#include "analyzer/quality/metrics/pixels.h"

/* "NAME:COMMAND" to its parts, which point into the text, or into memory that stays. False with what is wrong. */
bool external_parse(const char *text, struct external_metric *metric, char problem[PAIR_SCORE_REASON_BYTES]);

/* Runs each of the settings' metrics on both pictures, given as PNG over white in a directory that is removed again.
 * values: NAN where one failed, with the first reason. In a process of one thread that may be ended by SIGTERM. */
void external_measure(const struct pixels *reference, const struct pixels *distorted,
                      const struct pair_settings *settings, double values[EXTERNAL_METRICS_MAX],
                      char reason[PAIR_SCORE_REASON_BYTES]);

#endif

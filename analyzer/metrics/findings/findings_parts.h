/* SPDX-License-Identifier: MIT
 * Owns: what the rules of findings share: thresholds, and putting evidence to a finding.
 * Must not know: records, formatting. For analyzer/metrics/findings/ only. */
#ifndef ANALYZER_METRICS_FINDINGS_FINDINGS_PARTS_H
#define ANALYZER_METRICS_FINDINGS_FINDINGS_PARTS_H
#include "analyzer/metrics/figures/figures.h"

/* A rule: looks at the figures, and when they reach `threshold` puts evidence, examples and cost to the finding and
 * returns true. */
typedef bool finding_rule(const struct metrics *metrics, double threshold, struct finding *finding);
#define FINDING(name, ...) finding_rule rule_##name;
#include "analyzer/metrics/findings/findings.def"

void finding_number(struct finding *finding, const char *key, enum finding_unit unit, double value);
void finding_word(struct finding *finding, const char *key, const char *text);
/* Images as examples, worst first; what does not fit is left out. */
void finding_examples(struct finding *finding, const uint32_t *images, size_t count);

#endif

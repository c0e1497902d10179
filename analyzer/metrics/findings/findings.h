/* SPDX-License-Identifier: MIT
 * Owns: what to do about what was measured: which rules hold. Rules and thresholds are the rows of findings.def.
 * Must not know: records, formatting. */
#ifndef ANALYZER_METRICS_FINDINGS_FINDINGS_H
#define ANALYZER_METRICS_FINDINGS_FINDINGS_H
#include "analyzer/metrics/figures/figures.h"

extern const size_t finding_rule_count; /* rows of findings.def */

/* Last: findings look at every other figure. */
void metrics_findings(struct metrics *metrics);

#endif

/* SPDX-License-Identifier: MIT
 * Owns: findings: which rows of findings.def apply to a run, worst first.
 * Must not know: records, formatting. */
#include "analyzer/metrics/parts.h"

void metrics_findings(struct metrics *metrics, const struct chain_set *set)
{
    (void)set;
    metrics->finding_count = 0;
}

/* SPDX-License-Identifier: MIT
 * Owns: figures of what the work was worth.
 * Must not know: records, formatting. Definitions are in docs/report.md. */
#include "analyzer/metrics/parts.h"

#include <math.h>

bool metrics_value(struct metrics *metrics, const struct chain_set *set)
{
    (void)set;
    metrics->value.cpu_s_per_mb_saved = NAN;
    return true;
}

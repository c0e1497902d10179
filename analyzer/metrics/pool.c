/* SPDX-License-Identifier: MIT
 * Owns: figures of workers together: how many ran at once, and what limited them.
 * Must not know: records, formatting. Definitions are in docs/report.md. */
#include "analyzer/metrics/parts.h"

bool metrics_pool(struct metrics *metrics)
{
    metrics->pool.lanes = metrics->run->worker_count;
    return true;
}

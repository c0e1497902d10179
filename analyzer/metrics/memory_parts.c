/* SPDX-License-Identifier: MIT
 * Owns: who made the memory peak, what it is made of, and what one more image costs.
 * Must not know: records, formatting. Definitions are in docs/report.md. */
#include "analyzer/metrics/parts.h"

void metrics_memory_parts(struct metrics *metrics)
{
    metrics->memory.peak_maker = metrics->memory.per_pixel_worst = NO_ID;
}

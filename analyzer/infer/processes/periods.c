/* SPDX-License-Identifier: MIT
 * Owns: when a run was going on: stretches with live processes.
 * Must not know: records. */
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/infer/parts/finish.h"

#define PERIOD_NS UINT64_C(60000000000) /* so long without a live process ends an activity period */

static int by_start(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return x[0] < y[0] ? -1 : x[0] > y[0] ? 1 : 0;
}

/* Stretches with live processes, split where none lived for a minute. */
void infer_periods(struct run *run)
{
    uint64_t(*spans)[2] = memory_zeroed(run->process_count, sizeof *spans);
    for (size_t i = 0; i < run->process_count; i++) {
        spans[i][0] = run->processes[i].start_ns;
        spans[i][1] = run->processes[i].end_ns;
        run->end_ns = spans[i][1] > run->end_ns ? spans[i][1] : run->end_ns;
    }
    qsort(spans, run->process_count, sizeof *spans, by_start);
    for (size_t i = 0; i < run->process_count; i++) {
        uint64_t *last = run->period_count ? run->periods[run->period_count - 1] : NULL;
        if (last && (spans[i][0] <= last[1] + PERIOD_NS || run->period_count == PERIODS_MAX - PAUSES_MAX)) {
            last[1] = spans[i][1] > last[1] ? spans[i][1] : last[1];
        } else {
            run->periods[run->period_count][0] = spans[i][0];
            run->periods[run->period_count++][1] = spans[i][1];
        }
    }
    free(spans);
}

/* SPDX-License-Identifier: MIT
 * Owns: workers and moments for tests that build a run of their own.
 * Must not know: what is expected of the run. */
#include "tests/unit/parts/sample_parts.h"

#define MS SAMPLE_MS

struct worker *sample_worker(struct run *run, uint64_t start_ms, uint64_t end_ms)
{
    run->workers = sample_grown(run->workers, run->worker_count, sizeof *run->workers);
    struct worker *worker = &run->workers[run->worker_count++];
    worker->members = sample_grown(NULL, 0, sizeof *worker->members);
    worker->member_count = 1;
    worker->start_ns = SAMPLE_START + start_ms * MS;
    worker->end_ns = SAMPLE_START + end_ms * MS;
    worker->active_ns = worker->cpu_ns = worker->end_ns - worker->start_ns;
    worker->run_queue_ns = worker->init_ns = UNKNOWN;
    return worker;
}

void sample_moment(struct run *run, uint64_t ms, double cpu_ratio, uint64_t rss_bytes)
{
    run->samples = sample_grown(run->samples, run->sample_count, sizeof *run->samples);
    run->samples[run->sample_count++] =
        (struct resource_sample){.time_ns = SAMPLE_START + ms * MS,
                                 .cpu_ratio = cpu_ratio,
                                 .machine_idle_cpus = 64, /* a large one, and nobody else */
                                 .rss_bytes = rss_bytes,
                                 .heap_bytes = UNKNOWN,
                                 .io_bytes = UNKNOWN,
                                 .threads = UNKNOWN,
                                 .file_bytes = UNKNOWN};
}

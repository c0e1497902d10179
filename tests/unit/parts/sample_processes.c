/* SPDX-License-Identifier: MIT
 * Owns: the processes of the run that tests of metrics and renderers share, and growing its arrays.
 * Must not know: what is expected of it. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/parts/sample_parts.h"

#define MS SAMPLE_MS

void *sample_grown(void *array, size_t count, size_t bytes)
{
    void *larger = realloc(array, (count + 1) * bytes);
    if (!larger)
        abort();
    memset((char *)larger + count * bytes, 0, bytes);
    return larger;
}

char *sample_copy(const char *text)
{
    char *result = text ? strdup(text) : NULL;
    if (text && !result)
        abort();
    return result;
}

struct process *sample_process(struct run *run, uint32_t pid, uint32_t ppid, const char *const *argv)
{
    run->processes = sample_grown(run->processes, run->process_count, sizeof *run->processes);
    struct process *process = &run->processes[run->process_count++];
    process->pid = pid;
    process->ppid = ppid;
    process->parent = NO_ID;
    process->ended = true;
    process->start_ns = SAMPLE_START;
    process->cpu_ns = process->vm_hwm_bytes = process->baseline_rss_bytes = process->heap_peak_bytes = UNKNOWN;
    process->minor_faults = process->major_faults = UNKNOWN;
    process->kernel_io_bytes = process->own_cost_ns = process->own_mapped_bytes = process->first_image_ns = UNKNOWN;
    process->on_cpu_ns = process->run_queue_ns = UNKNOWN;
    process->alloc_calls = process->free_calls = process->metadata_calls = process->metadata_ns = UNKNOWN;
    process->usable_cpus = 2;
    process->exe = sample_copy(argv[0]);
    process->cwd = sample_copy("/home/ann/photos");
    char command[256] = "";
    for (size_t i = 0; argv[i]; i++) {
        process->argv = sample_grown(process->argv, process->argc, sizeof *process->argv);
        process->argv[process->argc++] = sample_copy(argv[i]);
        strcat(strcat(command, i ? " " : ""), argv[i]);
    }
    process->command = sample_copy(command);
    return process;
}

/* The main thread and the two workers; the second one's end was not recorded. */
static void add_threads(struct process *process)
{
    static const char *const names[] = {"batch", "worker-0", NULL};
    process->threads_total = 3;
    for (uint32_t i = 0; i < 3; i++) {
        process->threads = sample_grown(process->threads, process->thread_count, sizeof *process->threads);
        process->threads[process->thread_count++] = (struct process_thread){
            .tid = 4000 + i,
            .name = sample_copy(names[i]),
            .start_ns = SAMPLE_START + 5 * i * MS,
            .end_ns = i < 2 ? SAMPLE_START + 1990 * MS : UNKNOWN,
            .cpu_ns = i < 2 ? (100 + 1000 * i) * MS : UNKNOWN,
            .alloc_calls = i < 2 ? 40000 : UNKNOWN,
            .free_calls = i < 2 ? 39000 + 2000 * i : UNKNOWN,
            .heap_bytes = i < 2 ? 600000 - 700000 * (int64_t)i : 0,
        };
    }
}

void sample_processes(struct run *run)
{
    struct process *process =
        sample_process(run, 4000, 3999, (const char *const[]){"/usr/bin/batch", "in", "out", NULL});
    process->end_ns = SAMPLE_START + 2000 * MS;
    process->cpu_ns = 2200 * MS;
    process->vm_hwm_bytes = 240000000;
    process->baseline_rss_bytes = 85000000;
    process->heap_peak_bytes = 120000000;
    process->minor_faults = 5000;
    process->major_faults = 3;
    process->seen_io_bytes = 19100000;
    process->kernel_io_bytes = 19200000;
    process->records = 3200;
    process->own_cost_ns = 11 * MS;
    process->on_cpu_ns = 1500 * MS;
    process->run_queue_ns = 100 * MS;
    process->first_image_ns = SAMPLE_START + 100 * MS;
    process->images = 6;
    process->allocator = sample_copy("libjemalloc.so.2");
    process->alloc_calls = 91000;
    process->free_calls = 90500;
    process->anonymous_peak_bytes = 48000000;
    process->reserved_peak_bytes = 1 << 30;
    process->metadata_calls = 340;
    process->metadata_ns = 1200000;
    add_threads(process);
    process = sample_process(run, 4010, 4000, (const char *const[]){"/usr/bin/probe", "in/d.jpg", NULL});
    process->parent = 0;
    process->start_ns = SAMPLE_START + 1300 * MS;
    process->end_ns = SAMPLE_START + 1500 * MS;
    process->ended = false;
    process->exit_code = -1;
    process->signal = 11;
    process->in_flight = sample_copy("read");
    process->cpu_ns = 200 * MS;
    process->seen_io_bytes = 4096;
    process->records = 14;
}

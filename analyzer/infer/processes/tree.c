/* SPDX-License-Identifier: MIT
 * Owns: memory of all processes together as it was asked from outside, and whether it was asked often enough to count.
 * Must not know: what processes say of themselves. */
#include "analyzer/infer/parts/finish.h"
#include "analyzer/infer/parts/resources.h"
#include "analyzer/infer/state/state.h"

/* Asked so often in the life of a process that works on images, a peak of it is seen. */
#define SAMPLES_PER_LIFE 10
/* Looks at a single process whose mean is its average: its own samples are where it makes calls, which may be seldom.
 */
#define ALONE_LEAST 3

/* Asked of all processes at one moment, those that are not recorded among them. */
void infer_tree_sample(struct infer *infer, const struct trace_tree_sample *sample, uint64_t time_ns)
{
    struct tree_memory *tree = &infer->tree;
    uint32_t largest_process = NO_ID;
    if (!tree->first_ns)
        tree->first_ns = time_ns;
    tree->last_ns = time_ns;
    tree->asked++;
    bool alone = sample->pss_bytes == TRACE_UNKNOWN && sample->processes == 1; /* then nobody shares its pages */
    uint64_t all = alone ? sample->rss_bytes : sample->pss_bytes, own = 0;
    if (all == TRACE_UNKNOWN || sample->partial)
        return;
    for (size_t i = 0; i < infer->alive_count; i++)
        own += infer->alive[i]->last_own;
    uint64_t bytes = all > own ? all - own : 0;
    if (infer->alive_count) { /* else the run may not have begun */
        infer_resources_measured(infer, time_ns, bytes);
        tree->alone_sum += alone ? (double)bytes : 0;
        tree->alone += alone;
    }
    if (alone)
        return; /* the kernel's own mark of its peak is better */
    infer_resources_largest(infer, &largest_process);
    tree->sum += (double)bytes;
    tree->samples++;
    if (largest_process == NO_ID || bytes <= tree->peak_bytes)
        return;
    tree->peak_bytes = bytes;
    tree->peak_ns = time_ns;
    tree->peak_process = largest_process;
    tree->peak_composition = infer_resources_composition(infer->processes[largest_process]);
}

/* Life of a process that works on images, by the time they live. */
static double typical_life_ns(const struct run *run)
{
    double lives = 0, squares = 0;
    for (size_t i = 0; i < run->process_count; i++) {
        const struct process *process = &run->processes[i];
        double life = process->first_image_ns != UNKNOWN ? (double)(process->end_ns - process->start_ns) : 0;
        lives += life;
        squares += life * life;
    }
    return lives > 0 ? squares / lives : 0;
}

void infer_tree_finish(struct infer *infer)
{
    struct run *run = infer->run;
    const struct tree_memory *tree = &infer->tree;
    if (tree->alone >= ALONE_LEAST && !tree->samples)
        run->avg_rss_bytes = tree->alone_sum / (double)tree->alone;
    if (!tree->peak_bytes || tree->asked < 2)
        return;
    /* Of a batch of short processes most samples miss the peaks; what each said of itself, added up, may be nearer
     * then, but not where it is less: what was seen was there. */
    double interval_ns = (double)(tree->last_ns - tree->first_ns) / (double)(tree->asked - 1);
    bool often = typical_life_ns(run) >= SAMPLES_PER_LIFE * interval_ns;
    if (!often && run->peak_rss_bytes != UNKNOWN && run->peak_rss_bytes >= tree->peak_bytes)
        return;
    run->peak_rss_bytes = tree->peak_bytes;
    run->peak_rss_ns = tree->peak_ns;
    run->peak_process = tree->peak_process;
    run->peak_composition = tree->peak_composition;
    run->peak_is_tree = run->peak_is_measured = true;
    run->avg_rss_bytes = tree->sum / (double)tree->samples;
}

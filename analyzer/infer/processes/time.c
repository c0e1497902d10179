/* SPDX-License-Identifier: MIT
 * Owns: the timeline of a thread: calls that belong to jobs, gaps between them, CPU readings.
 * Must not know: files, codecs.
 *
 * Between two readings of the thread's CPU clock lie E ns of time and C ns of CPU. The calls seen in between take
 * their part; what is left of C, but never more than the gaps' length, is the gaps' CPU, shared by their lengths. A
 * gap's remaining length is waiting. */
#include <string.h>

#include "analyzer/infer/parts/images/job_work.h"
#include "analyzer/infer/parts/images/jobs.h"
#include "analyzer/infer/parts/time.h"
#include "analyzer/infer/state/state.h"

static struct pending *pending_of(struct timeline *thread, struct job *job, enum gap gap)
{
    for (unsigned i = 0; i < thread->pending_count; i++)
        if (thread->pending[i].job == job && thread->pending[i].gap == gap)
            return &thread->pending[i];
    if (thread->pending_count == PENDING) { /* so many jobs between two readings: the newest keeps the sum */
        thread->pending[PENDING - 1].job = job;
        thread->pending[PENDING - 1].gap = gap;
        return &thread->pending[PENDING - 1];
    }
    thread->pending[thread->pending_count] = (struct pending){job, gap, 0};
    return &thread->pending[thread->pending_count++];
}

/* Only its owner's gaps are the job's: what a helper does between its calls may be for anybody. */
void infer_time_gap(struct timeline *thread, struct job *job, enum gap gap, uint64_t ns)
{
    if (ns && job && job->tid == thread->tid)
        pending_of(thread, job, gap)->ns += ns;
}

void infer_time_regap(struct timeline *thread, struct job *job, enum gap from, enum gap to, uint64_t ns)
{
    uint64_t moved_ns = 0;
    for (unsigned i = 0; i < thread->pending_count; i++) {
        struct pending *pending = &thread->pending[i];
        if (pending->job != job || pending->gap != from)
            continue;
        uint64_t part = pending->ns < ns - moved_ns ? pending->ns : ns - moved_ns;
        pending->ns -= part;
        moved_ns += part;
    }
    infer_time_gap(thread, job, to, moved_ns);
}

/* Time that first looked like gaps and turns out to lie inside calls: taken back, the job's own first. Returns how
 * much there was. */
static uint64_t take_back(struct timeline *thread, const struct job *job, uint64_t ns)
{
    uint64_t left = ns;
    for (int own = 1; own >= 0; own--)
        for (unsigned i = thread->pending_count; i-- > 0 && left;) {
            struct pending *pending = &thread->pending[i];
            if ((pending->job == job) != own)
                continue;
            uint64_t part = pending->ns < left ? pending->ns : left;
            pending->ns -= part;
            left -= part;
        }
    return ns - left;
}

/* The time since the thread's last event up to start_ns, less calls in it that are counted elsewhere; the timeline
 * goes on at start_ns. */
static uint64_t gap_until(struct timeline *thread, uint64_t start_ns)
{
    uint64_t length_ns = start_ns - thread->last_ns;
    uint64_t gap_ns = length_ns > thread->inside_ns ? length_ns - thread->inside_ns : 0;
    thread->inside_ns = 0;
    thread->last_ns = start_ns;
    return gap_ns;
}

/* The gap before an event that starts at start_ns belongs to the job on both sides of it; between two jobs, to the
 * one before while it is not complete; between two outputs of one input, to the second: it is when that is made. */
static void gap_before(struct timeline *thread, struct job *job, uint64_t start_ns)
{
    struct job *owner = thread->last_job;
    if (!owner || start_ns <= thread->last_ns)
        return;
    if (owner != job && owner->output_closed) {
        if (infer_job_now(job->again_of) != owner || job->tid != thread->tid)
            return;
        if (thread->last_ns < job->start_ns)
            job->start_ns = thread->last_ns;
        owner = job;
    }
    infer_time_gap(thread, owner, infer_job_phase(owner), gap_until(thread, start_ns));
    if (owner->tid == thread->tid && start_ns > owner->end_ns)
        owner->end_ns = start_ns;
}

void infer_time_lead(struct timeline *thread, struct job *job, enum gap gap, uint64_t start_ns)
{
    if (thread->last_job == job && start_ns > thread->last_ns)
        infer_time_gap(thread, job, gap, gap_until(thread, start_ns));
}

uint64_t infer_time_earlier_call(struct timeline *thread, const struct job *job, uint64_t start_ns, uint64_t ns)
{
    if (start_ns < job->start_ns)
        return 0;
    uint64_t counted_ns = ns;
    if (start_ns >= thread->last_ns)
        thread->inside_ns += ns;
    else
        counted_ns = start_ns >= thread->cpu_at_ns ? take_back(thread, job, ns) : 0;
    thread->io_cpu_ns += counted_ns;
    return counted_ns;
}

/* The event [start, end] is the job's: the timeline goes on behind it. */
static void advance(struct event *event, struct job *job, uint64_t start_ns, uint64_t end_ns)
{
    struct timeline *thread = event->thread;
    if (end_ns > thread->last_ns)
        thread->last_ns = end_ns;
    thread->last_job = job;
    thread->inside_ns = 0;
    if (start_ns < job->start_ns)
        job->start_ns = start_ns;
    infer_job_touch(event, job);
}

/* Remembers a helper's call. What an earlier one covers already is returned. */
static uint64_t add_helper(struct workbench *bench, uint64_t start_ns, uint64_t end_ns)
{
    uint64_t covered_ns = bench->helpers_count ? bench->helpers[bench->helpers_count - 1].to_ns : 0;
    uint64_t from_ns = covered_ns < start_ns ? start_ns : covered_ns < end_ns ? covered_ns : end_ns;
    if (from_ns == end_ns)
        return end_ns - start_ns;
    if (bench->helpers_count == HELPER_SPANS) { /* the two oldest become one */
        bench->helpers[1].from_ns = bench->helpers[0].from_ns;
        bench->helpers[1].busy_ns += bench->helpers[0].busy_ns;
        memmove(bench->helpers, bench->helpers + 1, --bench->helpers_count * sizeof *bench->helpers);
    }
    bench->helpers[bench->helpers_count++] = (struct helper_span){from_ns, end_ns, end_ns - from_ns};
    return from_ns - start_ns;
}

/* How much of the owner's call its helpers' calls cover; they are done with then. */
static uint64_t take_helpers(struct workbench *bench, uint64_t start_ns, uint64_t end_ns)
{
    double covered_ns = 0;
    for (unsigned i = 0; i < bench->helpers_count; i++) {
        const struct helper_span *span = &bench->helpers[i];
        uint64_t from_ns = span->from_ns > start_ns ? span->from_ns : start_ns;
        uint64_t to_ns = span->to_ns < end_ns ? span->to_ns : end_ns;
        if (to_ns > from_ns)
            covered_ns += (double)span->busy_ns * ((double)(to_ns - from_ns) / (double)(span->to_ns - span->from_ns));
    }
    bench->helpers_count = 0;
    return (uint64_t)covered_ns;
}

static uint64_t twice(const struct timeline *thread, struct job *job, uint64_t start_ns, uint64_t end_ns)
{
    if (end_ns <= start_ns || !job->workbench)
        return 0;
    return job->tid == thread->tid ? take_helpers(job->workbench, start_ns, end_ns)
                                   : add_helper(job->workbench, start_ns, end_ns);
}

uint64_t infer_time_call(struct event *event, struct job *job, uint64_t start_ns, uint64_t end_ns, uint64_t io_cpu_ns)
{
    gap_before(event->thread, job, start_ns);
    event->thread->io_cpu_ns += io_cpu_ns;
    if (!event->thread->call_job)
        event->thread->call_job = job;
    advance(event, job, start_ns, end_ns);
    return twice(event->thread, job, start_ns, end_ns);
}

uint64_t infer_time_codec(struct event *event, struct job *job, uint64_t io_ns)
{
    struct timeline *thread = event->thread;
    uint64_t length = event->end_ns - event->start_ns;
    gap_before(thread, job, event->start_ns);
    thread->codec_ns += length > io_ns ? length - io_ns : 0;
    thread->io_cpu_ns += io_ns < length ? io_ns : length;
    thread->call_job = job;
    advance(event, job, event->start_ns, event->end_ns);
    return twice(thread, job, event->start_ns, event->end_ns);
}

void infer_time_rows(struct event *event, struct job *job, uint64_t first_ns, uint64_t ns, uint64_t io_ns, enum gap gap)
{
    struct timeline *thread = event->thread;
    uint64_t now_ns = event->end_ns;
    if (thread->last_job != job && first_ns > thread->last_ns) {
        gap_before(thread, job, first_ns);
        gap_until(thread, first_ns); /* where nobody has it, it is nobody's */
    }
    /* Until here the rows' own time was taken for gaps. */
    if (thread->last_job && now_ns > thread->last_ns)
        infer_time_gap(thread, job, gap, gap_until(thread, now_ns));
    take_back(thread, job, ns);
    thread->codec_ns += ns > io_ns ? ns - io_ns : 0;
    thread->io_cpu_ns += io_ns;
    thread->call_job = job;
    advance(event, job, now_ns, now_ns);
}

void infer_time_reading(struct event *event, uint64_t cpu_ns)
{
    struct timeline *thread = event->thread;
    uint64_t now_ns = event->end_ns;
    /* At a thread's end what came after the last event was leaving, not the image. */
    struct job *open_job = thread->last_job && !thread->last_job->output_closed ? thread->last_job : NULL;
    if (open_job && event->record->kind != TRACE_KIND_thread_end) {
        gap_before(thread, open_job, now_ns);
        if (now_ns > open_job->end_ns)
            open_job->end_ns = now_ns;
    }
    uint64_t gaps = 0;
    for (unsigned i = 0; i < thread->pending_count; i++)
        gaps += thread->pending[i].ns;
    if (thread->cpu_at_ns && cpu_ns >= thread->cpu_ns) {
        uint64_t cpu = cpu_ns - thread->cpu_ns;
        uint64_t calls = thread->codec_ns + thread->io_cpu_ns;
        uint64_t in_gaps = cpu > calls ? cpu - calls : 0;
        if (in_gaps > gaps)
            in_gaps = gaps;
        for (unsigned i = 0; i < thread->pending_count; i++) {
            const struct pending *pending = &thread->pending[i];
            uint64_t part = gaps ? (uint64_t)((double)in_gaps * (double)pending->ns / (double)gaps) : 0;
            pending->job->gap_ns[pending->gap] += part;
            pending->job->cpu_ns += part;
        }
        /* CPU of gaps that belong to nobody yet. */
        if (cpu > calls + in_gaps + thread->loose_cpu_ns)
            thread->unclaimed[thread->unclaimed_next++ % UNCLAIMED] =
                (struct unclaimed){thread->cpu_at_ns, now_ns, cpu - calls - in_gaps - thread->loose_cpu_ns};
        /* CPU of calls: of I/O as charged, the rest of the codec. */
        struct job *job = thread->call_job ? thread->call_job : thread->last_job;
        uint64_t in_calls = cpu - in_gaps < calls ? cpu - in_gaps : calls;
        if (job && job->tid == thread->tid)
            job->cpu_ns += in_calls;
    }
    thread->cpu_at_ns = now_ns;
    thread->cpu_ns = cpu_ns;
    thread->codec_ns = thread->io_cpu_ns = thread->loose_cpu_ns = 0;
    thread->call_job = NULL;
    thread->pending_count = 0;
}

void infer_time_claim(struct timeline *thread, struct job *job, enum gap gap, uint64_t from_ns)
{
    for (unsigned i = 0; i < UNCLAIMED; i++) {
        struct unclaimed *interval = &thread->unclaimed[i];
        uint64_t start_ns = interval->start_ns > from_ns ? interval->start_ns : from_ns;
        if (interval->end_ns <= start_ns)
            continue;
        uint64_t length_ns = interval->end_ns - start_ns;
        uint64_t part = interval->cpu_ns < length_ns ? interval->cpu_ns : length_ns;
        job->gap_ns[gap] += part;
        job->cpu_ns += part;
        interval->cpu_ns -= part;
    }
}

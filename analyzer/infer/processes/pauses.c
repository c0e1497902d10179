/* SPDX-License-Identifier: MIT
 * Owns: when nothing was recorded because the user wished so, by the trace's control page.
 * Must not know: stages, what a process did. */
#include <inttypes.h>
#include <string.h>

#include "analyzer/infer/parts/finish.h"
#include "analyzer/infer/parts/images/jobs.h"
#include "analyzer/infer/parts/threads.h"
#include "analyzer/infer/state/state.h"
#include "analyzer/reader/reader.h"

/* Pauses within the run, in the order of time. The page is not to be trusted. */
static void find(struct infer *infer)
{
    const struct trace_control *control = reader_control(infer->reader);
    struct run *run = infer->run;
    uint64_t after_ns = run->start_ns;
    for (uint32_t i = TRACE_STATE_PAUSED; i <= control->state && i < TRACE_STATES - 1; i += 2) {
        uint64_t from_ns = control->since_ns[i], to_ns = i == control->state ? run->end_ns : control->since_ns[i + 1];
        from_ns = from_ns > after_ns ? from_ns : after_ns;
        to_ns = to_ns < run->end_ns ? to_ns : run->end_ns;
        if (to_ns <= from_ns || run->pause_count == PAUSES_MAX)
            continue;
        run->pauses[run->pause_count][0] = from_ns;
        run->pauses[run->pause_count++][1] = after_ns = to_ns;
    }
}

/* What lies in a pause is cut out of the periods, which may fall into pieces. */
static void cut_periods(struct run *run)
{
    uint64_t periods[PERIODS_MAX][2];
    size_t count = 0, pause = 0;
    for (size_t i = 0; i < run->period_count; i++) {
        uint64_t from_ns = run->periods[i][0], to_ns = run->periods[i][1];
        while (pause < run->pause_count && run->pauses[pause][1] <= from_ns)
            pause++;
        for (; pause < run->pause_count && run->pauses[pause][0] < to_ns; pause++) {
            if (run->pauses[pause][0] > from_ns && count < PERIODS_MAX - 1) {
                periods[count][0] = from_ns;
                periods[count++][1] = run->pauses[pause][0];
            }
            from_ns = run->pauses[pause][1];
            if (from_ns >= to_ns)
                break;
        }
        if (from_ns < to_ns && count < PERIODS_MAX) {
            periods[count][0] = from_ns;
            periods[count++][1] = to_ns;
        }
    }
    memcpy(run->periods, periods, count * sizeof *periods);
    run->period_count = count;
}

void infer_pauses(struct infer *infer)
{
    find(infer);
    if (infer->run->pause_count)
        cut_periods(infer->run);
}

bool infer_is_cut_off(const struct infer *infer, const struct job *job)
{
    const struct process *process = &infer->run->processes[job->process];
    struct process_state *state = infer->processes[job->process];
    if (!process->ended)
        return true;
    if (!process->paused || job->output_closed)
        return false;
    for (size_t i = state->threads_count; i-- > 0;)
        if (state->threads[i].tid == job->tid)
            return infer_job_now(state->threads[i].last_job) == job;
    return false;
}

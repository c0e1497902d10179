/* SPDX-License-Identifier: MIT
 * Owns: how a run comes to what it takes from outside of its trace, and what is said when it comes to nothing.
 * Must not know: where that comes from (pack/outside.h), what is concluded from it. */
#include <inttypes.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/infer/infer.h"
#include "analyzer/infer/parts/finish.h"
#include "analyzer/infer/parts/process.h"
#include "analyzer/infer/state/state.h"
#include "analyzer/pack/outside.h"
#include "analyzer/reader/reader.h"

struct outside *infer_outside(const struct reader *reader, enum outside_collect collect)
{
    const struct trace_control *control = reader_control(reader);
    return outside_open(reader_root(reader), control->realtime_offset_ns, control->start_ns, collect);
}

struct run *infer_run(struct reader *reader, const char *trace_path, infer_progress *progress, void *context)
{
    struct outside *outside = infer_outside(reader, OUTSIDE_COLLECT_NOTHING);
    struct run *run = infer_run_with(reader, outside, trace_path, progress, context);
    outside_close(outside);
    return run;
}

void infer_outside_finish(struct infer *infer)
{
    struct run *run = infer->run;
    const char *complaint = outside_complaint(infer->outside);
    uint64_t files = outside_untrusted(infer->outside);
    run->pack_complaint = complaint ? memory_text(complaint, strlen(complaint)) : NULL;
    /* A report elsewhere must not differ, but when it knows less it says so. */
    if (files)
        infer_note(infer,
                   "the trace is not known to be from this machine (%.80s): what the files of %" PRIu64
                   " image%s say was not looked at; 'imgbench pack' where it was recorded puts that into the trace",
                   run->host.machine && *run->host.machine ? run->host.machine : "it does not say from which it is",
                   files, files == 1 ? "" : "s");
}

/* SPDX-License-Identifier: MIT
 * Owns: what is known to be missing in a trace: what could not be read, and who could not write. Must not know: images.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyzer/infer/parts.h"
#include "analyzer/infer/state.h"
#include "analyzer/memory.h"
#include "analyzer/reader/reader.h"

static void say_damages(FILE *out, const struct reader *reader, uint64_t damages)
{
    const char *line;
    uint64_t named = 0;
    fprintf(out, "%" PRIu64 " place%s of the trace could not be read, so parts of the run are missing here: ", damages,
            damages == 1 ? "" : "s");
    while ((line = reader_named_damage(reader, (unsigned)named)))
        fprintf(out, "%s%s", named++ ? "; " : "", line);
    if (named < damages)
        fprintf(out, "; and %" PRIu64 " more, which 'imgbench verify' lists", damages - named);
}

static void say_lost_processes(FILE *out, const struct trace_control *control)
{
    uint32_t n = control->lost_processes;
    fprintf(out, "%" PRIu32 " process%s could not write a single record: ", n, n == 1 ? "" : "es");
    fprintf(out, "the disk was full, or the %" PRIu64 " of %" PRIu64 " bytes that IMGBENCH_QUOTA allows were in use",
            control->bytes_used, control->quota_bytes);
}

void infer_missing(struct infer *infer)
{
    struct run *run = infer->run;
    size_t sentences = 0, bytes;
    const struct trace_control *control = reader_control(infer->reader);
    run->damages = reader_damages(infer->reader);
    run->lost_processes = control->lost_processes;
    for (int what = 0; what < 2; what++) {
        if (!(what ? run->lost_processes : run->damages))
            continue;
        FILE *out = memory_checked(open_memstream(&run->missing[sentences++], &bytes));
        if (what)
            say_lost_processes(out, control);
        else
            say_damages(out, infer->reader, run->damages);
        fclose(out);
    }
}

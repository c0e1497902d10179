/* SPDX-License-Identifier: MIT
 * Owns: what is known to be missing in a trace: what could not be read, and who could not write. Must not know: images.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/infer/parts/finish.h"
#include "analyzer/infer/state/state.h"
#include "analyzer/reader/reader.h"

#define PACKET_MAX_BYTES 262144 /* what a packet of the library needs at most */

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

/* Why is a guess: that the quota left no room for a packet of the largest size, or else the disk. */
static void say_unwritten(FILE *out, const struct infer *infer, uint64_t records, uint64_t processes)
{
    const struct trace_control *control = reader_control(infer->reader);
    uint64_t lost = infer->run->lost_processes;
    if (records)
        fprintf(out, "%" PRIu64 " record%s of %" PRIu64 " process%s%s", records, records == 1 ? "" : "s", processes,
                processes == 1 ? "" : "es", lost ? " and " : "");
    if (lost)
        fprintf(out, "all records of %" PRIu64 "%s process%s", lost, records ? " more" : "", lost == 1 ? "" : "es");
    fputs(" could not be written, so images may be missing here: ", out);
    if (control->quota_bytes <= control->bytes_used || control->quota_bytes - control->bytes_used < PACKET_MAX_BYTES)
        fprintf(out, "the %" PRIu64 " bytes that IMGBENCH_QUOTA allows were used up", control->quota_bytes);
    else
        fputs("the disk was full, or the program lets nobody write any more", out);
}

void infer_missing(struct infer *infer)
{
    struct run *run = infer->run;
    size_t sentences = 0, bytes;
    uint64_t records = 0, processes = 0;
    run->damages = reader_damages(infer->reader);
    run->lost_processes = reader_control(infer->reader)->lost_processes;
    for (uint32_t i = 0; i < reader_process_count(infer->reader); i++) {
        uint64_t discarded = reader_discarded(infer->reader, i);
        records += discarded;
        processes += discarded > 0;
    }
    for (int what = 0; what < 2; what++) {
        if (!(what ? run->lost_processes + records : run->damages))
            continue;
        FILE *out = memory_checked(open_memstream(&run->missing[sentences++], &bytes));
        if (what)
            say_unwritten(out, infer, records, processes);
        else
            say_damages(out, infer->reader, run->damages);
        fclose(out);
    }
}

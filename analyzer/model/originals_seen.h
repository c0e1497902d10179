/* SPDX-License-Identifier: MIT
 * Owns: what a run says of the originals that it kept or could not keep: plain data, part of the model.
 * Must not know: records, the kept files. */
#ifndef ANALYZER_ORIGINALS_SEEN_H
#define ANALYZER_ORIGINALS_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/original_name.h"

/* What IMGBENCH_KEEP kept in the trace of files from before the run that it changed or removed; see originals.h. */
#define ORIGINALS_MISSED_LISTED 10000
enum original_missed_why { ORIGINAL_NO_ROOM, ORIGINAL_LOCKED, ORIGINAL_FAILED, ORIGINAL_MISSED_WHYS };
struct original_missed {
    struct original_name name;
    int error; /* errno, or 0 */
    enum original_missed_why why;
};
struct originals {
    bool wanted;               /* the trace was made with IMGBENCH_KEEP=1 */
    uint64_t kept, kept_bytes; /* in the run: what is no image may have been thrown away since */
    uint64_t ns;               /* that the library took for it, outside of the programs' calls */
    uint64_t missed_total[ORIGINAL_MISSED_WHYS];
    struct original_missed *missed; /* the first ORIGINALS_MISSED_LISTED */
    size_t missed_count, missed_capacity;
};

#endif

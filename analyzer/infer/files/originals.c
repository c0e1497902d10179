/* SPDX-License-Identifier: MIT
 * Owns: what was kept of files that a run overwrote, replaced or removed, and what could not be. Must not know: images.
 */
#include "analyzer/base/memory.h"
#include "analyzer/infer/parts/marks.h"
#include "analyzer/infer/state/state.h"

void infer_original_record(struct event *event)
{
    const struct trace_original *record = &event->record->original;
    struct originals *originals = &event->infer->run->originals;
    originals->ns += record->duration_ns;
    if (record->how <= trace_keeping_COPIED) {
        originals->kept++;
        originals->kept_bytes += record->bytes;
        return;
    }
    enum original_missed_why why = record->how == trace_keeping_QUOTA    ? ORIGINAL_NO_ROOM
                                   : record->how == trace_keeping_LOCKED ? ORIGINAL_LOCKED
                                                                         : ORIGINAL_FAILED;
    originals->missed_total[why]++;
    if (originals->missed_count < ORIGINALS_MISSED_LISTED)
        *MEMORY_APPEND(originals, missed) = (struct original_missed){
            {record->device, record->inode, record->changed_ns, record->bytes}, record->error, why};
}

/* SPDX-License-Identifier: MIT
 * Owns: pieces of time on tracks below one of a name, beside each other where they overlap.
 * Must not know: what the pieces are. */
#ifndef ANALYZER_EXPORT_PERFETTO_PERFETTO_LANES_H
#define ANALYZER_EXPORT_PERFETTO_PERFETTO_LANES_H

#include "analyzer/export/perfetto/perfetto_events.h"

struct perfetto_piece {
    uint64_t start_ns, end_ns;
    uint32_t group; /* pieces of two groups are never on one track */
    uint32_t index; /* the caller's */
};
#define PERFETTO_LANE_BYTES 320
/* Names a track of a group; beside: how many the group has already. */
typedef void perfetto_lane_name(struct perfetto *perfetto, uint32_t group, size_t beside,
                                char name[PERFETTO_LANE_BYTES]);
typedef void perfetto_write_piece(struct perfetto *perfetto, uint64_t track, uint32_t index);
/* Sorts the pieces; each is written on a track where it overlaps none before it. */
void perfetto_lay(struct perfetto *perfetto, const char *name, struct perfetto_piece *pieces, size_t count,
                  perfetto_lane_name *lane_name, perfetto_write_piece *write);

#endif

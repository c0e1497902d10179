/* SPDX-License-Identifier: MIT
 * Owns: which track a piece of time goes to, where pieces of one group may overlap.
 * Must not know: what a piece is, fields of packets. */
#include "analyzer/export/perfetto/perfetto_lanes.h"

#include <stdlib.h>

#include "analyzer/base/memory.h"

static int by_group_and_start(const void *a, const void *b)
{
    const struct perfetto_piece *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    if (x->start_ns != y->start_ns)
        return x->start_ns < y->start_ns ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

/* A heap of lanes, the one that is free first on top. */
struct lane {
    uint64_t end_ns, track;
};
static void sink(struct lane *lanes, size_t count, size_t at)
{
    for (size_t child; (child = at * 2 + 1) < count; at = child) {
        if (child + 1 < count && lanes[child + 1].end_ns < lanes[child].end_ns)
            child++;
        if (lanes[at].end_ns <= lanes[child].end_ns)
            return;
        struct lane other = lanes[at];
        lanes[at] = lanes[child];
        lanes[child] = other;
    }
}

static void rise(struct lane *lanes, size_t at)
{
    for (; at && lanes[(at - 1) / 2].end_ns > lanes[at].end_ns; at = (at - 1) / 2) {
        struct lane other = lanes[at];
        lanes[at] = lanes[(at - 1) / 2];
        lanes[(at - 1) / 2] = other;
    }
}

void perfetto_lay(struct perfetto *perfetto, const char *name, struct perfetto_piece *pieces, size_t count,
                  perfetto_lane_name *lane_name, perfetto_write_piece *write)
{
    struct lane *lanes = NULL;
    size_t lanes_capacity = 0, used = 0;
    uint64_t root = perfetto_new_track(perfetto);
    perfetto_describe_track(perfetto, root, 0, name);
    qsort(pieces, count, sizeof *pieces, by_group_and_start);
    for (size_t i = 0; i < count; i++) {
        const struct perfetto_piece *piece = &pieces[i];
        if (i && piece->group != piece[-1].group)
            used = 0;
        if (!used || lanes[0].end_ns > piece->start_ns) {
            char text[PERFETTO_LANE_BYTES];
            uint64_t track = perfetto_new_track(perfetto);
            lane_name(perfetto, piece->group, used, text);
            perfetto_describe_track(perfetto, track, root, text);
            memory_grow((void **)&lanes, &lanes_capacity, used, sizeof *lanes);
            lanes[used] = (struct lane){piece->end_ns, track};
            write(perfetto, track, piece->index);
            rise(lanes, used++);
        } else {
            lanes[0].end_ns = piece->end_ns;
            write(perfetto, lanes[0].track, piece->index);
            sink(lanes, used, 0);
        }
    }
    free(lanes);
}

/* SPDX-License-Identifier: MIT
 * Owns: figures of the moments and spans that programs named, and of what their names stand for: front end, sidecar.
 * Must not know: records, formatting. docs/report.md says which name means what. */
#ifndef ANALYZER_METRICS_FIGURES_MARKS_H
#define ANALYZER_METRICS_FIGURES_MARKS_H
#include <stdbool.h>
#include <string.h>

#include "analyzer/metrics/statistics/timing.h"
#include "analyzer/model/model.h"

/* What names are for, by their beginnings. */
#define MARKS_FRONTEND "frontend."
#define MARKS_SIDECAR  "sidecar."

struct span_figures {
    uint32_t name; /* index into run.mark_names */
    struct timing_stats time;
};

/* A mark frontend.interaction.NAME. */
struct interaction {
    const char *event; /* NAME */
    const struct mark *mark;
};

struct frontend_figures {
    bool known;                         /* there are such marks */
    double start_s;                     /* the first frontend.start, from the start of the run; NAN without one */
    uint64_t drops, drops_unanswered;   /* frontend.drop; those that nothing followed before the next one */
    struct timing_stats drop_to_start;  /* from each drop to the frontend.start that follows, or the first image */
    bool drop_to_image;                 /* there is no frontend.start: the images' starts were taken (inferred) */
    const struct span_figures *updates; /* of frontend.update, or NULL */
    struct interaction *list;           /* by time, as far as their marks are listed */
    size_t listed;
    uint64_t interactions; /* all, those beyond MARKS_LISTED included */
};

struct mark_figures {
    struct span_figures *spans; /* of the names that spans have, most time first */
    size_t span_count;
    uint64_t points; /* single moments */
    uint64_t begins_left, ends_left;
    uint64_t unmeasured; /* spans that the statistics leave out, see SPANS_MEASURED */
    struct frontend_figures frontend;
    bool sidecar; /* there are marks or spans of a sidecar */
};

/* True when name begins with what. */
static inline bool marks_is_for(const char *name, const char *what)
{
    return strncmp(name, what, strlen(what)) == 0;
}

#endif

/* SPDX-License-Identifier: MIT
 * Owns: what differs between two reports and is no number: command, machine, versions of libraries, findings.
 * Must not know: statistics. */
#ifndef ANALYZER_COMPARE_TEXTS_H
#define ANALYZER_COMPARE_TEXTS_H

#include "analyzer/compare/side.h"

/* A text that differs between the sides' first runs: "libwebp.so.7", "1.2.4", "1.3.2". NULL = not there. */
struct compared_text {
    char *what, *old, *new;
};

struct compared_texts {
    struct compared_text *list; /* libraries, settings, machine, findings */
    size_t list_count, list_capacity;
    bool same_machine;
};

/* Of the first run of each side; none where a side has no run. */
void texts_compare(struct compared_texts *texts, const struct side *old_side, const struct side *new_side);
void texts_release(struct compared_texts *texts);

#endif

/* SPDX-License-Identifier: MIT
 * Owns: whether a report, or a comparison, is past a limit that --fail-if names, and what is said then.
 * Must not know: the grammar, statistics. */
#ifndef ANALYZER_GATE_GATE_H
#define ANALYZER_GATE_GATE_H

#include <argp.h>

#include "analyzer/compare/comparison.h"
#include "analyzer/gate/expression.h"
#include "analyzer/metrics/figures/figures.h"

struct gates {
    struct expression *list;
    size_t list_count, list_capacity;
    bool compares; /* set before the first is added: changes (+5%) make sense */
    bool strict;   /* undecided ones are not let through */
};

/* Options --fail-if and --strict, as a child parser; its input is a struct gates. For usage_parse. */
extern const struct argp gate_argp;
void gates_release(struct gates *gates);

/* One line on standard error for each gate that fails or is undecided. Returns an exit code: CMD_OK, CMD_GATE_FAILED (a
 * figure that is not known fails, too), CMD_UNDECIDED. */
int gates_check_report(const struct gates *gates, const struct metrics *metrics);
int gates_check_comparison(const struct gates *gates, const struct comparison *comparison);

#endif

/* SPDX-License-Identifier: MIT
 * Owns: the grammar of --fail-if: [any|all] PATH OPERATOR VALUE.
 * Must not know: reports, what paths there are. */
#ifndef ANALYZER_GATE_EXPRESSION_H
#define ANALYZER_GATE_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>

enum expression_scope { SCOPE_ONE, SCOPE_ANY, SCOPE_ALL };
enum expression_operator {
    OPERATOR_ABOVE,
    OPERATOR_AT_LEAST,
    OPERATOR_BELOW,
    OPERATOR_AT_MOST,
    OPERATOR_EQUAL,
    OPERATOR_UNEQUAL
};
enum expression_value {
    VALUE_NUMBER, /* with its unit applied: seconds, bytes, ratios */
    VALUE_CHANGE, /* "+5%": new ÷ old - 1 */
    VALUE_SPREAD, /* "±5%": its size, either way */
    VALUE_TEXT
};
/* The gate fails where it is true: "memory.peak_rss_bytes>512MB", "stages.encode.p95>+5%", "any images.size_ratio>1".
 */
struct expression {
    enum expression_scope scope;
    enum expression_operator comparison;
    enum expression_value value;
    double number;
    char *path, *text;  /* text: of VALUE_TEXT */
    char *limit;        /* operator and value as given, for messages */
    size_t path_column; /* from 1 */
};

/* False where it cannot be understood: *column is the place, from 1, and `why` what is wrong there. Release in any
 * case. */
bool expression_parse(struct expression *expression, const char *text, size_t *column, char *why, size_t capacity);
void expression_release(struct expression *expression);

/* Whether the comparison is true. */
bool expression_holds(enum expression_operator comparison, double value, double limit);

#endif

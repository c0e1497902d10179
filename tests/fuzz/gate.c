/* SPDX-License-Identifier: MIT
 * Owns: the libFuzzer entry of --fail-if: its grammar, the paths that a report has, and walking a report along one.
 * Input: an expression.
 * Must not know: figures. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/gate/expression.h"
#include "analyzer/gate/parts.h"
#include "analyzer/gate/schema.h"
#include "trace/size.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void evaluate(const struct expression *expression)
{
    static json_t *report;
    if (!report)
        report = json_load_file("tests/golden/report.json", 0, NULL);
    if (!report)
        abort(); /* to be run in the root of the repository */
    struct gate_count count = {.expression = expression};
    schema_walk(report, expression->path, gate_count, &count);
    if (count.known > count.looked_at || count.holding > count.known)
        abort();
    gate_say(&count, gate_fails(&count) ? "here" : NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    char *text = malloc(bytes + 1), why[300] = "";
    struct expression expression;
    size_t column;
    uint64_t size = 0;
    if (!text)
        return 0;
    if (bytes)
        memcpy(text, data, bytes);
    text[bytes] = '\0';
    if (trace_size_parse(text, TRACE_QUOTA_MOST, &size) && size > TRACE_QUOTA_MOST)
        abort();
    bool good = expression_parse(&expression, text, &column, why, sizeof why);
    if (good == (why[0] != '\0') || column < 1 || column > bytes + 1)
        abort();
    if (good) {
        struct schema_place place = schema_find(expression.path);
        if (place.known > strlen(expression.path) || (expression.value != VALUE_TEXT && isnan(expression.number)))
            abort();
        gate_image_figure(expression.path);
        evaluate(&expression);
    }
    expression_release(&expression);
    free(text);
    return 0;
}

/* SPDX-License-Identifier: MIT
 * Owns: comparing what a renderer writes with a golden file; GOLDEN_UPDATE=1 rewrites the file instead.
 * Must not know: what is in it. Paths are relative to the root of the repository. */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/render/render.h"
#include "tests/unit/parts/sample_run.h"
#include "analyzer/metrics/metrics.h"

/* What a renderer writes about a run, which is freed. Free the result. */
static inline char *golden_render(const struct renderer *renderer, struct run *run,
                                  const struct render_options *options)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    struct metrics *metrics = metrics_compute(run);
    ck_assert(out && metrics);
    ck_assert_int_eq(renderer->report(metrics, options, out), 0);
    fclose(out);
    metrics_free(metrics);
    run_free(run);
    return text;
}

static inline void golden_compare(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/golden/%s", TESTS_DIR, name);
    const char *update = getenv("GOLDEN_UPDATE");
    if (update && *update == '1') {
        FILE *out = fopen(path, "w");
        ck_assert_msg(out != NULL, "cannot write %s", path);
        bool written = fputs(text, out) >= 0;
        ck_assert_msg(fclose(out) == 0 && written, "cannot write %s", path);
        return;
    }
    FILE *in = fopen(path, "r");
    ck_assert_msg(in != NULL, "cannot read %s; GOLDEN_UPDATE=1 writes it", path);
    char *expected = calloc(1, 1 << 20);
    ck_assert_ptr_nonnull(expected);
    size_t bytes = fread(expected, 1, (1 << 20) - 1, in);
    fclose(in);
    ck_assert_uint_gt(bytes, 0);
    size_t line = 1, at = 0;
    for (; expected[at] && expected[at] == text[at]; at++)
        line += text[at] == '\n';
    ck_assert_msg(expected[at] == text[at], "%s differs in line %zu; GOLDEN_UPDATE=1 accepts the change", path, line);
    free(expected);
}

#endif

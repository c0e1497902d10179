/* SPDX-License-Identifier: MIT
 * Owns: the libFuzzer entry of `imgbench compare` with JSON reports. Input: a report, compared with one that is sound,
 * on either side, with gates, in every form. Must not know: figures. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/compare/render/render.h"
#include "analyzer/gate/gate.h"
#include "analyzer/base/memory.h"
#include "tests/fuzz/json.h"
#include "tests/fuzz/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t bytes, size_t capacity, unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t bytes, size_t capacity, unsigned seed)
{
    return json_mutate(data, bytes, capacity, seed);
}

/* As the command line would give them. */
static const struct gates *gates(void)
{
    static const char *const texts[] = {"stages.encode.p95>+5%",     "memory.peak_rss_bytes>512MB",
                                        "any images.size_ratio>±1%", "all images.bytes_out>+1%",
                                        "formats.webp.size_ratio>1", "any findings.id==images-failed",
                                        "any conversions.from==png", "any images.bytes_in>10MB",
                                        "any workers.idle_s>1ms",    "conversions[from=png,to=webp].n==2",
                                        "totals.images!=3",          "resources.cpu.avg_ratio>±3%"};
    static struct gates all = {.compares = true, .strict = true};
    for (size_t i = 0; !all.list_count || (i && i < sizeof texts / sizeof *texts); i++) {
        char why[300];
        size_t column;
        if (!expression_parse(MEMORY_APPEND(&all, list), texts[i], &column, why, sizeof why))
            abort();
    }
    return &all;
}

static void compare(const struct side *old, const struct side *new)
{
    static const struct compare_renderer *const renderers[] = {&compare_text, &compare_md, &compare_html,
                                                               &compare_json};
    static void (*const claims[])(struct fuzz_output *) = {fuzz_text, fuzz_text, fuzz_page, fuzz_json};
    const struct compare_options options = {.tool_version = "fuzz"};
    struct comparison comparison;
    comparison_make(&comparison, old, new, "/old", "/new");
    for (size_t i = 0; i < sizeof renderers / sizeof *renderers; i++) {
        struct fuzz_output output;
        if (renderers[i]->report(&comparison, &options, fuzz_output(&output)))
            abort();
        claims[i](&output);
    }
    gates_check_comparison(gates(), &comparison);
    comparison_release(&comparison);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct side sound;
    struct side side;
    char path[128];
    if (!sound.runs_count && !side_load(&sound, "tests/fuzz/corpus/compare/sound.json"))
        abort(); /* to be run in the root of the repository */
    snprintf(path, sizeof path, "%s/report.json", fuzz_directory(1));
    fuzz_file("report.json", bytes ? data : (const uint8_t *)"", bytes);
    if (side_load(&side, path)) {
        bool is_new = bytes % 2;
        compare(is_new ? &sound : &side, is_new ? &side : &sound);
    }
    side_release(&side);
    return 0;
}

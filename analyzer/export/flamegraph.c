/* SPDX-License-Identifier: MIT
 * Owns: stacks as the folded lines that flame graph tools read. Must not know: records. */
#include "analyzer/export/flamegraph.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/render/format_text.h"

/* A frame's name must not hold what separates frames, lines and the number; the rest as in the text report. */
static void name(FILE *out, const char *text)
{
    char *line = format_text_copy(text);
    for (const char *at = line; at && *at; at++)
        fputc(*at == ';' || *at == ' ' ? '_' : *at, out);
    free(line);
}

static void frame(FILE *out, const struct site_frame *frame)
{
    const char *text = frame->function ? frame->function : frame->location ? frame->location : frame->module;
    fputc(';', out);
    name(out, text && *text ? text : "unknown");
}

void export_flamegraph(FILE *out, const struct run *run)
{
    if (run->blocks_peak_process >= run->process_count)
        return;
    const char *exe = run->processes[run->blocks_peak_process].exe;
    const char *program = exe && strrchr(exe, '/') ? strrchr(exe, '/') + 1 : exe;
    for (size_t i = 0; i < run->site_count; i++) {
        const struct memory_site *site = &run->sites[i];
        name(out, program && *program ? program : "unknown");
        for (size_t k = site->frame_count; k-- > 0;)
            frame(out, &site->frames[k]);
        fprintf(out, " %" PRIu64 "\n", site->bytes);
    }
}

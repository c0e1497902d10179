/* SPDX-License-Identifier: MIT
 * Owns: the places that made the memory peak of the small run that tests of renderers share.
 * Must not know: what is expected of it. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/parts/sample_run.h"

static char *copy(const char *text)
{
    char *result = text ? strdup(text) : NULL;
    if (text && !result)
        abort();
    return result;
}

struct sample_site {
    uint64_t bytes, blocks;
    uint32_t image;
    bool has_stack;
    const char *frames[4][3]; /* module, function, location */
};

/* Six, of which the text shows five: with a stack and an unnamed frame in it, without stacks, of an unknown module,
 * with a name that a terminal must not see, and the rest. */
static const struct sample_site sites[] = {
    {48000000,
     3,
     0,
     true,
     {{"libjpeg.so.62", "alloc_large", "jmemmgr.c:120"},
      {"libjpeg.so.62", NULL, "libjpeg.so.62+0x1234"},
      {"libjpeg.so.62", "jpeg_start_decompress", "libjpeg.so.62+0x2345"},
      {"batch", "main", "batch.c:77"}}},
    {24000000, 1, 1, false, {{"libpng16.so.16", "png_malloc", NULL}}},
    {12000000, 12, NO_ID, false, {{"batch", NULL, "batch+0x4242"}}},
    {8000000, 2, NO_ID, false, {{NULL, NULL, "0x7f0011223344"}}},
    {5000000, 1, NO_ID, true, {{NULL, "\033[31m; weird", "weird.c:1"}}},
    {3000000, 1, NO_ID, false, {{NULL, NULL, NULL}}},
};
#define SITES (sizeof sites / sizeof *sites)

void sample_sites(struct run *run)
{
    run->blocks_peak_bytes = 100000000;
    run->blocks_peak_count = 20;
    run->blocks_peak_ns = SAMPLE_START + 180 * SAMPLE_MS;
    run->blocks_peak_process = 0;
    run->site_count = SITES;
    run->sites = calloc(SITES, sizeof *run->sites);
    for (size_t i = 0; i < SITES; i++) {
        struct memory_site *site = &run->sites[i];
        size_t count = 1; /* a frame without any name counts where it is the only one */
        while (count < 4 && (sites[i].frames[count][0] || sites[i].frames[count][2]))
            count++;
        *site = (struct memory_site){
            sites[i].bytes, sites[i].blocks, sites[i].image, sites[i].has_stack, calloc(count, sizeof *site->frames),
            count};
        for (size_t k = 0; k < count; k++)
            site->frames[k] = (struct site_frame){copy(sites[i].frames[k][0]), copy(sites[i].frames[k][1]),
                                                  copy(sites[i].frames[k][2])};
    }
}

/* SPDX-License-Identifier: MIT
 * Owns: how quick SSIMULACRA 2 is: two pictures made here, scored once; prints megapixels per second of CPU time.
 * Must not know: image files. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "analyzer/quality/metrics/ssimulacra2.h"

#define WIDTH  ((size_t)4000)
#define HEIGHT ((size_t)3000)

/* Slopes and noise, in steps of 8 bits. */
static struct pixels picture(unsigned noise_bits)
{
    struct pixels pixels = {.width = WIDTH, .height = HEIGHT, .bands = 3};
    unsigned random = 1;
    pixels.values = malloc(3 * WIDTH * HEIGHT * sizeof *pixels.values);
    for (size_t i = 0; pixels.values && i < 3 * WIDTH * HEIGHT; i++) {
        random = random * 1664525 + 1013904223;
        pixels.values[i] = (uint16_t)((unsigned char)(i / (3 * WIDTH) / 16 + (random >> (32 - noise_bits))) * 257);
    }
    return pixels;
}

int main(void)
{
    struct pixels reference = picture(4), distorted = picture(5);
    struct timespec before, after;
    double score;
    if (!reference.values || !distorted.values)
        return 1;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    if (!ssimulacra2(&reference, &distorted, 0, &score))
        return 1;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    double cpu_s = (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) / 1e9;
    printf("%.6f\n", WIDTH * HEIGHT / cpu_s / 1e6);
    return 0;
}

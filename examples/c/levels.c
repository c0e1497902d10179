/* SPDX-License-Identifier: MIT
 * Owns: an example: a program in C that names its own moments.
 * Must not know: whether anybody listens.
 *
 *     cc -Iinclude -o levels examples/c/levels.c
 *     LD_PRELOAD=$PWD/build/libimgbench.so ./levels photo.ppm levels.ppm && build/imgbench report
 *
 * Stretches the levels of a binary PPM (P6, 8 bits). */
#include <stdio.h>
#include <stdlib.h>

#include <imgbench/mark.h>

struct picture {
    unsigned width, height;
    unsigned char *samples;
};

static int load(struct picture *picture, const char *path)
{
    FILE *in = fopen(path, "rb");
    unsigned most = 0;
    if (!in)
        return -1;
    int good = fscanf(in, "P6 %u %u %u", &picture->width, &picture->height, &most) == 3 && most == 255 &&
               picture->width <= 20000 && picture->height <= 20000 && fgetc(in) != EOF;
    size_t bytes = (size_t)3 * picture->width * picture->height;
    picture->samples = good ? malloc(bytes) : NULL;
    good = picture->samples && fread(picture->samples, 1, bytes, in) == bytes;
    fclose(in);
    return good ? 0 : -1;
}

static void stretch(struct picture *picture)
{
    size_t bytes = (size_t)3 * picture->width * picture->height;
    unsigned low = 255, high = 0;
    imgbench_begin("measure");
    for (size_t i = 0; i < bytes; i++) {
        low = picture->samples[i] < low ? picture->samples[i] : low;
        high = picture->samples[i] > high ? picture->samples[i] : high;
    }
    imgbench_end("measure");
    char data[64];
    snprintf(data, sizeof data, "{\"low\":%u,\"high\":%u}", low, high);
    imgbench_mark_data("measured", data);
    imgbench_begin("stretch");
    for (size_t i = 0; high > low && i < bytes; i++)
        picture->samples[i] = (unsigned char)((picture->samples[i] - low) * 255 / (high - low));
    imgbench_end("stretch");
}

static int save(const struct picture *picture, const char *path)
{
    FILE *out = fopen(path, "wb");
    size_t bytes = (size_t)3 * picture->width * picture->height;
    if (!out)
        return -1;
    fprintf(out, "P6\n%u %u\n255\n", picture->width, picture->height);
    int good = fwrite(picture->samples, 1, bytes, out) == bytes;
    return fclose(out) == 0 && good ? 0 : -1;
}

int main(int argc, char **argv)
{
    struct picture picture = {0};
    if (argc != 3) {
        fprintf(stderr, "usage: levels IN.ppm OUT.ppm\n");
        return 2;
    }
    imgbench_begin("picture");
    int failed = load(&picture, argv[1]);
    if (!failed) {
        stretch(&picture);
        failed = save(&picture, argv[2]);
    }
    imgbench_end("picture");
    if (failed)
        perror(argv[picture.samples ? 2 : 1]);
    else
        printf("%ux%u\n", picture.width, picture.height);
    free(picture.samples);
    return failed ? 1 : 0;
}

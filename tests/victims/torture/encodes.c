/* SPDX-License-Identifier: MIT
 * Owns: a program linked with libwebp that encodes as many images as argv[1] says, each to a file.
 * Must not know: the profiler. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

size_t WebPEncodeRGB(const uint8_t *rgb, int width, int height, int stride, float quality, uint8_t **output);
void WebPFree(void *block);

int main(int count, char **arguments)
{
    static uint8_t pixels[32 * 32 * 3];
    for (int n = 0; n < (count > 1 ? atoi(arguments[1]) : 1); n++) {
        char name[32];
        uint8_t *output = NULL;
        pixels[0] = (uint8_t)n;
        size_t bytes = WebPEncodeRGB(pixels, 32, 32, 96, 60, &output);
        snprintf(name, sizeof name, "%d.webp", n);
        FILE *file = fopen(name, "w");
        printf("%zu %zu\n", bytes, fwrite(output, 1, bytes, file));
        fclose(file);
        WebPFree(output);
    }
    return 5;
}

/* SPDX-License-Identifier: MIT
 * Owns: a plug-in that encodes with libwebp. Must not know: the profiler. */
#include <stddef.h>
#include <stdint.h>

size_t WebPEncodeRGB(const uint8_t *rgb, int width, int height, int stride, float quality, uint8_t **output);
void WebPFree(void *block);

int plugin_encode(void);
int plugin_encode(void)
{
    static uint8_t pixels[16 * 16 * 3];
    uint8_t *output = NULL;
    size_t bytes = WebPEncodeRGB(pixels, 16, 16, 48, 50, &output);
    WebPFree(output);
    return (int)bytes;
}

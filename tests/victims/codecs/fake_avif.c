/* SPDX-License-Identifier: MIT
 * Owns: a stand-in for libavif that says it is AVIF_VERSION_STRING (undefined: nothing) and encodes nothing. In its
 * encoder each number is its own offset, so that whoever reads one shows where. Must not know: the profiler. */
#include <stdint.h>
#include <stdlib.h>

struct output {
    uint8_t *data;
    size_t bytes;
};

void *avifEncoderCreate(void);
int avifEncoderWrite(void *encoder, const void *image, struct output *output);
void avifEncoderDestroy(void *encoder);

#ifdef AVIF_VERSION_STRING
const char *avifVersion(void);
const char *avifVersion(void)
{
    return AVIF_VERSION_STRING;
}
#endif

void *avifEncoderCreate(void)
{
    uint32_t *encoder = malloc(256);
    for (uint32_t i = 0; encoder && i < 64; i++)
        encoder[i] = 4 * i;
    return encoder;
}

int avifEncoderWrite(void *encoder, const void *image, struct output *output)
{
    (void)encoder, (void)image;
    output->data = malloc(64);
    output->bytes = output->data ? 64 : 0;
    return output->data ? 0 : 1;
}

void avifEncoderDestroy(void *encoder)
{
    free(encoder);
}

/* SPDX-License-Identifier: MIT
 * Owns: a victim: two images encoded by each library that is named, through pointers that dlsym gave.
 * Must not know: the profiler. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct output {
    uint8_t *data;
    size_t bytes;
};

static void *look_up(void *library, const char *name)
{
    void *address = dlsym(library, name);
    if (!address)
        abort();
    return address;
}

int main(int count, char **arguments)
{
    /* 640 × 480, 10 bits, 4:2:0. What 1.x has for the length of EXIF is not 0. */
    static uint32_t image[64] = {640, 480, 10, 3, [176 / 4] = 9};
    for (int i = 1; i < count; i++) {
        void *library = dlopen(arguments[i], RTLD_NOW | RTLD_LOCAL);
        if (!library)
            abort();
        void *(*create)(void) = look_up(library, "avifEncoderCreate");
        int (*write)(void *, const void *, struct output *) = look_up(library, "avifEncoderWrite");
        void (*destroy)(void *) = look_up(library, "avifEncoderDestroy");
        for (int n = 0; n < 2; n++) {
            void *encoder = create();
            struct output output;
            printf("%d\n", write(encoder, image, &output));
            free(output.data);
            destroy(encoder);
        }
        dlclose(library);
    }
    return 0;
}

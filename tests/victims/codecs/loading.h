/* SPDX-License-Identifier: MIT
 * Owns: what the victim of the loader's ways shares with its libraries. Must not know: the profiler. */
#ifndef VICTIMS_LOADING_H
#define VICTIMS_LOADING_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct given {
    uintptr_t integers[7];
    double doubles[4];
};
struct given *ReadImage(const void *info, void *exception);
int CompositeImage(uintptr_t a, uintptr_t b, int c, int d, ptrdiff_t e, ptrdiff_t f, uintptr_t g);
struct given *ResizeImage(uintptr_t a, size_t b, size_t c, int d, double blur, uintptr_t e);
struct given *UnsharpMaskImageChannel(uintptr_t a, int b, double radius, double sigma, double amount, double threshold,
                                      uintptr_t c);
const struct given *last_given(void);

int WebPGetInfo(const uint8_t *data, size_t bytes, int *width, int *height);
int gdk_pixbuf_save(void *pixbuf, const char *path, const char *type, void *error, ...);

/* Of the plug-in: which library answers it, and which ReadImage it reaches. */
int plugin_number(void);
const void *plugin_read(void);

#ifdef __cplusplus
}
#endif

#endif

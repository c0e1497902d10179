/* SPDX-License-Identifier: MIT
 * Owns: a stand-in for the library that ImageMagick is: with functions that give back all that they were given.
 * Must not know: the profiler. */
#include <stddef.h>
#include <stdint.h>

#include "tests/victims/codecs/loading.h"

static struct given given;

struct given *ReadImage(const void *info, void *exception)
{
    given = (struct given){.integers = {(uintptr_t)info, (uintptr_t)exception}};
    return &given;
}

/* With the arguments of version 7, of which the last does not fit into registers. */
int CompositeImage(uintptr_t a, uintptr_t b, int c, int d, ptrdiff_t e, ptrdiff_t f, uintptr_t g)
{
    given = (struct given){.integers = {a, b, (uintptr_t)c, (uintptr_t)d, (uintptr_t)e, (uintptr_t)f, g}};
    return 1;
}

struct given *ResizeImage(uintptr_t a, size_t b, size_t c, int d, double blur, uintptr_t e)
{
    given = (struct given){.integers = {a, b, c, (uintptr_t)d, e}, .doubles = {blur}};
    return &given;
}

struct given *UnsharpMaskImageChannel(uintptr_t a, int b, double radius, double sigma, double amount, double threshold,
                                      uintptr_t c)
{
    given = (struct given){.integers = {a, (uintptr_t)b, c}, .doubles = {radius, sigma, amount, threshold}};
    return &given;
}

const struct given *last_given(void)
{
    return &given;
}

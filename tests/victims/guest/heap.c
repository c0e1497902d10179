/* SPDX-License-Identifier: MIT
 * Owns: a program that allocates and releases at random, argv[1] times, and says its own sums on descriptor 3.
 * Must not know: the profiler. */
#include <stdlib.h>

#include "tests/victims/parts/sums.h"

#define SLOTS 200
static void *slots[SLOTS];

int main(int count, char **arguments)
{
    int rounds = count > 1 ? atoi(arguments[1]) : 200000;
    uint32_t state = 12345;
    sums_before_main();
    for (int i = 0; i < rounds; i++) {
        state = state * 1664525 + 1013904223;
        void **slot = &slots[(state >> 8) % SLOTS];
        size_t size = (state >> 16) % 100 == 0 ? 300000 : state % 2000;
        switch (*slot ? 3 + (state >> 20) % 3 : (state >> 20) % 6) {
        case 0: *slot = came(calloc(size, 1)); break;
        case 1: *slot = came(aligned_alloc(64, (size + 63) & ~(size_t)63)); break;
        case 2: *slot = came(posix_memalign(slot, 256, size) ? NULL : *slot); break;
        case 3:
            goes(*slot);
            free(*slot);
            *slot = NULL;
            break;
        case 4:
            goes(*slot);
            *slot = came(realloc(*slot, size + 1));
            break;
        default:
            goes(*slot);
            free(*slot);
            *slot = came(malloc(size));
        }
        if (i % 1000 == 0 && realloc(*slot, SIZE_MAX / 2))
            return 1; /* fails, and changes nothing */
    }
    sums_tell("process", &sums);
    return 5;
}

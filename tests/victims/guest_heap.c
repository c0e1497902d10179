/* SPDX-License-Identifier: MIT
 * Owns: a program that sums the usable sizes of all it allocates itself, and writes "live peak allocations releases"
 * to descriptor 3. Must not know: the profiler. */
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SLOTS 200
static void *slots[SLOTS];
static long long live, peak, allocations, releases;

static void *came(void *block)
{
    live += (long long)malloc_usable_size(block);
    allocations += block != NULL;
    peak = live > peak ? live : peak;
    return block;
}

static void goes(void *block)
{
    live -= (long long)malloc_usable_size(block);
    releases += block != NULL;
}

int main(void)
{
    uint32_t state = 12345;
    for (int i = 0; i < 200000; i++) {
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
    char text[100];
    int n = snprintf(text, sizeof text, "%lld %lld %lld %lld\n", live, peak, allocations, releases);
    return write(3, text, (size_t)n) == n ? 5 : 6;
}

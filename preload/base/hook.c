/* SPDX-License-Identifier: MIT
 * Owns: resolving the real libc functions, and the names of hooks. Must not know: what wrappers do. */
#include "preload/base/hook.h"

#include <stddef.h>

#include "preload/base/symbols.h"

struct real real;

/* All names in one piece, found by their distances: pointers would have to be relocated at each start of a program. */
static const struct names {
    char none[2];
#define LIBC(subject, returns, name, parameters, arguments, meaning) char name[sizeof #name];
#include "preload/libc.def"
#define CODEC(family, returns, name, parameters, arguments, role, handle, meaning, ...)      char name[sizeof #name];
#define CODEC_ROWS(family, returns, name, parameters, arguments, role, handle, meaning, ...) char name[sizeof #name];
#include "preload/codecs.def"
} names = {
    "?",
#define LIBC(subject, returns, name, parameters, arguments, meaning) #name,
#include "preload/libc.def"
#define CODEC(family, returns, name, parameters, arguments, role, handle, meaning, ...)      #name,
#define CODEC_ROWS(family, returns, name, parameters, arguments, role, handle, meaning, ...) #name,
#include "preload/codecs.def"
};
static const uint16_t distances[HOOK_end] = {
#define LIBC(subject, returns, name, parameters, arguments, meaning) [HOOK_##name] = offsetof(struct names, name),
#include "preload/libc.def"
#define CODEC(family, returns, name, parameters, arguments, role, handle, meaning, ...)                                \
    [HOOK_##name] = offsetof(struct names, name),
#define CODEC_ROWS(family, returns, name, parameters, arguments, role, handle, meaning, ...)                           \
    [HOOK_##name] = offsetof(struct names, name),
#include "preload/codecs.def"
};

const char *hook_name(unsigned hook)
{
    return hook < HOOK_end ? (const char *)&names + distances[hook] : names.none;
}

/* Two threads may do this at once: both store the same address. */
void real_find(unsigned hook)
{
    void *address = symbols_next(hook_name(hook));
    __atomic_store_n((void **)&real + (hook - 1), address, __ATOMIC_RELAXED);
}

void real_find_all(void)
{
    for (unsigned hook = 1; hook < HOOK_libc_end; hook++)
        if (!((void **)&real)[hook - 1])
            real_find(hook);
}

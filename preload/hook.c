/* SPDX-License-Identifier: MIT
 * Owns: resolving the real libc functions, and the names of hooks. Must not know: what wrappers do. */
#include "preload/hook.h"

#include "preload/symbols.h"

struct real real;

void real_resolve(void)
{
    /* Two threads may do this at once: both store the same addresses. */
#define LIBC(subject, returns, name, parameters, arguments, meaning)                                                   \
    if (!real.name)                                                                                                    \
        *(void **)&real.name = symbols_next(#name);
#include "preload/libc.def"
}

static const char *const names[HOOK_end] = {
#define LIBC(subject, returns, name, parameters, arguments, meaning) [HOOK_##name] = #name,
#include "preload/libc.def"
#define CODEC(family, returns, name, parameters, arguments, role, handle, meaning, ...)      [HOOK_##name] = #name,
#define CODEC_ROWS(family, returns, name, parameters, arguments, role, handle, meaning, ...) [HOOK_##name] = #name,
#include "preload/codecs.def"
};

const char *hook_name(unsigned hook)
{
    return hook < HOOK_end && names[hook] ? names[hook] : "?";
}

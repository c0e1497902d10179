/* SPDX-License-Identifier: MIT
 * Owns: which version a codec library is, as its own function says. That function only returns a constant; it is looked
 * up where a wrapper instance is made, in the object that defines the wrapped function (a bundled copy has any name),
 * and called when a structure is about to be read, after a call into the same library. Must not know: what a version
 * means. */
#include "preload/codecs/calls/versions.h"

#include "preload/codecs/calls/targets.h"
#include "preload/base/foreign.h"
#include "trace/trace.h"
#include "preload/base/symbols.h"

/* No pointers: they would have to be relocated at each start of a program. */
static const struct {
    uint8_t family;
    bool is_text; /* "1.2.3"; else the number as it is */
    char name[22];
} version_functions[] = {
    {trace_codec_AVIF, true, "avifVersion"},
    {trace_codec_JXL, false, "JxlEncoderVersion"},
};

void *codec_version_function(unsigned family, uintptr_t base, const void *dynamic)
{
    struct object object;
    for (unsigned i = 0; i < sizeof version_functions / sizeof *version_functions; i++)
        if (version_functions[i].family == family && dynamic && object_from_dynamic(base, dynamic, &object))
            return object_find(&object, version_functions[i].name);
    return NULL;
}

static unsigned number_of(const char *text)
{
    char copy[32];
    if (!foreign_text(text, copy, sizeof copy))
        return 0;
    unsigned parts[3] = {0}, part = 0;
    for (const char *c = copy; *c && part < 3; c++)
        if (*c >= '0' && *c <= '9')
            parts[part] = parts[part] < 1000 ? parts[part] * 10 + (unsigned)(*c - '0') : 999;
        else if (*c == '.')
            part++;
        else
            break;
    return parts[0] * CODEC_VERSION_MAJOR + parts[1] * CODEC_VERSION_MINOR + parts[2];
}

unsigned codec_version(unsigned row, unsigned instance)
{
    uintptr_t address = atomic_load(&codec_targets[row][instance].version_function);
    if (!address)
        return 0;
    for (unsigned i = 0; i < sizeof version_functions / sizeof *version_functions; i++)
        if (version_functions[i].family == codec_rows[row].family)
            return version_functions[i].is_text ? number_of(((const char *(*)(void))address)())
                                                : ((unsigned (*)(void))address)();
    return 0;
}

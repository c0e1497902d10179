/* SPDX-License-Identifier: MIT
 * Owns: what the named parameters of libheif's encoders mean (libheif 1.6 to 1.20: the plug-ins for x265, aom, rav1e,
 * SVT-AV1, Kvazaar share these names). No structure of libheif is read. Must not know: frames, packets' files. */
#include "preload/codecs/calls/sessions.h"
#include "preload/codecs/settings/reveal.h"

#include <stdlib.h>

#include "preload/base/foreign.h"
#include "preload/base/text.h"

static const struct {
    char name[14];
    uint8_t key;
} parameters[] = {
    {"quality", trace_setting_QUALITY},
    {"lossless", trace_setting_LOSSLESS},
    {"speed", trace_setting_EFFORT},
    {"preset", trace_setting_EFFORT},
    {"threads", trace_setting_THREADS},
    {"chroma", trace_setting_SUBSAMPLING},
    {"min-q", trace_setting_QUANTIZER_MIN},
    {"max-q", trace_setting_QUANTIZER_MAX},
    {"alpha-quality", trace_setting_ALPHA_QUALITY},
};
/* x265 takes its presets by these names or by their numbers from 0. */
static const char presets[][10] = {"ultrafast", "superfast", "veryfast", "faster",   "fast",
                                   "medium",    "slow",      "slower",   "veryslow", "placebo"};

/* The setting that a parameter is, or 0. */
static unsigned key_of(const char *name)
{
    char copy[16];
    if (foreign_text(name, copy, sizeof copy))
        for (unsigned i = 0; i < sizeof parameters / sizeof *parameters; i++)
            if (strcmp(copy, parameters[i].name) == 0)
                return parameters[i].key;
    return 0;
}

void reveal_heif_number(uint32_t session, const char *name, double value)
{
    unsigned key = key_of(name);
    if (key)
        reveal(session, (enum trace_setting)key, value);
}

void reveal_heif_text(uint32_t session, const char *name, const char *value)
{
    char copy[16];
    const char *end;
    unsigned key = key_of(name);
    if (!key || !foreign_text(value, copy, sizeof copy))
        return;
    long number = text_read_number(copy, &end);
    bool known = end != copy && !*end;
    if (key == trace_setting_LOSSLESS && !known) {
        number = strcmp(copy, "true") == 0;
        known = number || strcmp(copy, "false") == 0;
    }
    for (unsigned i = 0; key == trace_setting_EFFORT && !known && i < sizeof presets / sizeof *presets; i++)
        if (strncmp(copy, presets[i], sizeof *presets) == 0) {
            number = (long)i;
            known = true;
        }
    if (known)
        reveal(session, (enum trace_setting)key, (double)number);
}

void heif_handle_also(void *const *handle, const void *of)
{
    if (handle)
        codec_session_also(trace_codec_HEIF, *handle, of);
}

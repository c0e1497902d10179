/* SPDX-License-Identifier: MIT
 * Owns: a plug-in that is linked with a codec library of its own. Must not know: the profiler. */
#include "tests/victims/codecs/loading.h"

int plugin_number(void)
{
    int width = 0, height;
    return WebPGetInfo((const uint8_t *)"number", 6, &width, &height) * 100 + width;
}

#ifdef READS
const void *plugin_read(void)
{
    return ReadImage("info", "exception");
}
#endif

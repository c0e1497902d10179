/* SPDX-License-Identifier: MIT
 * Owns: the libFuzzer entry of the image header parsers. Input: a file's first bytes.
 * Must not know: formats. */
#include "analyzer/headers/image_header.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct image_facts facts;
    bool known = image_header_parse(data, bytes, &facts);
    bool in_range = facts.width >= -1 && facts.height >= -1 && facts.depth >= -1 && facts.frames >= -1 &&
                    facts.palette >= -1 && facts.orientation != 0 && facts.orientation <= 8 && facts.quantizer <= 255 &&
                    facts.alpha <= 1 && (isnan(facts.quality) || (facts.quality >= 1 && facts.quality <= 100));
    if (known != (facts.format != FORMAT_UNKNOWN) || !in_range)
        abort();
    return 0;
}

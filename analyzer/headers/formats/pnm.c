/* SPDX-License-Identifier: MIT
 * Owns: PNM: netpbm's pbm(5), pgm(5), ppm(5), pam(5). Must not know: pixels. */
#include "analyzer/headers/formats/parsers.h"

static bool pnm_is_space(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* Skips white space and comments; then a number that must end within the bytes: digits may go on behind them. */
static int64_t pnm_number(struct header_bytes in, size_t *at)
{
    while (header_has(in, *at, 1) && (pnm_is_space(in.data[*at]) || in.data[*at] == '#')) {
        if (in.data[*at] == '#')
            while (header_has(in, *at, 1) && in.data[*at] != '\n')
                ++*at;
        else
            ++*at;
    }
    int64_t value = 0;
    size_t first = *at;
    for (; header_has(in, *at, 1) && in.data[*at] >= '0' && in.data[*at] <= '9'; ++*at)
        value = value < INT32_MAX ? value * 10 + (in.data[*at] - '0') : INT32_MAX;
    return *at > first && header_has(in, *at, 1) && value <= INT32_MAX ? value : -1;
}

static int pnm_depth(int64_t maximum)
{
    int depth = 0;
    while (maximum > 0 && maximum >> depth)
        depth++;
    return maximum > 0 ? depth : -1;
}

static void pam_parse(struct header_bytes in, struct image_facts *facts)
{
    for (size_t at = 3; header_has(in, at, 1);) {
        size_t value_at = at + 6;
        if (HEADER_TEXT_AT(in, at, "ENDHDR\n")) {
            facts->alpha = facts->alpha == 1;
            return;
        }
        if (HEADER_TEXT_AT(in, at, "WIDTH "))
            facts->width = pnm_number(in, &value_at);
        else if (HEADER_TEXT_AT(in, at, "HEIGHT "))
            facts->height = pnm_number(in, &value_at);
        else if (HEADER_TEXT_AT(in, at, "DEPTH "))
            facts->channels = (int)pnm_number(in, &value_at);
        else if (HEADER_TEXT_AT(in, at, "MAXVAL "))
            facts->depth = pnm_depth(pnm_number(in, &value_at));
        bool tuple_type = HEADER_TEXT_AT(in, at, "TUPLTYPE ");
        for (; header_has(in, at, 1) && in.data[at] != '\n'; at++)
            if (tuple_type && HEADER_TEXT_AT(in, at, "_ALPHA"))
                facts->alpha = 1;
        at++;
    }
}

void header_pnm_parse(struct header_bytes in, struct image_facts *facts)
{
    unsigned kind = in.data[1] - '0';
    facts->lossless = 1;
    facts->frames = 1;
    facts->palette = facts->progressive = 0;
    facts->icc = facts->exif = facts->xmp = 0;
    facts->orientation = 1;
    if (kind == 7) {
        pam_parse(in, facts);
        return;
    }
    size_t at = 2;
    facts->alpha = 0;
    facts->channels = kind == 3 || kind == 6 ? 3 : 1;
    facts->width = pnm_number(in, &at);
    facts->height = facts->width < 0 ? -1 : pnm_number(in, &at);
    if (kind == 1 || kind == 4)
        facts->depth = 1;
    else if (facts->height >= 0)
        facts->depth = pnm_depth(pnm_number(in, &at));
}

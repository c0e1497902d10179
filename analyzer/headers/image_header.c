/* SPDX-License-Identifier: MIT
 * Owns: which format some bytes are of.
 * Must not know: what stands behind the magic numbers; that is each parser's. Magic numbers: T.81 B.1.1.3 (JPEG),
 * PNG 5.2, RFC 9649 section 2.4 (WebP), ISO/IEC 14496-12 section 4.3 and 23008-12 section 10 (brands), GIF89a 17,
 * TIFF 6.0 section 2, ISO/IEC 18181-2 (JPEG XL), netpbm's pnm(5) and pam(5), and the BITMAPFILEHEADER of Windows. SVG
 * has none: its parser looks for the root element. */
#include "analyzer/headers/image_header.h"

#include "analyzer/headers/formats/parsers.h"
#include "analyzer/headers/parsed_head.h"

static void (*const parsers[FORMAT_COUNT])(struct header_bytes in, struct image_facts *facts) = {
    [FORMAT_JPEG] = header_jpeg_parse,    [FORMAT_PNG] = header_png_parse,      [FORMAT_WEBP] = header_webp_parse,
    [FORMAT_AVIF] = header_isobmff_parse, [FORMAT_HEIC] = header_isobmff_parse, [FORMAT_GIF] = header_gif_parse,
    [FORMAT_TIFF] = header_tiff_parse,    [FORMAT_JXL] = header_jxl_parse,      [FORMAT_PNM] = header_pnm_parse,
    [FORMAT_BMP] = header_bmp_parse,      [FORMAT_SVG] = header_svg_parse,
};

/* The container is shared with MP4; only the brands tell. Any AVIF brand wins: AVIF files often lead with "mif1". */
static enum image_format brands_format(struct header_bytes in)
{
    static const char avif[][5] = {"avif", "avis", "avio"};
    static const char heic[][5] = {"heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "mif1", "msf1"};
    uint64_t box_bytes = header_be(in, 0, 4);
    struct header_bytes box = header_slice(in, 0, box_bytes == 0 ? in.count : box_bytes);
    enum image_format format = FORMAT_UNKNOWN;
    for (size_t at = 8; header_has(box, at, 4); at += at == 8 ? 8 : 4) {
        for (size_t i = 0; i < sizeof avif / sizeof avif[0]; i++)
            if (header_text_at(box, at, avif[i], 4))
                return FORMAT_AVIF;
        for (size_t i = 0; i < sizeof heic / sizeof heic[0]; i++)
            if (header_text_at(box, at, heic[i], 4))
                format = FORMAT_HEIC;
    }
    return format;
}

/* "BM" and "P5" alone are too common: the size of the next header, or the white space, must fit too. */
static bool looks_like_bmp(struct header_bytes in)
{
    uint64_t header = header_le(in, 14, 4);
    return HEADER_TEXT_AT(in, 0, "BM") && (header == 12 || header == 40 || header == 52 || header == 56 ||
                                           header == 64 || header == 108 || header == 124);
}

static bool looks_like_pnm(struct header_bytes in)
{
    if (!header_has(in, 0, 3) || in.data[0] != 'P' || in.data[1] < '1' || in.data[1] > '7')
        return false;
    if (in.data[1] == '7')
        return in.data[2] == '\n';
    return in.data[2] == ' ' || in.data[2] == '\n' || in.data[2] == '\t' || in.data[2] == '\r' || in.data[2] == '#';
}

static enum image_format find_format(struct header_bytes in)
{
    if (HEADER_TEXT_AT(in, 0, "\xff\xd8\xff"))
        return FORMAT_JPEG;
    if (HEADER_TEXT_AT(in, 0, "\x89PNG\r\n\x1a\n"))
        return FORMAT_PNG;
    if (HEADER_TEXT_AT(in, 0, "RIFF") && HEADER_TEXT_AT(in, 8, "WEBP"))
        return FORMAT_WEBP;
    if (HEADER_TEXT_AT(in, 4, "ftyp"))
        return brands_format(in);
    if (HEADER_TEXT_AT(in, 0, "GIF87a") || HEADER_TEXT_AT(in, 0, "GIF89a"))
        return FORMAT_GIF;
    if (HEADER_TEXT_AT(in, 0, "II\x2a\0") || HEADER_TEXT_AT(in, 0, "MM\0\x2a") || HEADER_TEXT_AT(in, 0, "II\x2b\0") ||
        HEADER_TEXT_AT(in, 0, "MM\0\x2b"))
        return FORMAT_TIFF;
    if (HEADER_TEXT_AT(in, 0, "\xff\x0a") || HEADER_TEXT_AT(in, 0, "\0\0\0\x0cJXL \r\n\x87\n"))
        return FORMAT_JXL;
    if (looks_like_pnm(in))
        return FORMAT_PNM;
    if (looks_like_bmp(in))
        return FORMAT_BMP;
    size_t root;
    return header_svg_root(in, &root) ? FORMAT_SVG : FORMAT_UNKNOWN;
}

bool header_parse(struct header_bytes in, struct image_facts *facts)
{
    *facts = image_facts_unknown;
    facts->format = find_format(in);
    if (facts->format == FORMAT_UNKNOWN)
        return false;
    parsers[facts->format](in, facts);
    if (facts->width <= 0) /* no format has empty images: such a header says nothing */
        facts->width = -1;
    if (facts->height <= 0)
        facts->height = -1;
    return true;
}

bool image_header_parse(const void *data, size_t bytes, struct image_facts *facts)
{
    if (data && parsed_head_is(data, bytes))
        return parsed_head_read(data, bytes, facts);
    return header_parse((struct header_bytes){data, data ? bytes : 0, NULL}, facts);
}

/* SPDX-License-Identifier: MIT
 * Owns: AVIF and HEIC: ISO/IEC 14496-12 section 4.2 (boxes), 8.3-8.7 (moov), 8.11 (meta,
 * pitm, iloc, iinf, iref, idat); ISO/IEC 23008-12 section 6.5 (ispe, pixi, colr, irot, imir, auxC) and 9.3 (iprp, ipco,
 * ipma); AV1-ISOBMFF 2.3 (av1C); ISO/IEC 14496-15 section 8.3.3 (hvcC). Must not know: coded pictures; header_av1.c
 * reads those. Only properties associated with the primary item, or with the first tile it is put together from, are
 * taken. */
#include "analyzer/headers/formats/parsers.h"
#include "analyzer/headers/formats/pieces.h"

bool header_box_next(struct header_bytes in, size_t *offset, struct header_box *box)
{
    if (!header_has(in, *offset, 8))
        return false;
    uint64_t box_bytes = header_be(in, *offset, 4), head_bytes = 8;
    box->type = (uint32_t)header_be(in, *offset + 4, 4);
    if (box_bytes == 1) {
        if (!header_has(in, *offset, 16))
            return false;
        box_bytes = header_be(in, *offset + 8, 8);
        head_bytes = 16;
    } else if (box_bytes == 0) { /* to the end of the file, wherever that is */
        box_bytes = UINT64_MAX;
    }
    if (box_bytes < head_bytes)
        return false;
    box->complete = box_bytes <= in.count - *offset;
    box->body = header_slice(in, *offset + (size_t)head_bytes, box_bytes - head_bytes);
    *offset = box->complete ? *offset + (size_t)box_bytes : in.count;
    return true;
}

static bool find_box(struct header_bytes in, size_t offset, uint32_t type, struct header_box *box)
{
    while (header_box_next(in, &offset, box))
        if (box->type == type)
            return true;
    *box = (struct header_box){0};
    return false;
}

enum { PROPERTIES_MAX = 64 };

struct item {
    uint32_t id;
    uint64_t properties; /* bit i: associated with property i + 1 */
};

struct meta {
    struct header_box box;
    struct item primary, coded; /* the coded item is the primary one, or the first of those it is derived from */
    bool associations_complete;
    bool size_only;    /* which property is whose is not at hand, but all sizes are the same */
    int angle, mirror; /* irot, imir; mirror -1 = none */
    bool alpha_property;
    struct header_bytes av1_config;
};

static void read_primary(struct meta *meta)
{
    struct header_box pitm;
    find_box(meta->box.body, 4, HEADER_BOX('p', 'i', 't', 'm'), &pitm);
    unsigned id_bytes = header_be(pitm.body, 0, 1) ? 4 : 2;
    meta->primary.id = meta->coded.id = (uint32_t)header_be(pitm.body, 4, id_bytes);
}

/* dimg leads to the tiles of a grid, auxl from alpha and depth planes to the image. */
static bool read_references(struct meta *meta, bool *auxiliary)
{
    struct header_box iref, reference;
    bool found = find_box(meta->box.body, 4, HEADER_BOX('i', 'r', 'e', 'f'), &iref);
    unsigned id_bytes = header_be(iref.body, 0, 1) ? 4 : 2;
    for (size_t at = 4; header_box_next(iref.body, &at, &reference);) {
        uint32_t from = (uint32_t)header_be(reference.body, 0, id_bytes);
        size_t count = (size_t)header_be(reference.body, id_bytes, 2);
        for (size_t i = 0; i < count && header_has(reference.body, id_bytes + 2 + i * id_bytes, id_bytes); i++) {
            uint32_t to = (uint32_t)header_be(reference.body, id_bytes + 2 + i * id_bytes, id_bytes);
            if (reference.type == HEADER_BOX('d', 'i', 'm', 'g') && from == meta->primary.id && i == 0)
                meta->coded.id = to;
            if (reference.type == HEADER_BOX('a', 'u', 'x', 'l') && to == meta->primary.id)
                *auxiliary = true;
        }
    }
    return found ? iref.complete : meta->box.complete;
}

/* Counts the coded images; notes the metadata items. */
static unsigned read_items(const struct meta *meta, struct image_facts *facts)
{
    struct header_box iinf, entry;
    bool found = find_box(meta->box.body, 4, HEADER_BOX('i', 'i', 'n', 'f'), &iinf);
    unsigned images = 0;
    for (size_t at = header_be(iinf.body, 0, 1) ? 8 : 6; header_box_next(iinf.body, &at, &entry);) {
        uint64_t version = header_be(entry.body, 0, 1);
        size_t type_at = version == 3 ? 10 : 8;
        if (version < 2)
            continue;
        uint32_t type = (uint32_t)header_be(entry.body, type_at, 4);
        if (type == HEADER_BOX('E', 'x', 'i', 'f'))
            facts->exif = 1;
        else if (type != HEADER_BOX('m', 'i', 'm', 'e'))
            images++;
        for (size_t i = type_at; type == HEADER_BOX('m', 'i', 'm', 'e') && i < entry.body.count; i++)
            if (HEADER_TEXT_AT(entry.body, i, "\0application/rdf+xml\0"))
                facts->xmp = 1;
    }
    if (found ? iinf.complete : meta->box.complete) {
        facts->exif = facts->exif == 1;
        facts->xmp = facts->xmp == 1;
    }
    return found && iinf.complete ? images : 0;
}

static void read_associations(struct meta *meta, struct header_box ipma)
{
    bool wide_ids = header_be(ipma.body, 0, 1) > 0, wide_indexes = header_be(ipma.body, 3, 1) & 1;
    unsigned id_bytes = wide_ids ? 4 : 2, index_bytes = wide_indexes ? 2 : 1;
    size_t at = 8;
    for (uint64_t entries = header_be(ipma.body, 4, 4); entries > 0 && header_has(ipma.body, at, id_bytes + 1);
         entries--) {
        uint32_t id = (uint32_t)header_be(ipma.body, at, id_bytes);
        unsigned count = ipma.body.data[at + id_bytes];
        at += id_bytes + 1;
        for (; count > 0 && header_has(ipma.body, at, index_bytes); count--, at += index_bytes) {
            uint64_t index = header_be(ipma.body, at, index_bytes) & (wide_indexes ? 0x7fff : 0x7f);
            if (index == 0 || index > PROPERTIES_MAX)
                continue;
            if (id == meta->primary.id)
                meta->primary.properties |= 1ull << (index - 1);
            if (id == meta->coded.id)
                meta->coded.properties |= 1ull << (index - 1);
        }
    }
    meta->associations_complete = ipma.complete;
}

static void read_image_property(struct header_box property, struct meta *meta, struct image_facts *facts)
{
    struct header_bytes body = property.body;
    switch (property.type) {
    case HEADER_BOX('i', 's', 'p', 'e'):
        if (header_has(body, 4, 8)) {
            facts->width = (int64_t)header_be(body, 4, 4);
            facts->height = (int64_t)header_be(body, 8, 4);
        }
        break;
    case HEADER_BOX('p', 'i', 'x', 'i'):
        if (header_has(body, 4, 2)) {
            facts->channels = body.data[4];
            facts->depth = body.data[5];
        }
        break;
    case HEADER_BOX('c', 'o', 'l', 'r'):
        if (HEADER_TEXT_AT(body, 0, "prof") || HEADER_TEXT_AT(body, 0, "rICC"))
            facts->icc = 1;
        break;
    case HEADER_BOX('i', 'r', 'o', 't'): meta->angle = (int)header_be(body, 0, 1) & 3; break;
    case HEADER_BOX('i', 'm', 'i', 'r'): meta->mirror = (int)header_be(body, 0, 1) & 1; break;
    default: break;
    }
}

static void read_codec_property(struct header_box property, struct meta *meta, struct image_facts *facts)
{
    static const int hevc[4] = {400, 420, 422, 444};
    struct header_bytes body = property.body;
    if (property.type == HEADER_BOX('a', 'v', '1', 'C') && header_has(body, 0, 4)) {
        unsigned flags = body.data[2];
        facts->depth = !(flags & 0x40) ? 8 : flags & 0x20 ? 12 : 10;
        facts->subsampling = flags & 0x10 ? 400 : !(flags & 0x08) ? 444 : flags & 0x04 ? 420 : 422;
        meta->av1_config = header_slice(body, 4, body.count);
    } else if (property.type == HEADER_BOX('h', 'v', 'c', 'C') && header_has(body, 0, 18)) {
        facts->depth = 8 + (body.data[17] & 7);
        facts->subsampling = hevc[body.data[16] & 3];
    }
}

static bool is_alpha(struct header_box property)
{
    return property.type == HEADER_BOX('a', 'u', 'x', 'C') &&
           (HEADER_TEXT_AT(property.body, 4, "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha") ||
            HEADER_TEXT_AT(property.body, 4, "urn:mpeg:hevc:2015:auxid:1"));
}

static void read_properties(struct meta *meta, unsigned images, bool auxiliary, struct image_facts *facts)
{
    struct header_box iprp, ipco, ipma, property;
    find_box(meta->box.body, 4, HEADER_BOX('i', 'p', 'r', 'p'), &iprp);
    find_box(iprp.body, 0, HEADER_BOX('i', 'p', 'c', 'o'), &ipco);
    if (find_box(iprp.body, 0, HEADER_BOX('i', 'p', 'm', 'a'), &ipma))
        read_associations(meta, ipma);
    else if (images == 1) /* nobody else can own them */
        meta->primary.properties = meta->coded.properties = UINT64_MAX;
    else
        meta->size_only = images == 2 && auxiliary; /* an alpha plane has the size of its image */
    size_t at = 0;
    for (unsigned i = 0; i < PROPERTIES_MAX && header_box_next(ipco.body, &at, &property); i++) {
        bool size = meta->size_only && property.type == HEADER_BOX('i', 's', 'p', 'e');
        if (size || (meta->primary.properties >> i & 1))
            read_image_property(property, meta, facts);
        if (meta->coded.properties >> i & 1)
            read_codec_property(property, meta, facts);
        meta->alpha_property = meta->alpha_property || is_alpha(property);
    }
    if (meta->associations_complete && ipco.complete) {
        /* Rotation (a quarter turn left each), then mirroring: none, top to bottom, left to right. */
        static const int orientation[4][3] = {{1, 4, 2}, {8, 5, 7}, {3, 2, 4}, {6, 7, 5}};
        facts->icc = facts->icc == 1;
        facts->orientation = orientation[meta->angle][meta->mirror + 1];
    }
}

/* The bytes of the coded item, as far as its first extent is at hand. */
static struct header_bytes item_data(struct header_bytes file, const struct meta *meta)
{
    struct header_box iloc, idat;
    find_box(meta->box.body, 4, HEADER_BOX('i', 'l', 'o', 'c'), &iloc);
    struct header_bytes body = iloc.body, nothing = {file.data, 0, NULL};
    uint64_t version = header_be(body, 0, 1), sizes = header_be(body, 4, 2);
    unsigned offset_bytes = sizes >> 12 & 15, length_bytes = sizes >> 8 & 15, base_bytes = sizes >> 4 & 15;
    unsigned index_bytes = version > 0 ? sizes & 15 : 0, id_bytes = version < 2 ? 2 : 4;
    if (version > 2 || offset_bytes > 8 || length_bytes > 8 || base_bytes > 8 || index_bytes > 8)
        return nothing;
    size_t at = 6 + id_bytes;
    for (uint64_t items = header_be(body, 6, id_bytes); items > 0 && header_has(body, at, id_bytes); items--) {
        uint32_t id = (uint32_t)header_be(body, at, id_bytes);
        at += id_bytes;
        uint64_t method = version > 0 ? header_be(body, at, 2) & 15 : 0;
        at += (version > 0 ? 2 : 0) + 2; /* construction_method, data_reference_index */
        uint64_t base = header_be(body, at, base_bytes);
        at += base_bytes;
        uint64_t extents = header_be(body, at, 2);
        at += 2;
        if (id == meta->coded.id) {
            at += index_bytes;
            if (!header_has(body, at, offset_bytes + length_bytes) || extents == 0 || method > 1)
                return nothing;
            uint64_t offset = base + header_be(body, at, offset_bytes);
            uint64_t length = header_be(body, at + offset_bytes, length_bytes);
            struct header_bytes source = file;
            if (method == 1) {
                find_box(meta->box.body, 4, HEADER_BOX('i', 'd', 'a', 't'), &idat);
                source = idat.body;
            }
            return offset > source.count ? nothing : header_slice(source, (size_t)offset, length ? length : UINT64_MAX);
        }
        at += (size_t)extents * (index_bytes + offset_bytes + length_bytes);
    }
    return nothing;
}

/* Frames of a sequence: samples of its first picture track (8.4.3 hdlr, 8.7.3 stsz); -1 where "moov" is not at hand. */
static int sequence_frames(struct header_bytes file)
{
    struct header_box moov, track, media, handler, info, table, sizes;
    if (!find_box(file, 0, HEADER_BOX('m', 'o', 'o', 'v'), &moov))
        return -1;
    for (size_t at = 0; header_box_next(moov.body, &at, &track);) {
        if (track.type != HEADER_BOX('t', 'r', 'a', 'k'))
            continue;
        find_box(track.body, 0, HEADER_BOX('m', 'd', 'i', 'a'), &media);
        find_box(media.body, 0, HEADER_BOX('h', 'd', 'l', 'r'), &handler);
        if (!HEADER_TEXT_AT(handler.body, 8, "pict"))
            continue;
        find_box(media.body, 0, HEADER_BOX('m', 'i', 'n', 'f'), &info);
        find_box(info.body, 0, HEADER_BOX('s', 't', 'b', 'l'), &table);
        find_box(table.body, 0, HEADER_BOX('s', 't', 's', 'z'), &sizes);
        uint64_t count = header_be(sizes.body, 8, 4);
        return header_has(sizes.body, 8, 4) && count && count <= INT32_MAX ? (int)count : -1;
    }
    return -1;
}

void header_isobmff_parse(struct header_bytes in, struct image_facts *facts)
{
    struct meta meta = {.mirror = -1};
    facts->palette = 0;
    facts->progressive = 0;
    bool sequence = HEADER_TEXT_AT(in, 8, "avis") || HEADER_TEXT_AT(in, 8, "msf1") || HEADER_TEXT_AT(in, 8, "hevc");
    facts->frames = sequence ? sequence_frames(in) : 1;
    if (!find_box(in, 0, HEADER_BOX('m', 'e', 't', 'a'), &meta.box))
        return;
    bool auxiliary = false;
    read_primary(&meta);
    bool references_complete = read_references(&meta, &auxiliary);
    read_properties(&meta, read_items(&meta, facts), auxiliary, facts);
    if (auxiliary && meta.alpha_property)
        facts->alpha = 1;
    else if (references_complete && (!auxiliary || meta.associations_complete))
        facts->alpha = 0;
    if (facts->subsampling > 0)
        facts->channels = facts->subsampling == 400 ? 1 : 3;
    if (facts->channels > 0 && facts->alpha == 1)
        facts->channels++;
    struct header_av1 av1;
    if (facts->format == FORMAT_AVIF && header_av1_read(meta.av1_config, item_data(in, &meta), &av1)) {
        facts->quantizer = av1.quantizer;
        facts->lossless = av1.lossless;
    }
}

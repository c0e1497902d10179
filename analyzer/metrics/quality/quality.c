/* SPDX-License-Identifier: MIT
 * Owns: which quality setting made an output, in words that are true of it, and the figures per setting.
 * Must not know: records, formatting of figures. Scales of different encoders are never merged. */
#include "analyzer/metrics/quality/quality.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/metrics/figures/figures.h"
#include "analyzer/metrics/images/chains.h"
#include "analyzer/metrics/statistics/ratio.h"

#define LABEL_BYTES SETTING_LABEL_BYTES
/* Above this error the tables are not the standard ones scaled: the fitted quality is only near. */
#define CUSTOM_TABLES_RMSE 1.0

/* The outputs of one chain that were made with one setting. */
struct part {
    const struct chain *chain;
    enum image_format format;
    const char *encoder, *scale; /* may be NULL */
    double quality;
    uint64_t bytes_out; /* UNKNOWN where one of the files is */
    char label[LABEL_BYTES];
};

static bool is_set(const struct image_settings *settings, enum setting_key key)
{
    return settings->known[key] && settings->value[key] == 1;
}

static void label_quality(struct part *part, const char *form, double quality)
{
    part->quality = quality;
    snprintf(part->label, sizeof part->label, form, quality);
}

static bool label_jpeg(struct part *part, const struct image_settings *settings, const struct image_facts *facts)
{
    bool fitted = !isnan(facts->quality);
    /* A setting that no encoder vouches for is weaker than the tables that are in the file. */
    if (settings->known[SETTING_QUALITY] && (settings->encoder || !fitted)) {
        bool custom = settings->quality_rmse > CUSTOM_TABLES_RMSE;
        label_quality(part, custom ? "custom tables, about q=%g" : "q=%g", settings->value[SETTING_QUALITY]);
        return true;
    }
    if (!fitted)
        return false;
    bool near = facts->quality_rmse > CUSTOM_TABLES_RMSE;
    label_quality(part, near ? "custom tables, about q=%g" : "q=%g", round(facts->quality));
    if (!part->scale)
        part->scale = "libjpeg"; /* the scale that the fit is made on */
    return true;
}

static bool label_palette(struct part *part, const struct image_settings *settings, const struct image_facts *facts)
{
    char range[LABEL_BYTES / 2] = "";
    if (settings->known[SETTING_QUALITY]) {
        part->quality = settings->value[SETTING_QUALITY];
        if (settings->known[SETTING_QUALITY_MIN])
            snprintf(range, sizeof range, "q=%g-%g", settings->value[SETTING_QUALITY_MIN], part->quality);
        else
            snprintf(range, sizeof range, "q=%g", part->quality);
    }
    /* Of libpng and zlib it is what the image has, which differs from one to the next. */
    bool counted = part->format == FORMAT_PNG && settings->encoder &&
                   (!strcmp(settings->encoder, "libpng") || !strcmp(settings->encoder, "zlib"));
    if (settings->known[SETTING_PALETTE_COLOURS] && !counted)
        snprintf(part->label, sizeof part->label, "%g colours%s%.24s", settings->value[SETTING_PALETTE_COLOURS],
                 *range ? " " : "", range);
    else if (*range)
        snprintf(part->label, sizeof part->label, "%s", range);
    else if (settings->known[SETTING_EFFORT])
        snprintf(part->label, sizeof part->label, "level %g", settings->value[SETTING_EFFORT]);
    else if (facts->palette > 0 && facts->format == FORMAT_PNG)
        snprintf(part->label, sizeof part->label, "palette");
    else if (facts->palette > 0 && facts->format == FORMAT_GIF) /* of the table: a power of two */
        snprintf(part->label, sizeof part->label, "%d colours", facts->palette);
    return *part->label;
}

static bool label_tiff(struct part *part, const struct image_settings *settings)
{
    static const struct {
        int number;
        const char *name;
    } schemes[] = {{1, "uncompressed"}, {3, "CCITT G3"},      {4, "CCITT G4"},    {5, "LZW"},           {7, "JPEG"},
                   {8, "deflate"},      {32773, "PackBits"},  {32946, "deflate"}, {34712, "JPEG 2000"}, {34887, "LERC"},
                   {34925, "LZMA"},     {50000, "Zstandard"}, {50001, "WebP"}};
    if (!settings->known[SETTING_COMPRESSION])
        return false;
    int used = snprintf(part->label, sizeof part->label, "scheme %g", settings->value[SETTING_COMPRESSION]);
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (settings->value[SETTING_COMPRESSION] == schemes[i].number)
            used = snprintf(part->label, sizeof part->label, "%s", schemes[i].name);
    size_t room = sizeof part->label - (size_t)used;
    if (settings->known[SETTING_QUALITY]) {
        part->quality = settings->value[SETTING_QUALITY];
        snprintf(part->label + used, room, " q=%g", part->quality);
    } else if (settings->known[SETTING_EFFORT]) {
        snprintf(part->label + used, room, " level %g", settings->value[SETTING_EFFORT]);
    }
    return true;
}

static bool label_quantizers(struct part *part, const struct image_settings *settings, const struct image_facts *facts)
{
    const char *who = settings->scale ? settings->scale : settings->encoder;
    char range[3][20] = {"", "", ""};
    if (settings->known[SETTING_QUANTIZER_MIN])
        snprintf(range[0], sizeof range[0], " min=%g", settings->value[SETTING_QUANTIZER_MIN]);
    if (settings->known[SETTING_QUANTIZER_MAX])
        snprintf(range[1], sizeof range[1], " max=%g", settings->value[SETTING_QUANTIZER_MAX]);
    /* The middle of the range is what libavif asks for when the program names no level of its own. */
    double level = settings->known[SETTING_QUANTIZER] ? settings->value[SETTING_QUANTIZER] : NAN;
    double middle = (settings->value[SETTING_QUANTIZER_MIN] + settings->value[SETTING_QUANTIZER_MAX]) / 2;
    if (!isnan(level) && (!*range[1] || level != floor(middle)))
        snprintf(range[2], sizeof range[2], " cq=%g", level);
    if (*range[0] || *range[1] || *range[2]) {
        snprintf(part->label, sizeof part->label, "%.16s%s%s%s", who ? who : "quantizer", range[0], range[1], range[2]);
        return true;
    }
    if (facts->quantizer < 0)
        return false;
    if (!part->scale)
        part->scale = "av1";
    snprintf(part->label, sizeof part->label, "base_q_idx=%d", facts->quantizer);
    return true;
}

/* The quantizers of a WebP depend on more than the quality asked for: only its neighbourhood is worth a row. */
static bool label_webp_bucket(struct part *part, const struct image_facts *facts)
{
    if (facts->webp_quality < 0)
        return false;
    if (!part->scale)
        part->scale = "webp";
    snprintf(part->label, sizeof part->label, "about q=%d-%d", facts->webp_quality,
             facts->webp_quality + WEBP_BUCKET - 1);
    return true;
}

static bool label_by_format(struct part *part, const struct image_settings *settings, const struct image_facts *facts)
{
    bool may_be_lossless = part->format != FORMAT_PNG && part->format != FORMAT_GIF && part->format != FORMAT_PNM &&
                           part->format != FORMAT_BMP && part->format != FORMAT_TIFF;
    if (is_set(settings, SETTING_LOSSLESS) || (may_be_lossless && facts->lossless == 1)) {
        snprintf(part->label, sizeof part->label, "lossless");
        return true;
    }
    switch (part->format) {
    case FORMAT_JPEG: return label_jpeg(part, settings, facts);
    case FORMAT_PNG:
    case FORMAT_GIF: return label_palette(part, settings, facts);
    case FORMAT_TIFF: return label_tiff(part, settings);
    default: break;
    }
    if (part->format == FORMAT_JXL && settings->known[SETTING_DISTANCE]) {
        /* Distances come as floats; more digits than they have would only be noise. */
        label_quality(part, "distance %.5g", settings->value[SETTING_DISTANCE]);
        return true;
    }
    if (settings->known[SETTING_QUALITY]) {
        label_quality(part, "q=%g", settings->value[SETTING_QUALITY]);
        return true;
    }
    if (part->format == FORMAT_AVIF || part->format == FORMAT_HEIC)
        return label_quantizers(part, settings, facts);
    return part->format == FORMAT_WEBP && label_webp_bucket(part, facts);
}

static void fill_part(const struct run *run, const struct chain *chain, const struct final_output *final,
                      struct part *part)
{
    const struct image_file *file = &run->files[final->file];
    const struct image_settings *settings = final->image->settings;
    *part = (struct part){
        .chain = chain,
        .format = file->facts.format,
        .encoder = settings->encoder,
        .scale = settings->scale,
        .quality = NAN,
        .bytes_out = file->bytes,
    };
    if (settings->copied)
        snprintf(part->label, sizeof part->label, "copied");
    else if (!label_by_format(part, settings, &file->facts))
        snprintf(part->label, sizeof part->label, "settings not seen");
}

void metrics_setting_label(const struct run *run, const struct image *image, char label[SETTING_LABEL_BYTES])
{
    *label = '\0';
    if (image->status != IMAGE_OK || !image->output_count)
        return;
    struct final_output output = {.file = image->outputs[0], .image = image};
    struct part part;
    fill_part(run, NULL, &output, &part);
    memcpy(label, part.label, sizeof part.label);
}

static int compare_names(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

struct quality_row *metrics_row_of(struct metrics *metrics, const struct quality_pair *pair)
{
    struct final_output output = {.file = pair->output, .image = &metrics->run->images[pair->image]};
    struct part part;
    fill_part(metrics->run, NULL, &output, &part);
    for (size_t i = 0; i < metrics->format_count; i++)
        for (size_t k = 0; metrics->formats[i].format == part.format && k < metrics->formats[i].quality_count; k++) {
            struct quality_row *row = &metrics->formats[i].qualities[k];
            if (!strcmp(row->label, part.label) && !compare_names(row->encoder, part.encoder) &&
                !compare_names(row->scale, part.scale))
                return row;
        }
    return NULL;
}

/* Everything that makes two parts one row. */
static int compare_keys(const struct part *a, const struct part *b)
{
    if (a->format != b->format)
        return a->format < b->format ? -1 : 1;
    int order = strcmp(a->label, b->label);
    if (!order)
        order = compare_names(a->encoder, b->encoder);
    return order ? order : compare_names(a->scale, b->scale);
}

static int compare_parts(const void *left, const void *right)
{
    const struct part *a = left, *b = right;
    int order = compare_keys(a, b);
    return order ? order : (a->chain > b->chain) - (a->chain < b->chain);
}

/* Parts of one key, those of one chain side by side. */
static bool fill_row(struct quality_row *row, const struct part *parts, size_t count)
{
    *row = (struct quality_row){
        .format = parts->format, .encoder = parts->encoder, .scale = parts->scale, .quality = parts->quality};
    row->label = strdup(parts->label);
    for (size_t i = 0; i < count;) {
        uint64_t bytes_in = parts[i].chain->bytes_in, bytes_out = 0;
        const struct chain *chain = parts[i].chain;
        for (; i < count && parts[i].chain == chain; i++)
            bytes_out =
                bytes_out == UNKNOWN || parts[i].bytes_out == UNKNOWN ? UNKNOWN : bytes_out + parts[i].bytes_out;
        row->n++;
        if (bytes_in == UNKNOWN || bytes_out == UNKNOWN)
            continue;
        row->sized++;
        row->bytes_in += bytes_in;
        row->bytes_out += bytes_out;
    }
    row->size_ratio = metrics_ratio((double)row->bytes_out, (double)row->bytes_in);
    return row->label != NULL;
}

static int compare_rows(const void *left, const void *right)
{
    const struct quality_row *a = left, *b = right;
    if (a->n != b->n)
        return a->n < b->n ? 1 : -1;
    int order = strcmp(a->label, b->label);
    if (!order)
        order = compare_names(a->encoder, b->encoder);
    return order ? order : compare_names(a->scale, b->scale);
}

/* Parts of one format. */
static bool fill_format(struct format_row *format, const struct part *parts, size_t count)
{
    size_t rows = count > 0;
    for (size_t i = 1; i < count; i++)
        rows += compare_keys(&parts[i - 1], &parts[i]) != 0;
    format->qualities = calloc(rows + 1, sizeof *format->qualities);
    if (!format->qualities)
        return false;
    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        while (end < count && !compare_keys(&parts[i], &parts[end]))
            end++;
        if (!fill_row(&format->qualities[format->quality_count++], &parts[i], end - i))
            return false;
        i = end;
    }
    qsort(format->qualities, format->quality_count, sizeof *format->qualities, compare_rows);
    return true;
}

bool metrics_qualities(struct metrics *metrics, const struct chain_set *set)
{
    size_t finals = 0, count = 0;
    for (size_t i = 0; i < set->count; i++)
        finals += set->chains[i].final_count;
    struct part *parts = calloc(finals + 1, sizeof *parts);
    if (!parts)
        return false;
    for (size_t i = 0; i < set->count; i++)
        for (size_t k = 0; k < set->chains[i].final_count; k++)
            fill_part(metrics->run, &set->chains[i], &set->chains[i].finals[k], &parts[count++]);
    qsort(parts, count, sizeof *parts, compare_parts);
    bool good = true;
    for (size_t i = 0; good && i < count;) {
        size_t end = i + 1;
        while (end < count && parts[end].format == parts[i].format)
            end++;
        for (size_t k = 0; k < metrics->format_count; k++)
            if (metrics->formats[k].format == parts[i].format)
                good = fill_format(&metrics->formats[k], &parts[i], end - i);
        i = end;
    }
    free(parts);
    return good;
}

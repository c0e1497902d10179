/* SPDX-License-Identifier: MIT
 * Owns: libvips (https://www.libvips.org): loading it, and what is asked of it.
 * Must not know: metrics, traces.
 *
 * It is not linked: a hundred libraries would be loaded at each start of a command that only records. */
#include "analyzer/quality/decode.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vips/vips.h>

#define LIBRARY "libvips.so.42"
#define STEPS   257 /* of a 16-bit value in one of 8 bits */
/* Of a profile whose colours are sRGB's: how far 16-bit values may be off, one and a half steps of 8 bits. */
#define SRGB_TOLERANCE (1.5 * STEPS)

/* As they are declared in its headers. */
#define FUNCTIONS(F)                                                                                                   \
    F(vips_init)                                                                                                       \
    F(vips_concurrency_set)                                                                                            \
    F(vips_cache_set_max)                                                                                              \
    F(vips_error_buffer)                                                                                               \
    F(vips_error_clear)                                                                                                \
    F(vips_image_new_from_file)                                                                                        \
    F(vips_image_new_from_memory)                                                                                      \
    F(vips_image_new_from_memory_copy)                                                                                 \
    F(vips_image_write_to_memory)                                                                                      \
    F(vips_image_copy_memory)                                                                                          \
    F(vips_image_get_n_pages)                                                                                          \
    F(vips_image_get_orientation)                                                                                      \
    F(vips_image_get_typeof)                                                                                           \
    F(vips_image_get_blob)                                                                                             \
    F(vips_image_set_blob_copy)                                                                                        \
    F(vips_image_get_string)                                                                                           \
    F(vips_image_get_int)                                                                                              \
    F(vips_image_hasalpha)                                                                                             \
    F(vips_autorot)                                                                                                    \
    F(vips_bandjoin2)                                                                                                  \
    F(vips_cast)                                                                                                       \
    F(vips_colourspace)                                                                                                \
    F(vips_copy)                                                                                                       \
    F(vips_extract_band)                                                                                               \
    F(vips_icc_transform)                                                                                              \
    F(vips_linear1)                                                                                                    \
    F(vips_pngsave)                                                                                                    \
    F(vips_premultiply)                                                                                                \
    F(vips_resize)                                                                                                     \
    F(vips_unpremultiply)                                                                                              \
    F(g_object_unref)                                                                                                  \
    F(g_log_set_default_handler)

static struct {
#define DECLARE(name) __typeof__(&name) name;
    FUNCTIONS(DECLARE)
#undef DECLARE
} vips;

static bool load(char *reason)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL), *address;
    if (!library) {
        snprintf(reason, DECODE_REASON_BYTES, "libvips is not installed (%s, of the package libvips42)", LIBRARY);
        return false;
    }
    const char *missing = NULL;
#define LOAD(name)                                                                                                     \
    address = dlsym(library, #name);                                                                                   \
    memcpy(&vips.name, &address, sizeof address);                                                                      \
    missing = address ? missing : #name;
    FUNCTIONS(LOAD)
#undef LOAD
    if (missing) {
        snprintf(reason, DECODE_REASON_BYTES, "%s has no function %s", LIBRARY, missing);
        dlclose(library);
    }
    return !missing;
}

/* Warnings of decoders are not the user's business: what counts comes as an error. */
static void say_nothing(const char *domain, GLogLevelFlags level, const char *message, void *context)
{
    (void)domain, (void)level, (void)message, (void)context;
}

bool decode_start(char reason[DECODE_REASON_BYTES])
{
    if (!load(reason))
        return false;
    if (vips.vips_init("imgbench") != 0) {
        snprintf(reason, DECODE_REASON_BYTES, "libvips cannot be started");
        return false;
    }
    vips.g_log_set_default_handler(say_nothing, NULL);
    vips.vips_concurrency_set(1); /* several pairs are scored side by side instead */
    vips.vips_cache_set_max(0);
    return true;
}

/* The first line of what libvips says, from behind the path, which says nothing to the reader of a report. */
static bool failed(const char *path, char *reason)
{
    const char *line = vips.vips_error_buffer(), *named = strstr(line, path);
    if (named)
        line = named + strlen(path) + strspn(named + strlen(path), "\": ");
    size_t bytes = strcspn(line, "\n");
    static const char unknown[] = "is not a known file format", pipeline[] = "not in a format that libvips reads";
    if (bytes == strlen(unknown) && !memcmp(line, unknown, bytes))
        snprintf(reason, DECODE_REASON_BYTES, "%s", pipeline);
    else
        snprintf(reason, DECODE_REASON_BYTES, "cannot be decoded (%.*s)", (int)(bytes < 150 ? bytes : 150), line);
    vips.vips_error_clear();
    return false;
}

/* Puts what an operation made in the place of what it was made from; not where it failed. */
static bool replace(VipsImage **image, int result, VipsImage **made)
{
    if (result != 0)
        return false;
    vips.g_object_unref(*image);
    *image = *made;
    *made = NULL;
    return true;
}

/* of: 65535 ÷ the highest value. */
static bool to_16_bits(VipsImage **image, double factor)
{
    VipsImage *made = NULL;
    return replace(image, vips.vips_linear1(*image, &made, factor, 0, NULL), &made) &&
           replace(image, vips.vips_cast(*image, &made, VIPS_FORMAT_USHORT, NULL), &made);
}

static bool transform(VipsImage **image)
{
    VipsImage *made = NULL;
    return replace(image,
                   vips.vips_icc_transform(*image, &made, "srgb", "embedded", TRUE, "depth", 16, "intent",
                                           VIPS_INTENT_RELATIVE, NULL),
                   &made);
}

/* What a pure gamma of 2.2 is in sRGB's code. */
static double from_gamma(double code)
{
    double linear = pow(code / 65535, 2.2);
    return 65535 * (linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1 / 2.4) - 0.055);
}

/* The colours of a coarse lattice tell: most profiles that files carry are sRGB's own, and going through it would only
 * add rounding to pictures that are equal. So does one of sRGB's colours and a pure gamma of 2.2: encoders make it of a
 * PNG's gAMA, which libvips passes over. */
static bool is_srgb(VipsImage *with_profile)
{
    enum { STEP_COUNT = 9, COLOURS = STEP_COUNT * STEP_COUNT * STEP_COUNT };
    uint16_t lattice[COLOURS][3], *turned;
    for (size_t i = 0; i < COLOURS; i++) {
        lattice[i][0] = (uint16_t)(i % STEP_COUNT * 65535 / (STEP_COUNT - 1));
        lattice[i][1] = (uint16_t)(i / STEP_COUNT % STEP_COUNT * 65535 / (STEP_COUNT - 1));
        lattice[i][2] = (uint16_t)(i / STEP_COUNT / STEP_COUNT * 65535 / (STEP_COUNT - 1));
    }
    VipsImage *colours =
        vips.vips_image_new_from_memory_copy(lattice, sizeof lattice, COLOURS, 1, 3, VIPS_FORMAT_USHORT);
    VipsImage *made = NULL;
    const void *profile;
    size_t profile_bytes, bytes;
    bool same =
        colours &&
        replace(&colours, vips.vips_copy(colours, &made, "interpretation", VIPS_INTERPRETATION_RGB16, NULL), &made) &&
        !vips.vips_image_get_blob(with_profile, VIPS_META_ICC_NAME, &profile, &profile_bytes);
    if (same) {
        vips.vips_image_set_blob_copy(colours, VIPS_META_ICC_NAME, profile, profile_bytes);
        same = transform(&colours);
    }
    turned = same ? vips.vips_image_write_to_memory(colours, &bytes) : NULL;
    same = turned && bytes == sizeof lattice;
    bool gamma = same;
    for (size_t i = 0; (same || gamma) && i < 3 * COLOURS; i++) {
        same = same && fabs((double)turned[i] - (double)lattice[i / 3][i % 3]) <= SRGB_TOLERANCE;
        gamma = gamma && fabs((double)turned[i] - from_gamma(lattice[i / 3][i % 3])) <= SRGB_TOLERANCE;
    }
    free(turned); /* glib's memory is malloc's */
    if (colours)
        vips.g_object_unref(colours);
    vips.vips_error_clear();
    return same || gamma;
}

/* Three bands of 16-bit sRGB, from whatever the colours are. A profile that cannot be used counts as none, as it does
 * for browsers. */
static bool to_srgb(VipsImage **image)
{
    VipsImage *made = NULL;
    bool rgb = (*image)->Bands == 3 &&
               ((*image)->Type == VIPS_INTERPRETATION_sRGB || (*image)->Type == VIPS_INTERPRETATION_RGB ||
                (*image)->Type == VIPS_INTERPRETATION_RGB16);
    if (vips.vips_image_get_typeof(*image, VIPS_META_ICC_NAME) && !(rgb && is_srgb(*image)) && transform(image))
        return true;
    vips.vips_error_clear();
    if ((*image)->Type == VIPS_INTERPRETATION_RGB || (*image)->Type == VIPS_INTERPRETATION_MULTIBAND)
        if (!replace(image,
                     vips.vips_copy(*image, &made, "interpretation",
                                    (*image)->Bands < 3 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB, NULL),
                     &made))
            return false;
    bool deep = (*image)->BandFmt != VIPS_FORMAT_UCHAR;
    VipsInterpretation wanted = deep ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB;
    return replace(image, vips.vips_colourspace(*image, &made, wanted, NULL), &made) &&
           (deep || to_16_bits(image, STEPS));
}

/* Alpha goes its own way: how far it reaches depends on the numbers' format. */
static bool split_alpha(VipsImage **image, VipsImage **alpha)
{
    VipsImage *made = NULL;
    if (!vips.vips_image_hasalpha(*image))
        return true;
    int colours = (*image)->Bands - 1;
    bool shorts = (*image)->BandFmt == VIPS_FORMAT_USHORT;
    return !vips.vips_extract_band(*image, alpha, colours, NULL) && (shorts || to_16_bits(alpha, STEPS)) &&
           replace(image, vips.vips_extract_band(*image, &made, 0, "n", colours, NULL), &made);
}

/* libheif's 10 and 12 bits lie at the top of 16: the highest has to be 65535. */
static double depth_factor(VipsImage *image)
{
    int bits = 0;
    if (image->BandFmt == VIPS_FORMAT_USHORT && vips.vips_image_get_typeof(image, "heif-bitdepth"))
        vips.vips_image_get_int(image, "heif-bitdepth", &bits);
    return bits > 8 && bits < 16 ? 65535. / (65536. - (1 << (16 - bits))) : 1;
}

static bool stretch(VipsImage **image)
{
    double factor = depth_factor(*image);
    return factor == 1 || to_16_bits(image, factor);
}

static bool resize(VipsImage **image, size_t width, size_t height, bool alpha)
{
    VipsImage *made = NULL;
    if ((size_t)(*image)->Xsize == width && (size_t)(*image)->Ysize == height)
        return true;
    double across = (double)width / (*image)->Xsize, down = (double)height / (*image)->Ysize;
    return (!alpha || replace(image, vips.vips_premultiply(*image, &made, "max-alpha", 65535., NULL), &made)) &&
           replace(image, vips.vips_resize(*image, &made, across, "vscale", down, NULL), &made) &&
           (!alpha || replace(image, vips.vips_unpremultiply(*image, &made, "max-alpha", 65535., NULL), &made)) &&
           replace(image, vips.vips_cast(*image, &made, VIPS_FORMAT_USHORT, NULL), &made) &&
           (size_t)(*image)->Xsize == width && (size_t)(*image)->Ysize == height;
}

static bool turns(VipsImage *image)
{
    return vips.vips_image_get_orientation(image) > 1;
}

static bool is_loaded_by(VipsImage *image, const char *loader)
{
    const char *name = "";
    if (vips.vips_image_get_typeof(image, VIPS_META_LOADER))
        vips.vips_image_get_string(image, VIPS_META_LOADER, &name);
    return !strncmp(name, loader, strlen(loader));
}

/* Only animations have frames: further pages of documents are pictures of their own. */
static unsigned frames_of(VipsImage *image)
{
    bool animated = is_loaded_by(image, "gifload") || is_loaded_by(image, "webpload");
    int pages = vips.vips_image_get_n_pages(image);
    return animated && pages > 1 ? (unsigned)pages : 1;
}

/* scale: of a drawing, which has no pixels until somebody asks for them. */
static VipsImage *open_frame(const struct picture *picture, unsigned frame, double scale)
{
    if (scale != 1)
        return vips.vips_image_new_from_file(picture->path, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                                             VIPS_FAIL_ON_ERROR, "scale", scale, NULL);
    if (frame)
        return vips.vips_image_new_from_file(picture->path, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                                             VIPS_FAIL_ON_ERROR, "page", (int)frame, NULL);
    return vips.vips_image_new_from_file(picture->path, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_ERROR,
                                         NULL);
}

bool decode_open(const char *path, struct picture *picture, char reason[DECODE_REASON_BYTES])
{
    *picture = (struct picture){.path = path};
    VipsImage *image = open_frame(picture, 0, 1);
    if (!image)
        return failed(path, reason);
    bool sideways = vips.vips_image_get_orientation(image) >= 5;
    picture->width = (size_t)(sideways ? image->Ysize : image->Xsize);
    picture->height = (size_t)(sideways ? image->Xsize : image->Ysize);
    picture->frames = frames_of(image);
    picture->alpha = vips.vips_image_hasalpha(image);
    picture->drawing = is_loaded_by(image, "svgload");
    picture->deep = image->BandFmt != VIPS_FORMAT_UCHAR;
    vips.g_object_unref(image);
    return true;
}

/* Turning needs the rows in another order than they come in. */
static bool turn(VipsImage **image)
{
    VipsImage *made = NULL;
    if (!turns(*image))
        return true;
    made = vips.vips_image_copy_memory(*image);
    return replace(image, made ? 0 : -1, &made) && replace(image, vips.vips_autorot(*image, &made, NULL), &made);
}

static bool prepare(VipsImage **image, size_t width, size_t height)
{
    VipsImage *alpha = NULL, *made = NULL;
    bool good = turn(image) && stretch(image) && split_alpha(image, &alpha) && to_srgb(image) &&
                (!alpha || replace(image, vips.vips_bandjoin2(*image, alpha, &made, NULL), &made)) &&
                resize(image, width, height, alpha != NULL);
    if (alpha)
        vips.g_object_unref(alpha);
    return good;
}

bool decode_frame(const struct picture *picture, unsigned frame, size_t width, size_t height, struct pixels *pixels,
                  char reason[DECODE_REASON_BYTES])
{
    size_t bytes = 0;
    *pixels = (struct pixels){0};
    double scale = picture->drawing ? (double)width / (double)picture->width : 1;
    VipsImage *image = open_frame(picture, frame, scale);
    if (!image)
        return failed(picture->path, reason);
    bool good = prepare(&image, width, height);
    unsigned bands = good ? (unsigned)image->Bands : 0;
    if (good)
        pixels->values = vips.vips_image_write_to_memory(image, &bytes); /* glib's memory is malloc's */
    vips.g_object_unref(image);
    pixels->width = width;
    pixels->height = height;
    pixels->bands = bands;
    if (pixels->values && (bands == 3 || bands == 4) && bytes == width * height * bands * sizeof *pixels->values)
        return true;
    pixels_release(pixels);
    return failed(picture->path, reason);
}

bool decode_to_png(const struct pixels *pixels, const char *path)
{
    size_t width = pixels->width, row_bytes = 3 * width;
    uint8_t *values = malloc(row_bytes * pixels->height);
    float *row = malloc(3 * width * sizeof *row);
    VipsImage *image = NULL;
    if (values && row) {
        for (size_t y = 0; y < pixels->height; y++) {
            pixels_row(pixels, y, 1, row, row + width, row + 2 * width);
            for (size_t x = 0; x < width; x++)
                for (size_t colour = 0; colour < 3; colour++)
                    values[y * row_bytes + 3 * x + colour] = (uint8_t)(row[colour * width + x] / STEPS + 0.5f);
        }
        image = vips.vips_image_new_from_memory(values, row_bytes * pixels->height, (int)width, (int)pixels->height, 3,
                                                VIPS_FORMAT_UCHAR);
    }
    bool good = image && !vips.vips_pngsave(image, path, "compression", 1, NULL);
    if (image)
        vips.g_object_unref(image);
    vips.vips_error_clear();
    free(values);
    free(row);
    return good;
}

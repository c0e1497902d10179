/* SPDX-License-Identifier: MIT
 * Owns: the quality behind JPEG quantization tables: ITU-T T.81 section K.1 gives tables, the Independent JPEG Group's
 * library the scale 1..100 that is put on them and on those of other authors. The figures are published ones; each
 * family names its source. Their numbers are those of mozjpeg's option -quant-table.
 * Must not know: files, markers, the order values are stored in. */
#include "analyzer/headers/facts/jpeg_quality.h"

#include <math.h>

struct family {
    uint16_t luma[64];
    uint16_t chroma[64]; /* all 0: the same as luma */
};

/* clang-format off */
static const struct family families[] = {
    /* 0: ITU-T T.81 (1992), tables K.1 and K.2 */
    {{
         16,  11,  10,  16,  24,  40,  51,  61,
         12,  12,  14,  19,  26,  58,  60,  55,
         14,  13,  16,  24,  40,  57,  69,  56,
         14,  17,  22,  29,  51,  87,  80,  62,
         18,  22,  37,  56,  68, 109, 103,  77,
         24,  35,  55,  64,  81, 104, 113,  92,
         49,  64,  78,  87, 103, 121, 120, 101,
         72,  92,  95,  98, 112, 100, 103,  99,
    }, {
         17,  18,  24,  47,  99,  99,  99,  99,
         18,  21,  26,  66,  99,  99,  99,  99,
         24,  26,  56,  99,  99,  99,  99,  99,
         47,  66,  99,  99,  99,  99,  99,  99,
         99,  99,  99,  99,  99,  99,  99,  99,
         99,  99,  99,  99,  99,  99,  99,  99,
         99,  99,  99,  99,  99,  99,  99,  99,
         99,  99,  99,  99,  99,  99,  99,  99,
    }},
    /* 1: flat (mozjpeg) */
    {{
         16,  16,  16,  16,  16,  16,  16,  16,
         16,  16,  16,  16,  16,  16,  16,  16,
         16,  16,  16,  16,  16,  16,  16,  16,
         16,  16,  16,  16,  16,  16,  16,  16,
         16,  16,  16,  16,  16,  16,  16,  16,
         16,  16,  16,  16,  16,  16,  16,  16,
         16,  16,  16,  16,  16,  16,  16,  16,
         16,  16,  16,  16,  16,  16,  16,  16,
    }, {0}},
    /* 2: tuned for MS-SSIM (mozjpeg) */
    {{
         12,  17,  20,  21,  30,  34,  56,  63,
         18,  20,  20,  26,  28,  51,  61,  55,
         19,  20,  21,  26,  33,  58,  69,  55,
         26,  26,  26,  30,  46,  87,  86,  66,
         31,  33,  36,  40,  46,  96, 100,  73,
         40,  35,  46,  62,  81, 100, 111,  91,
         46,  66,  76,  86, 102, 121, 120, 101,
         68,  90,  90,  96, 113, 102, 105, 103,
    }, {
          8,  12,  15,  15,  86,  96,  96,  98,
         13,  13,  15,  26,  90,  96,  99,  98,
         12,  15,  18,  96,  99,  99,  99,  99,
         17,  16,  90,  96,  99,  99,  99,  99,
         96,  96,  99,  99,  99,  99,  99,  99,
         99,  99,  99,  99,  99,  99,  99,  99,
         99,  99,  99,  99,  99,  99,  99,  99,
         99,  99,  99,  99,  99,  99,  99,  99,
    }},
    /* 3: N. Robidoux, in ImageMagick's quantization-table.xml */
    {{
         16,  16,  16,  18,  25,  37,  56,  85,
         16,  17,  20,  27,  34,  40,  53,  75,
         16,  20,  24,  31,  43,  62,  91, 135,
         18,  27,  31,  40,  53,  74, 106, 156,
         25,  34,  43,  53,  69,  94, 131, 189,
         37,  40,  62,  74,  94, 124, 169, 238,
         56,  53,  91, 106, 131, 169, 226, 311,
         85,  75, 135, 156, 189, 238, 311, 418,
    }, {0}},
    /* 4: tuned for PSNR-HVS-M (mozjpeg) */
    {{
          9,  10,  12,  14,  27,  32,  51,  62,
         11,  12,  14,  19,  27,  44,  59,  73,
         12,  14,  18,  25,  42,  59,  79,  78,
         17,  18,  25,  42,  61,  92,  87,  92,
         23,  28,  42,  75,  79, 112, 112,  99,
         40,  42,  59,  84,  88, 124, 132, 111,
         42,  64,  78,  95, 105, 126, 125,  99,
         70,  75, 100, 102, 116, 100, 107,  98,
    }, {
          9,  10,  17,  19,  62,  89,  91,  97,
         12,  13,  18,  29,  84,  91,  88,  98,
         14,  19,  29,  93,  95,  95,  98,  97,
         20,  26,  84,  88,  95,  95,  98,  94,
         26,  86,  91,  93,  97,  99,  98,  99,
         99, 100,  98,  99,  99,  99,  99,  99,
         99,  99,  99,  99,  99,  99,  99,  99,
         97,  97,  99,  99,  99,  99,  97,  99,
    }},
    /* 5: S. A. Klein, A. D. Silverstein, T. Carney: Relevance of human vision to JPEG-DCT compression (1992) */
    {{
         10,  12,  14,  19,  26,  38,  57,  86,
         12,  18,  21,  28,  35,  41,  54,  76,
         14,  21,  25,  32,  44,  63,  92, 136,
         19,  28,  32,  41,  54,  75, 107, 157,
         26,  35,  44,  54,  70,  95, 132, 190,
         38,  41,  63,  75,  95, 125, 170, 239,
         57,  54,  92, 107, 132, 170, 227, 312,
         86,  76, 136, 157, 190, 239, 312, 419,
    }, {0}},
    /* 6: A. Watson, M. Taylor, R. Borthwick: DCTune perceptual optimization of compressed dental X-rays (1997) */
    {{
          7,   8,  10,  14,  23,  44,  95, 241,
          8,   8,  11,  15,  25,  47, 102, 255,
         10,  11,  13,  19,  31,  58, 127, 255,
         14,  15,  19,  27,  44,  83, 181, 255,
         23,  25,  31,  44,  72, 136, 255, 255,
         44,  47,  58,  83, 136, 255, 255, 255,
         95, 102, 127, 181, 255, 255, 255, 255,
        241, 255, 255, 255, 255, 255, 255, 255,
    }, {0}},
    /* 7: A. Ahumada, A. Watson, H. Peterson: A visual detection model for DCT coefficient quantization (1993) */
    {{
         15,  11,  11,  12,  15,  19,  25,  32,
         11,  13,  10,  10,  12,  15,  19,  24,
         11,  10,  14,  14,  16,  18,  22,  27,
         12,  10,  14,  18,  21,  24,  28,  33,
         15,  12,  16,  21,  26,  31,  36,  42,
         19,  15,  18,  24,  31,  38,  45,  53,
         25,  19,  22,  28,  36,  45,  55,  65,
         32,  24,  27,  33,  42,  53,  65,  77,
    }, {0}},
    /* 8: H. Peterson, A. Ahumada, A. Watson: An improved detection model for DCT coefficient quantization (1993) */
    {{
         14,  10,  11,  14,  19,  25,  34,  45,
         10,  11,  11,  12,  15,  20,  26,  33,
         11,  11,  15,  18,  21,  25,  31,  38,
         14,  12,  18,  24,  28,  33,  39,  47,
         19,  15,  21,  28,  36,  43,  51,  59,
         25,  20,  25,  33,  43,  54,  64,  74,
         34,  26,  31,  39,  51,  64,  77,  91,
         45,  33,  38,  47,  59,  74,  91, 108,
    }, {0}},
};
/* clang-format on */

/* Gives up once the error is no longer below `limit`. */
static double squared_error(const uint16_t *given, const uint16_t *basis, int quality, bool precise16, double limit)
{
    int scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
    double sum = 0;
    for (int i = 0; i < 64 && sum < limit; i++) {
        int value = (basis[i] * scale + 50) / 100;
        if (value < 1)
            value = 1;
        if (value > 255 && !precise16)
            value = 255;
        double difference = given[i] - value;
        sum += difference * difference;
    }
    return sum;
}

double jpeg_quality(const uint16_t *first, const uint16_t *second, bool precise16, double *rmse)
{
    double least = INFINITY;
    int best = 0;
    *rmse = NAN;
    if (!first)
        return NAN;
    for (int i = 0; i < 64; i++) /* tables as an encoder has them do not say how they will be written */
        precise16 = precise16 || first[i] > 255 || (second && second[i] > 255);
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        const uint16_t *chroma = families[i].chroma[0] ? families[i].chroma : families[i].luma;
        for (int quality = 1; quality <= 100; quality++) {
            double error = squared_error(first, families[i].luma, quality, precise16, least);
            if (second)
                error += squared_error(second, chroma, quality, precise16, least - error);
            if (error < least) {
                least = error;
                best = quality;
            }
        }
    }
    *rmse = sqrt(least / (second ? 128 : 64));
    return best;
}

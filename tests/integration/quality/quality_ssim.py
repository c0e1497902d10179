# SPDX-License-Identifier: MIT
# Owns: SSIM and MS-SSIM a second time, straight from their definitions: prints both for two image files.
import math, sys
from PIL import Image

C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
EXPONENTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
taps = [math.exp(-k * k / (2 * 1.5 * 1.5)) for k in range(-5, 6)]
taps = [tap / sum(taps) for tap in taps]


def luma(path):
    image = Image.open(path).convert("RGB")
    width = image.width
    values = [0.299 * r + 0.587 * g + 0.114 * b for r, g, b in image.getdata()]
    return [values[i : i + width] for i in range(0, len(values), width)]


def blur(rows):
    across = [[sum(t * row[x + k] for k, t in enumerate(taps)) for x in range(len(row) - 10)] for row in rows]
    return [[sum(t * across[y + k][x] for k, t in enumerate(taps)) for x in range(len(across[0]))]
            for y in range(len(across) - 10)]


def product(a, b):
    return [[p * q for p, q in zip(x, y)] for x, y in zip(a, b)]


def similarity(a, b):
    means = [blur(a), blur(b), blur(product(a, a)), blur(product(b, b)), blur(product(a, b))]
    whole = contrast = count = 0
    for rows in zip(*means):
        for m1, m2, s11, s22, s12 in zip(*rows):
            structure = (2 * (s12 - m1 * m2) + C2) / (s11 - m1 * m1 + s22 - m2 * m2 + C2)
            contrast += structure
            whole += structure * (2 * m1 * m2 + C1) / (m1 * m1 + m2 * m2 + C1)
            count += 1
    return whole / count, contrast / count


def halve(rows):
    return [[(rows[2 * y][2 * x] + rows[2 * y][2 * x + 1] + rows[2 * y + 1][2 * x] + rows[2 * y + 1][2 * x + 1]) / 4
             for x in range(len(rows[0]) // 2)] for y in range(len(rows) // 2)]


a, b = luma(sys.argv[1]), luma(sys.argv[2])
multiscale = 1
for scale in range(5):
    whole, contrast = similarity(a, b)
    if scale == 0:
        single = whole
    multiscale *= max(whole if scale == 4 else contrast, 0) ** EXPONENTS[scale]
    a, b = halve(a), halve(b)
print(f"{single:.8f} {multiscale:.8f}")

#!/bin/sh
# SPDX-License-Identifier: MIT
# Owns: the reference and distorted images behind ssimulacra2-scores.tsv. Makes images only; holds no scoring code.
# Usage: sh ssimulacra2-make.sh WORKDIR
# Needs (Debian 12): libjxl-testdata, mate-backgrounds, imagemagick-6.q16,
# libjpeg-turbo-progs, webp, libavif-bin.
# Outputs, all 8-bit truecolour PNG with no ancillary chunks (so: plain sRGB):
#   WORKDIR/ref/NAME.png            3 reference images
#   WORKDIR/dist/NAME/KIND.png      12 distorted versions of each
# Encoded files and other intermediates are left in WORKDIR/tmp.
set -eu
[ $# -eq 1 ] || { echo "usage: sh ssimulacra2-make.sh WORKDIR" >&2; exit 2; }
mkdir -p "$1"
cd "$1"
mkdir -p ref dist tmp

export LC_ALL=C OMP_NUM_THREADS=1 MAGICK_THREAD_LIMIT=1

IM=convert-im6.q16
TD=/usr/share/libjxl-testdata
BG=/usr/share/backgrounds/mate

# png IN OUT [operators...]: 8-bit RGB PNG, no ancillary chunks (no iCCP/gAMA/cHRM/sRGB)
png() {
  _in=$1; _out=$2; shift 2
  $IM "$_in" "$@" -strip -depth 8 -define png:exclude-chunks=all "PNG24:$_out"
}

# ---- references -----------------------------------------------------------
# Embedded ICC profiles are dropped without conversion: values are taken as sRGB.
# photo, fine detail, odd dimensions
png "$TD/jxl/flower/flower.png" ref/flower.png -crop 1021x769+620+380 +repage
# photo, dark rock against bright sky, native size
png "$TD/external/wesaturate/500px/cvo9xd_keong_macan_srgb8.png" ref/macan.png
# photo, saturated red and orange with soft background, downscaled
png "$BG/nature/Garden.jpg" ref/garden.png -filter Lanczos -resize '1200x750!'
# ---- distortions ----------------------------------------------------------
for n in flower macan garden; do
  r=ref/$n.png
  d=dist/$n
  t=tmp/$n
  mkdir -p "$d" "$t"

  $IM "$r" -depth 8 "ppm:$t/ref.ppm"
  for q in 30 60 85 98; do
    cjpeg -quality $q -outfile "$t/jpeg_q$q.jpg" "$t/ref.ppm"
    djpeg -ppm -outfile "$t/jpeg_q$q.ppm" "$t/jpeg_q$q.jpg"
    png "$t/jpeg_q$q.ppm" "$d/jpeg_q$q.png"
  done

  for q in 40 80; do
    cwebp -quiet -q $q "$r" -o "$t/webp_q$q.webp"
    dwebp -quiet "$t/webp_q$q.webp" -o "$t/webp_q$q.png"
    png "$t/webp_q$q.png" "$d/webp_q$q.png"
  done

  for q in 25 50; do
    avifenc -j 1 -c aom -d 8 -s 8 --min $q --max $q "$r" "$t/avif_q$q.avif" >/dev/null
    avifdec -j 1 -c dav1d -d 8 "$t/avif_q$q.avif" "$t/avif_q$q.png" >/dev/null
    png "$t/avif_q$q.png" "$d/avif_q$q.png"
  done

  png "$r" "$d/blur.png" -gaussian-blur 0x1.5
  # +8 in 8-bit steps (8*257 of 65535), clamped at white
  png "$r" "$d/bright8.png" -evaluate Add 2056
  png "$r" "$d/pal8.png" +dither -colors 8
  cp "$r" "$d/identical.png"
done

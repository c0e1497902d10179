#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the journey of asking for help in public: the trace of private images is handed on with its figures and without its
# names.
source tests/journeys/environment.bash

mkdir -p customers/acme-contract
/usr/bin/python3 - <<'PYTHON'
from PIL import Image
exif = Image.Exif()
exif[0x010e] = "face of Jane Roe"            # ImageDescription
exif.get_ifd(0x8825)[1] = "N"                # GPS: latitude, north
image = Image.open("/usr/share/libjxl-testdata/jxl/flower/flower_cropped.jpg")
image.save("customers/acme-contract/jane-roe.jpg", exif=exif, comment=b"taken in Springfield")
PYTHON
ends_with 0 imgbench run --out private -- sh -c 'imgbench mark acme-deadline; cwebp -quiet -q 80 -metadata all customers/acme-contract/jane-roe.jpg -o customers/acme-contract/jane-roe.webp'
ends_with 0 imgbench anonymize private public
for secret in jane-roe acme "Jane Roe" Springfield customers deadline; do
    grep -raq -- "$secret" private || fail "the test plants nothing: $secret"
    ! grep -raq -- "$secret" public || fail "still there: $secret in $(grep -ral -- "$secret" public)"
done

# Whoever gets it sees the same figures.
ends_with 0 imgbench verify public
imgbench report --json=private.json private >/dev/null
imgbench report --json=public.json public >/dev/null
for expression in 'd["totals"]' 'd["stages"]["encode"]' 'd["duration_s"]' 'd["memory"]["peak_rss_bytes"]' \
    '[(f["format"], f["bytes"], f["width"], f["metadata"]) for f in d["files"]]' 'd["images"][0]["settings"]' 'd["mark_totals"]'; do
    [[ $(figure private.json "$expression") == "$(figure public.json "$expression")" ]] ||
        fail "$expression: $(figure private.json "$expression") and $(figure public.json "$expression")"
done
imgbench compare private public >comparison.txt
grep -q '^Images: 1 is on both sides, 0 only old, 0 only new' comparison.txt || fail "$(<comparison.txt)"

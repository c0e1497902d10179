#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: what the report says of work that it cannot see: codec libraries without a hook, and io_uring.
source tests/integration/environment.bash

unseen() { # trace: the codecs' files, whether io_uring was used, and the row of the text
    "$imgbench" report --json --no-images "$1" | python3 -c '
import json, sys
coverage = json.load(sys.stdin)["coverage"]
print(" ".join(name.split(".so")[0] for name in coverage["unhooked_codecs"]) or "-", coverage["io_uring"])'
    "$imgbench" report "$1" | grep -c '^- Codecs Not Wrapped: .* (their time counts' || true
}
is() { # what trace expected
    [[ $(unseen "$2") == "$3" ]] || fail "$1: $(unseen "$2"), expected $3"
}

photo=/usr/share/libjxl-testdata/jxl/flower/flower.png.im_q85_420.jpg
cat >"$work/drawing.svg" <<'SVG'
<svg xmlns="http://www.w3.org/2000/svg" width="640" height="480"><circle cx="320" cy="240" r="200" fill="teal"/></svg>
SVG
traced "$work/svg" vips copy "$work/drawing.svg" "$work/drawing.png"
is "SVG by libvips" "$work/svg" $'librsvg-2 False\n1'
traced "$work/jpeg" vips copy "$photo" "$work/photo.png" # linked with librsvg, too
is "JPEG by libvips" "$work/jpeg" $'- False\n0'

# Whoever makes a ring through libc's syscall(), as libuv does, is seen; the kernel may refuse to make one.
cat >"$work/ring.py" <<'PYTHON'
import ctypes, sys
from PIL import Image

libc = ctypes.CDLL(None, use_errno=True)
print(libc.syscall(425, 4, ctypes.create_string_buffer(120)) >= 0)  # io_uring_setup
Image.open(sys.argv[1]).save(sys.argv[2])
PYTHON
made=$(traced "$work/ring" /usr/bin/python3 "$work/ring.py" "$photo" "$work/photo.webp")
is "io_uring by Pillow" "$work/ring" "- $made"$'\n0'
traced "$work/plain" /usr/bin/python3 -c "from PIL import Image; import sys; Image.open(sys.argv[1]).save(sys.argv[2])" \
    "$photo" "$work/photo.webp"
is "Pillow" "$work/plain" $'- False\n0'

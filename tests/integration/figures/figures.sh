#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: figures of memory and workers against programs that do a known thing: what the peak is made of, what one more
# image costs, how long the last one was alone. Two runs differ in one known way; so must their figures.
# Alone: it compares times and memory of runs that differ in one way.
source tests/integration/environment.bash

cat >"$work/known.py" <<'PYTHON'
import ctypes, mmap, sys, threading, time
from PIL import Image

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
job, photo, out, *numbers = sys.argv[1:]


def encode(name, seconds):  # image after image, for so long
    end, i = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        Image.open(photo).resize((800, 600)).save(f"{out}/{name}.{i}.webp", method=2)
        i += 1


def block(mb):
    address = libc.malloc(mb * 1000000)
    ctypes.memset(address, 1, mb * 1000000)


if job == "hold":  # MB of: live blocks, a mapped file, blocks most of which are released
    live, mapped, released = map(int, numbers)
    if live:
        block(live)
    if mapped:
        with open(f"{out}/file", "wb") as file:
            file.write(bytes(mapped * 1000000))
        with open(f"{out}/file", "rb") as file:
            view = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        sum(view[i] for i in range(0, len(view), 4096))
    small = [libc.malloc(5000) for _ in range(released * 200)]
    for address in small:
        ctypes.memset(address, 1, 5000)
    for i, address in enumerate(small):  # every twentieth stays: what is free between them is too short for others
        if i % 20:
            libc.free(ctypes.c_void_p(address))
    block(20)  # the peak comes after the release
    encode("hold", 0.4)
elif job == "work":  # MB that a worker holds
    block(int(numbers[0]))
    encode(numbers[1], 2)
elif job == "tail":  # seconds by which the second lane's image outlasts the first one's
    ends = {}

    def lane(name, seconds):
        image = Image.open(f"{out}/{name}.source.jpg")  # of its own: one file read by both at once is one image
        image.load()
        time.sleep(seconds)
        image.save(f"{out}/{name}.jpg")
        ends[name] = time.monotonic()

    lanes = [threading.Thread(target=lane, args=(name, 0.2 + float(numbers[0]) * i)) for i, name in enumerate("ab")]
    for thread in lanes:
        thread.start()
    for thread in lanes:
        thread.join()
    print(ends["b"] - ends["a"])
PYTHON
photo=/usr/share/libjxl-testdata/jxl/flower/flower.png.im_q85_420.jpg
mkdir "$work/out"
known() { # trace command…
    traced "$work/$1" /usr/bin/python3 "$work/known.py" "$2" "$photo" "$work/out" "${@:3}"
}
json() { "$imgbench" report --json --no-images "$work/$1" >"$work/$1.json"; }

for run in "none 0 0 0" "live 50 0 0" "mapped 0 40 0" "released 0 0 100"; do
    # shellcheck disable=SC2086
    set -- $run
    known "$1" hold "$2" "$3" "$4"
    json "$1"
done
for held in 40 104; do
    for at_once in 1 2 3; do
        seq $at_once | LD_PRELOAD=$library IMGBENCH_DIR=$work/workers.$held xargs -P3 -I{} \
            /usr/bin/python3 "$work/known.py" work "$photo" "$work/out" $held $at_once.{}
        if ((at_once == 2)); then cp -r "$work/workers.$held" "$work/two.$held"; fi
    done
    json "workers.$held"
    json "two.$held"
done
cp "$photo" "$work/out/a.source.jpg"
cp "$photo" "$work/out/b.source.jpg"
known tail tail 0.7 >"$work/tail.said"
json tail
python3 - "$work" <<'PYTHON'
import json, sys

def report(name):
    with open(f"{sys.argv[1]}/{name}.json", encoding="utf-8") as file:
        return json.load(file)


def near(what, found, expected, share):
    assert found is not None and abs(found - expected) <= share * expected, f"{what}: {found}, expected {expected}"


base = report("none")["memory"]["composition"]
for name, key, expected, share in (("live", "heap_bytes", 50e6, 0.06), ("mapped", "file_bytes", 40e6, 0.06),
                                   ("released", "retained_bytes", 95e6, 0.15)):  # the codec uses some of it again
    found = report(name)["memory"]["composition"]
    near(name, found[key] - base[key], expected, share)
    for other in {"heap_bytes", "file_bytes", "retained_bytes"} - {key}:  # and little else: lists of addresses, what stays
        assert abs(found[other] - base[other]) < 15e6, (name, other, found, base)
    parts = sum(found[part] for part in ("heap_bytes", "file_bytes", "mapped_bytes", "retained_bytes"))
    assert abs(parts - found["rss_bytes"]) < 2, found

scaling = [report(f"workers.{held}")["memory"]["scaling"] for held in (40, 104)]
assert all(scaling), scaling
near("one more image", scaling[1]["per_image_bytes"] - scaling[0]["per_image_bytes"], 64e6, 0.15)
assert all(part["levels"] >= 3 and part["r2"] >= 0.8 for part in scaling), scaling
assert report("two.40")["memory"]["scaling"] is None  # two levels tell no line

pool = report("tail")["pool"]
with open(f"{sys.argv[1]}/tail.said") as file:
    said = float(file.read())
assert abs(pool["tail_s"] - said) < 0.03 and pool["lanes"] == 2, (pool["tail_s"], said)
PYTHON

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claim that a server's requests and answers are seen: node and sharp, loaded by four clients that keep their
# connections. What the clients counted and measured must be in the trace, each image with the settings that its request
# asked for, and what they received must be what a bare server sends. SERVER_SECONDS sets how long they go on.
source tests/integration/environment.bash

seconds=${SERVER_SECONDS:-8}
script=tests/integration/tools/server.mjs
modules=build/node
[[ -d $modules/node_modules/sharp ]] || fail "$modules/node_modules/sharp is missing: run scripts/setup"

server=
trap '[[ -z $server ]] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
mkdir "$work/images"
cp /usr/share/desktop-base/spacefun-theme/login/sddm-preview.jpg "$work/images/login.jpg"
cp /usr/share/libjxl-testdata/external/wesaturate/500px/cvo9xd_keong_macan_srgb8.png "$work/images/macan.png"
cp /usr/share/libjxl-testdata/jxl/flower/flower_small.q85_444_non_interleaved.jpg "$work/images/flower.jpg"

# Loads a server that was started with these settings; the clients' word is in $work/<name>.json.
serve() { # name seconds setting…
    local name=$1 for=$2 port code=0
    shift 2
    (exec env "$@" node "$script" serve "$modules" "$work/images" >"$work/$name.port" 2>"$work/$name.err" </dev/null) &
    server=$!
    for ((i = 0; i < 300; i++)); do
        [[ ! -s $work/$name.port ]] || break
        sleep 0.1
    done
    port=$(cat "$work/$name.port")
    [[ -n $port ]] || fail "the $name server does not listen: $(head -5 "$work/$name.err")"
    timeout $((for + 120)) node "$script" load "$port" "$work/images" "$for" >"$work/$name.json" ||
        fail "a client of the $name server failed"
    kill -TERM "$server"
    wait "$server" || code=$?
    server=
    echo "$code" >"$work/$name.code"
}

serve bare 0
serve traced "$seconds" LD_PRELOAD="$library" IMGBENCH_DIR="$work/trace"

cmp "$work/bare.code" "$work/traced.code" || fail "the bare server ended with $(cat "$work/bare.code")"
cmp "$work/bare.err" "$work/traced.err" || fail "the servers said different things: $(cat "$work/traced.err")"
"$imgbench" verify "$work/trace" >"$work/verify" 2>&1 || fail "verify: $(head -5 "$work/verify")"
timeout 300 babeltrace2 "$work/trace" >/dev/null 2>"$work/warnings" || fail "babeltrace2: $(head -5 "$work/warnings")"
[[ ! -s $work/warnings ]] || fail "babeltrace2 warns: $(head -5 "$work/warnings")"
"$imgbench" dump "$work/trace" >"$work/dump"
"$imgbench" report "$work/trace" --json >"$work/report.json"

python3 - "$work" <<'PYTHON'
import collections, json, re, stat, sys

work = sys.argv[1]
bare, said, report = (json.load(open(f"{work}/{name}.json")) for name in ("bare", "traced", "report"))
passed = failed = 0


def same(what, found, expected):
    global passed, failed
    if found == expected:
        passed += 1
        print(f"ok {what}" + (f": {found}" if isinstance(found, int) else ""))
    else:
        failed += 1
        print(f"FAILED {what}: {str(found)[:500]}, expected {str(expected)[:500]}")


sockets, last, answers, heads = set(), {}, 0, collections.Counter()
record = re.compile(r"^\S+ (\d+)/\d+ (open|io|head) (.*)$")
with open(f"{work}/dump", encoding="utf-8", errors="replace") as dump:
    for line in dump:
        found = record.match(line)
        if not found:
            continue
        fields = dict(re.findall(r"(\w+)=(\S+)", found[3]))
        file = found[1], fields["file"]
        if found[2] == "open":
            if stat.S_ISSOCK(int(fields["mode"])):
                sockets.add(file)
        elif file in sockets and found[2] == "head":
            heads[fields["direction"]] += 1
        elif file in sockets and fields["op"] in ("READ", "WRITE") and int(fields["bytes"]):
            answers += fields["op"] == "WRITE" and last.get(file) == "READ"
            last[file] = fields["op"]

files, images = report["files"], report["images"]
through = [file for file in files if file["kind"] == "socket"]
received = [file["bytes"] for file in through if file["role"] == "final" and file["format"] != "jpeg"]
sent = [file["bytes"] for file in through if file["role"] == "source" and file["format"] != "webp"]
good = [image for image in images if image["status"] == "ok"]
same("answers as from a bare server", said["digests"], bare["digests"])
same("answers written", answers, said["answered"])
same("heads of images written to sockets", heads["OUT"], said["good"])
same("heads of images read from sockets", heads["IN"], said["posted"])
same("socket files", len(through), said["good"] + said["posted"])
same("lengths of the images received", sorted(received), sorted(said["received"]))
same("lengths of the images sent", sorted(sent), sorted(said["sent"]))
same("images", len(good), said["good"])
same("images without input", sum(not image["inputs"] for image in good), 0)
kind_of = {file["id"]: file["kind"] for file in files}
same("images that answer the image of their request",
     sum(image["link_rule"] in ("connection", "buffer") and kind_of[image["inputs"][0]] == "socket" for image in good),
     said["posted"])

# Settings, with the length where the answer had one: so that no image has those of another.
files_by_id = {file["id"]: file for file in files}
asked, made = collections.Counter(), collections.Counter()
for format, quality, length in said["asked"]:
    asked[format, quality % 10 if format == "png" else quality, length] += 1
for image in good:
    for output in (files_by_id[id] for id in image["outputs"]):
        format, settings = output["format"], image["settings"]
        setting = settings["effort" if format == "png" else "quality"]
        made[format, setting, None if format == "jpeg" else output["bytes"]] += 1
same("settings that nobody asked for", sorted((made - asked).items(), key=str), [])
same("settings asked for and not seen", sorted((asked - made).items(), key=str), [])
same("encoders", sorted({str(image["settings"]["encoder"]) for image in good}), ["libvips"])
same("lost records", report["coverage"]["lost_records"], 0)
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
PYTHON

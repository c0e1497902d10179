#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claim that the images in sockets and pipes are found, all of them and nothing else, however calls cut them:
# tests/victims/streams.c says what there is to find.
source tests/integration/environment.bash

make --no-print-directory -s victims
victim=$root/build/victims/streams
timeout 60 "$victim" >"$work/bare"
for head in 1024 0 8192; do
    traced "$work/trace-$head" env IMGBENCH_HEAD=$head timeout 60 "$victim" >"$work/said"
    cmp "$work/bare" "$work/said" || fail "the victim says something else under the library"
    "$imgbench" verify "$work/trace-$head" >/dev/null
    "$imgbench" report "$work/trace-$head" --json >"$work/report.json"
    python3 -c 'import json, sys
for file in json.load(open(sys.argv[1]))["files"]:
    print(file["kind"], file["format"], file["bytes"])' "$work/report.json" | sort >"$work/files"
    grep -v '^[IO]' "$work/said" | sort | diff - "$work/files" >"$work/difference" ||
        fail "IMGBENCH_HEAD=$head: the report's files differ: $(head -20 "$work/difference")"
    for direction in IN OUT; do
        found=$("$imgbench" dump "$work/trace-$head" | grep -c " head .*direction=$direction ")
        grep -qx "$direction $found" "$work/said" || fail "IMGBENCH_HEAD=$head: $found heads $direction"
    done
done
echo "$(grep -c . "$work/files") files, as expected"

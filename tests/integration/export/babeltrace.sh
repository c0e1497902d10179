#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claim that a trace is a valid CTF trace: babeltrace2 reads it without a word on stderr, counts as many
# events as `imgbench dump`, and `imgbench verify` finds nothing wrong.
source tests/integration/environment.bash

small_trace
babeltrace2 "$work/trace" >"$work/events" 2>"$work/warnings" || fail "babeltrace2 failed: $(head -20 "$work/warnings")"
[[ ! -s $work/warnings ]] || fail "babeltrace2 warns: $(head -20 "$work/warnings")"

events=$(wc -l <"$work/events")
dumped=$("$imgbench" dump "$work/trace" | wc -l)
((events > 100)) || fail "only $events events"
((events == dumped)) || fail "babeltrace2 reads $events events, imgbench dump prints $dumped"

"$imgbench" verify "$work/trace" >"$work/verify" 2>&1 || fail "verify fails on a sound trace: $(head -20 "$work/verify")"

# Each process directory is a trace of its own.
count=0
for process in "$work"/trace/*/; do
    babeltrace2 "$process" >"$work/events" 2>"$work/warnings" || fail "babeltrace2 failed on $process"
    [[ ! -s $work/warnings ]] || fail "babeltrace2 warns about $process: $(head -5 "$work/warnings")"
    count=$((count + $(wc -l <"$work/events")))
done
((count == events)) || fail "the process directories hold $count events, the whole trace $events"

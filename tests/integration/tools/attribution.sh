#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claim that at least 95 % of the time that real tools spend on an image of useful size is in a named stage:
# tests/integration/tools/attribution.py. With an argument, only the cases whose name holds it.
# Alone: what a tool waits for beside another is in no stage.
source tests/integration/environment.bash
work=$(mktemp -d /dev/shm/imgbench.XXXXXX)
trap 'chmod -R u+w "$work"; rm -rf "$work"; [[ $library != /tmp/imgbench-link.* ]] || rm -r "$(dirname "$library")"' EXIT

/usr/bin/python3 tests/integration/tools/attribution.py "$imgbench" "$library" "$work" "$@"

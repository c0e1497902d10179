#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claim that images made by node and sharp are seen, each with its own settings: tests/integration/tools/sharp.py.
source tests/integration/environment.bash
work=$(mktemp -d /dev/shm/imgbench.XXXXXX) # times do not matter here, but the disk's would be waited for
trap 'chmod -R u+w "$work"; rm -rf "$work"; [[ $library != /tmp/imgbench-link.* ]] || rm -r "$(dirname "$library")"' EXIT

[[ -d build/node/node_modules/sharp ]] || fail "build/node/node_modules/sharp is missing: run scripts/setup"
/usr/bin/python3 tests/integration/tools/sharp.py "$imgbench" "$library" "$work" build/node

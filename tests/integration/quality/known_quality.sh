#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claim that what the report reads from the files agrees with the quality, depth and palette that real encoders
# were asked for: tests/integration/quality/known_quality.py.
source tests/integration/environment.bash
work=$(mktemp -d /dev/shm/imgbench.XXXXXX) # times do not matter here, but the disk's would be waited for
trap 'chmod -R u+w "$work"; rm -rf "$work"; [[ $library != /tmp/imgbench-link.* ]] || rm -r "$(dirname "$library")"' EXIT

[[ -d build/node/node_modules/sharp ]] || fail "build/node/node_modules/sharp is missing: run scripts/setup"
# Debian's own python: the one that has Pillow.
/usr/bin/python3 tests/integration/quality/known_quality.py "$imgbench" "$library" "$work" build/node

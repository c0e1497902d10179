#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claim that tools fail the same way with the library as without: tests/integration/corrupt.py gives each 16
# damaged inputs. With an argument, only the tools whose name holds it: corrupt.sh djpeg
source tests/integration/environment.bash
work=$(mktemp -d /dev/shm/imgbench.XXXXXX) # times do not matter here, but the disk's would be waited for
trap 'chmod -R u+w "$work"; rm -rf "$work"; [[ $library != /tmp/imgbench-link.* ]] || rm -r "$(dirname "$library")"' EXIT

[[ -d build/node/node_modules/sharp ]] || fail "build/node/node_modules/sharp is missing: run scripts/setup"
# Debian's own python: the one that has Pillow.
/usr/bin/python3 tests/integration/corrupt.py "$imgbench" "$library" "$work" "$@"

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claim that real tools on real images give the same bytes, messages and exit codes with the library as
# without, and that the report names what they did: tests/integration/tools/tools.py and the cases in tests/integration/tools/.
# With an argument, only the cases whose name holds it: tools.sh cjpeg
source tests/integration/environment.bash
work=$(mktemp -d /dev/shm/imgbench.XXXXXX) # times do not matter here, but the disk's would be waited for
trap 'chmod -R u+w "$work"; rm -rf "$work"; [[ $library != /tmp/imgbench-link.* ]] || rm -r "$(dirname "$library")"' EXIT

# Debian's own python: the one that has Pillow.
/usr/bin/python3 tests/integration/tools/tools.py "$imgbench" "$library" "$work" "$@"

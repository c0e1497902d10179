#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claim that the report ties outputs to their inputs, whatever way a script of real tools takes: several sizes of
# one image, montages, files replaced or thrown away, failures, kills, pipes, pools. tests/integration/links/links.py and the
# scenarios in tests/integration/links/. With an argument, only those whose name holds it.
source tests/integration/environment.bash
work=$(mktemp -d /dev/shm/imgbench.XXXXXX)
trap 'rm -rf "$work"; [[ $library != /tmp/imgbench-link.* ]] || rm -r "$(dirname "$library")"' EXIT

python3 tests/integration/links/links.py "$imgbench" "$library" "$work" "$@"

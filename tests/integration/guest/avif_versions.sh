#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claim that libavif's structures are read by the layout of the version that avifVersion() tells, whatever the
# library is called, and not at all when that version is not known, which the report then says once.
source tests/integration/environment.bash

build() { # output flags and sources…
    local output=$1
    shift
    gcc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -O2 -I. "$@" -o "$output" -ldl
}
build "$work/victim" tests/victims/avif_versions.c
for version in 0.11.1 0.10.1 1.0.0 1.3.0 9.9.9; do
    build "$work/bundled-$version.so" -fPIC -shared -DAVIF_VERSION_STRING="\"$version\"" tests/victims/codecs/fake_avif.c
done
build "$work/bundled-silent.so" -fPIC -shared tests/victims/codecs/fake_avif.c

# Lines key=value of what was revealed about each of the two images, each line once per image.
settings() { # version
    traced "$work/$1" "$work/victim" "$work/bundled-$1.so" >"$work/said"
    [[ $(tr '\n' ' ' <"$work/said") == "0 0 " ]] || fail "$1: the victim says $(cat "$work/said")"
    "$imgbench" dump "$work/$1" | sed -nE 's/.* codec_setting value=([0-9.]+) .* key=([A-Z_]+) .*/\2=\1/p' | sort
}
expect() { # version settings…
    local version=$1
    shift
    local found expected
    found=$(settings "$version")
    expected=$(printf '%s\n' "$@" "$@" | sort)
    [[ $found == "$expected" ]] || fail "$version: $(diff <(echo "$expected") <(echo "$found"))"
    ! "$imgbench" dump "$work/$version" | grep UNKNOWN_LAYOUT >/dev/null || fail "$version is taken for unknown"
}
unknown() { # version number
    [[ -z $(settings "$1") ]] || fail "$1: settings were read from a layout that is not known"
    local notices
    notices=$("$imgbench" dump "$work/$1" | grep -o 'notice what=UNKNOWN_LAYOUT number=[0-9]* text="libavif"' || true)
    [[ $notices == *"number=$2 "* && $(wc -l <<<"$notices") == 1 ]] ||
        fail "$1: not one notice of $2: $notices; $("$imgbench" dump "$work/$1" | grep notice)"
}

image=(WIDTH=640 HEIGHT=480 BIT_DEPTH=10 SUBSAMPLING=420)
expect 0.11.1 "${image[@]}" THREADS=4 EFFORT=8 QUANTIZER_MIN=24 QUANTIZER_MAX=28
for version in 1.0.0 1.3.0; do
    expect $version "${image[@]}" THREADS=4 EFFORT=8 QUALITY=32 ALPHA_QUALITY=36 QUANTIZER_MIN=40 QUANTIZER_MAX=44 METADATA=1
done
unknown 0.10.1 10001
unknown 9.9.9 9009009
unknown silent 0

# Two of them in one process keep apart, and one that takes another's place brings its own version.
traced "$work/both" "$work/victim" "$work"/bundled-{0.11.1,9.9.9,1.3.0}.so >/dev/null
found=$("$imgbench" dump "$work/both" | grep -oE 'value=[0-9]+ .*key=QUANTIZER_MIN' | cut -d' ' -f1 | tr '\n' ' ')
[[ $found == "value=24 value=24 value=40 value=40 " ]] || fail "mixed up: $found"

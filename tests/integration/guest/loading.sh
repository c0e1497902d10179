#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the loader's ways to a codec (local, deep, late, again, by handle, in two versions, not at all) and a call's ways
# out of it: each program sees the same with and without the library, and each call that is a codec's is in the trace.
source tests/integration/environment.bash
source tests/integration/guest/guest.bash

codecs=tests/victims/codecs
cpp=(g++ -std=c++17 -I. -O1 -g -Wall -Wextra -Werror)
c=(gcc -std=c11 -I. -O1 -g -Wall -Wextra -Werror)
shared=(-shared -fPIC)

# A stand-in codec by its number, its symbols under a version of their own, as those of libjpeg 62 and 80 are.
stand_in() { # number
    mkdir -p "$victims/$1"
    echo "STAND_IN_$1 { global: WebPGetInfo; gdk_pixbuf_save; local: *; };" >"$victims/$1/map"
    "${cpp[@]}" "${shared[@]}" -DNUMBER="$1" -Wl,-soname,libstand_in.so."$1" -Wl,--version-script="$victims/$1/map" \
        -o "$victims/$1/libstand_in.so.$1" $codecs/loading_codec.cc
    ln -s "libstand_in.so.$1" "$victims/$1/libstand_in.so"
}

plugin() { # name number flag…: linked with that stand-in
    "${c[@]}" "${shared[@]}" "${@:3}" -o "$victims/$1.so" $codecs/loading_plugin.c -L"$victims/$2" -lstand_in -Wl,-rpath,"$victims/$2"
}

for n in 1 2 3 4 5 6; do
    stand_in $n
    plugin plugin_$n $n -Wl,-z,lazy
done
"${c[@]}" "${shared[@]}" -DREADS -o "$victims/reader.so" $codecs/loading_plugin.c -L"$victims/1" -lstand_in -Wl,-rpath,"$victims/1"
"${c[@]}" "${shared[@]}" -Wl,-soname,libMagickCore-7.Q16.so.10 -o "$victims/libMagickCore-7.Q16.so.10" $codecs/loading_magick.c
"${cpp[@]}" -o "$victims/plain" $codecs/loading.cc -Wl,-z,dynamic-undefined-weak
"${cpp[@]}" -DLINKED -o "$victims/linked" $codecs/loading.cc -L"$victims/1" -lstand_in -Wl,-rpath,"$victims/1"
"${cpp[@]}" -DMAGICK -o "$victims/magick" $codecs/loading.cc "$victims/libMagickCore-7.Q16.so.10" -Wl,-rpath,"$victims"
"${cpp[@]}" -DOWN -rdynamic -o "$victims/own" $codecs/loading.cc
# Two libraries that both have ReadImage and use a zlib that the program may have, too.
"${c[@]}" "${shared[@]}" -DZLIB=5 -Wl,-soname,libz.so.9 -o "$victims/libz.so.9" $codecs/loading_twins.c
for n in 6 3; do
    "${c[@]}" "${shared[@]}" -DLIBRARY=$n -Wl,-z,lazy -Wl,-soname,libMagick_$n.so -o "$victims/libMagick_$n.so" \
        $codecs/loading_twins.c "$victims/libz.so.9" -Wl,-rpath,"$victims"
done
"${c[@]}" -o "$victims/twins" $codecs/loading_twins.c
"${c[@]}" -DZLIB=4 -DPROGRAM -rdynamic -o "$victims/twins_zlib" $codecs/loading_twins.c

calls() { # trace text…: codec calls whose records have all of these
    local trace=$1 text lines
    shift
    [[ -e $trace/control ]] || { echo 0 && return; }
    lines=$("$imgbench" dump "$trace" | grep ' codec_call ' || true)
    for text in "$@"; do lines=$(grep -F -- "$text" <<<"$lines" || true); done
    grep -c . <<<"$lines" || true
}

# The victim's answer, as it is without the library; how many calls of which kind the trace must hold.
check() { # name answer count text -- command…
    local name=$1 answer=$2 count=$3 text=$4 n
    wanted "$name" || return 0
    shift 5
    same "$name" "$@"
    n=$(calls "$work/trace-$name" "$text")
    report "$name-calls" "$([[ $n == "$count" ]] || echo "$n calls with $text, expected $count")"
    report "$name-answer" "$([[ $(cat "$work/seen/out") == "$answer" ]] || echo "it said: $(head -3 "$work/seen/out")")"
}

repeat() { # times line
    local i
    for ((i = 0; i < $1; i++)); do echo "$2"; done
}

p=$victims/plugin_
# Three versions keep apart, each call reaches its own: 5 of the program, 5 and 5 of two plug-ins (the first bound by
# its symbols' version, lazily; the second by DEEPBIND), 5 by a plug-in's handle. What is asked for by RTLD_DEFAULT is not wrapped.
check versions "$(repeat 5 '1 202 303 303')"$'\n101' 20 role=HEADER -- "$victims/linked" versions "${p}2.so" "${p}3.so"
check fetched "404 4 404 404" 4 role=HEADER -- "$victims/plain" fetched "$victims/4/libstand_in.so.4" "${p}4.so"
# Six libraries one after the other, 40 times, with four wrappers for each function.
check again "$(repeat 40 123456)" 240 role=HEADER -- "$victims/plain" again "${p}"{1,2,3,4,5,6}.so
if wanted again; then
    n=$("$imgbench" dump "$work/trace-again" | grep -c ' notice .*NO_WRAPPER_LEFT' || true)
    report again-recycled "$( ((n == 0)) || echo "$n times no wrapper was left")"
fi
check thrown "caught 5050, then 1" 100 outcome=UNWOUND -- "$victims/linked" thrown
check jumped "came back 100 times, then 1" 100 outcome=UNWOUND -- "$victims/linked" jumped
check errors $'inside 42, behind 42\nset inside 17, behind 17' 2 role=HEADER -- "$victims/linked" errors
# 4 × (1² + … + 12²) + 4 × (1 × 1.5 + … + 12 × 12.5), three times. Nothing of it is a call that ends.
check variadic $((3 * (4 * 650 + 4 * 650 + 2 * 78))) 0 codec=PIXBUF -- "$victims/linked" variadic
if wanted variadic; then
    n=$("$imgbench" dump "$work/trace-variadic" | grep -c ' hook .*gdk_pixbuf_save' || true)
    report variadic-seen "$( ((n == 1)) || echo "gdk_pixbuf_save was not seen")"
fi
check magick "1234567890 2345678901 0 0 0 0 0 0 0 0 0 
1111111111 2222222222 3 4 fffffffffffffffb fffffffffffffffa 7777777777 0 0 0 0 
1111111111 2222222222 3333333333 4 5555555555 0 0 0.75 0 0 0 
1111111111 2 3333333333 0 0 0 0 0.25 0.5 1.5 2.5 " 4 codec=MAGICK -- "$victims/magick" magick
# A function of the program's own is no codec's, whatever its name.
check own "4 1" 0 codec=MAGICK -- "$victims/own" own "$victims/reader.so"
# Each keeps to its own, and all to the program's where it has one.
check twins "53 56 " 2 "codec=MAGICK" -- "$victims/twins" "$victims/libMagick_3.so" "$victims/libMagick_6.so"
check twins_zlib "43 46 " 2 "codec=MAGICK" -- "$victims/twins_zlib" "$victims/libMagick_3.so" "$victims/libMagick_6.so"
check absent $'weak 0, default 0\nnext 0, self 0\ndlerror speaks' 0 role= -- "$victims/plain" absent

((bad == 0)) || fail "$bad checks failed"

# A library that comes to lie where another one was unloaded is told, too. Their names are short and of one length, so that
# the loader keeps the second one's where the first one's was.
for name in one two; do cp /usr/lib/x86_64-linux-gnu/libwebpdemux.so.2 "$work/lib$name.so"; done
cat >"$work/in_turn.py" <<'PYTHON'
import _ctypes, ctypes, sys
for path in "./libone.so", "./libtwo.so":
    library = ctypes.CDLL(path)
    library.WebPGetDemuxVersion()
    open(sys.argv[1], "rb").read()
    _ctypes.dlclose(library._handle)
PYTHON
(cd "$work" && traced "$work/in_turn" /usr/bin/python3 in_turn.py /usr/share/libjxl-testdata/jxl/flower/flower_cropped.jpg)
told=$("$imgbench" dump "$work/in_turn" | grep -cE ' module .*/lib(one|two)\.so"')
[[ $told == 2 ]] || fail "$told of 2 libraries that lay in one place were told"

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the guest rules under attack: victims that are rough with arguments, descriptors, threads, signals, processes
# and the loader see the same with and without the library, and leave a trace that babeltrace2 reads without a word.
source tests/integration/environment.bash
source tests/integration/guest/guest.bash

for name in arguments descriptors threads signals processes loader own_open; do build $name $name -fno-builtin -lm; done
build plugin plugin -fno-builtin -shared -fPIC -l:libwebp.so.7 -Wl,-z,lazy
build libcodec_calls.so codec_calls -DLIBRARY -shared -fPIC -Wl,-soname,libcodec_calls.so
build codec_calls codec_calls -L"$victims" -lcodec_calls -Wl,-rpath,"$victims"
gcc -std=gnu11 -D_GNU_SOURCE -O1 -w -static-pie -fPIE -o "$victims/static" tests/victims/guest_files/descriptors.c

records() { # trace kind: how many
    timeout 100 babeltrace2 "$1" 2>/dev/null | grep -c " $2: {" || true
}

same arguments "$victims/arguments"
for how in close_all onto_everything no_descriptors small_files stale_streams buffers many; do
    same "descriptors-$how" "$victims/descriptors" "$how"
done
for how in small_stack main_leaves exit "fork 200" "churn 20000" "cancel 3000" "alive 300" "alive_at_exit 300"; do
    # shellcheck disable=SC2086 # a mode is two words
    same "threads-${how% *}" "$victims/threads" $how
done
for how in ring alternate jump numbers inexact; do same "signals-$how" "$victims/signals" $how; done
for how in "vfork 300" "spawn 50" exec_fails forked_heap execl execle; do
    # shellcheck disable=SC2086
    same "processes-${how% *}" "$victims/processes" $how
done
for how in local deep lazy; do same "loader-$how" "$victims/loader" $how "$victims/plugin" 200; done
for how in sealed inside stream nowhere words again thrown forked; do same "codecs-$how" "$victims/codec_calls" $how; done
same own_names "$victims/own_open"
same bind_now env LD_BIND_NOW=1 "$victims/loader" lazy "$victims/plugin" 3
same static "$victims/static" many

if wanted figures; then
    # Both ways of loading a codec are seen every time; threads do not make files without end.
    problem=
    for how in local deep lazy; do
        n=$(records "$work/trace-loader-$how" codec_call)
        ((n >= 200)) || problem+="loader-$how: $n codec calls; "
    done
    n=$(find "$work/trace-threads-churn" -name '[0-9]*.[0-9]*' | wc -l)
    ((n < 100)) || problem+="churn left $n packet files; "
    n=$(du -s --apparent-size -k "$work/trace-threads-cancel" | cut -f 1)
    ((n < 8000)) || problem+="cancel left $n KiB; "
    n=$(find "$work/trace-threads-cancel" -name '[0-9]*.0' | wc -l)
    ((n < 200)) || problem+="cancel left $n streams; "
    for name in vfork spawn exec_fails; do
        ((n = $(records "$work/trace-processes-$name" head))) || problem+="processes-$name: the parent went blind; "
    done
    n=$(records "$work/trace-processes-exec_fails" process_end)
    ((n == 1)) || problem+="exec_fails ended $n times; "
    # What a name or an address has in common with something else: no call of zlib, two files that were completed.
    n=$(records "$work/trace-codecs-words" codec_call)
    ((n == 0)) || problem+="codecs-words: $n codec calls; "
    n=$("$imgbench" dump "$work/trace-codecs-again" | grep -c " codec_call .* role=MUX " || true)
    ((n == 2)) || problem+="codecs-again: $n files completed; "
    n=$("$imgbench" dump "$work/trace-codecs-thrown" | sed -n 's/.* codec_setting .* session=\([0-9]*\) key=QUALITY.*/\1/p' | sort -u | wc -l)
    ((n == 2)) || problem+="codecs-thrown: $n sessions; "
    report figures "$problem"
fi

if wanted head; then
    # The first head of a trace holds the file's bytes, not those of what the library read meanwhile.
    head -c 2000 /usr/share/libjxl-testdata/jxl/flower/flower_alpha.png >"$work/head.png"
    LD_PRELOAD=$library IMGBENCH_DIR=$work/trace-head cat "$work/head.png" >"$work/head.out"
    report head "$(timeout 60 babeltrace2 "$work/trace-head" | grep -a ' head: ' | grep -a -v 'data = \[ \[0\] = 137, \[1\] = 80, \[2\] = 78, \[3\] = 71' | head -1 | cut -c 1-300)"
fi

if wanted shell; then
    # Without IMGBENCH_DIR the children of a shell join its trace, wherever the shell takes its environment from.
    mkdir -p "$work/home"
    for shell in bash dash; do
        rm -rf "$work/home/.local"
        env -u IMGBENCH_DIR -u XDG_STATE_HOME HOME="$work/home" LD_PRELOAD="$library" "$shell" -c \
            'true; cat /dev/null | (cat; sh -c "cat /dev/null; /bin/true"); cat /dev/null; :'
        n=$(find "$work/home/.local/state/imgbench" -mindepth 1 -maxdepth 1 | wc -l)
        report "shell-$shell" "$( ((n == 1)) || echo "$n traces")"
    done
fi

if wanted settings; then
    problem=
    mkdir "$work/place"
    (cd "$work/place" && LD_PRELOAD=$library IMGBENCH_DIR=$work/off IMGBENCH=off "$victims/descriptors" many >/dev/null) || true
    [[ ! -e $work/off ]] || problem+="IMGBENCH=off wrote; "
    (cd "$work/place" && LD_PRELOAD=$library IMGBENCH_DIR=$work/bad IMGBENCH_QUOTA=12x IMGBENCH_HEAD=-1 IMGBENCH_SAMPLE_MS=9999999999999999999999 \
        IMGBENCH=perhaps "$victims/descriptors" many >/dev/null) || true
    n=$(records "$work/bad" notice)
    ((n == 4)) || problem+="$n notices for 4 bad values; "
    near=$(mktemp -d "${TMPDIR:-/tmp}/imgbench-guest.XXXXXX") # without a space
    cp "$library" "$near/libimgbench.so"
    for shell in dash bash; do
        said=$(cd "$near" && IMGBENCH_DIR=trace LD_PRELOAD=./libimgbench.so $shell -c 'cd / && /bin/echo hi; /bin/true' 2>&1) || true
        [[ $said == hi ]] || problem+="relative LD_PRELOAD under $shell: $said; "
    done
    n=$(records "$near/trace" process)
    ((n == 6)) || problem+="relative IMGBENCH_DIR: $n processes of 6; "
    rm -rf "$near"
    # A path with a space cannot be handed on, but neither may it hurt the program itself.
    cp "$library" "$work/place/libimgbench.so"
    said=$(cd "$work/place" && IMGBENCH_DIR=$work/spaced LD_PRELOAD=./libimgbench.so /bin/echo hi 2>&1) || true
    [[ $said == hi ]] || problem+="LD_PRELOAD with a space: $said; "
    said=$(LD_PRELOAD=$library /usr/bin/python3 -c 'print("hi")' 2>&1) || true # its executable takes malloc's address
    [[ $said == hi ]] || problem+="python3: $said; "
    report settings "$problem"
fi

if wanted quota; then
    problem=
    (mkdir "$work/q" && cd "$work/q" && LD_PRELOAD=$library IMGBENCH_DIR=$work/quota IMGBENCH_QUOTA=64K "$victims/descriptors" many >/dev/null) || true
    n=$(find "$work/quota" -name '[0-9]*.[0-9]*' -printf '%s\n' | awk '{ s += $1 } END { print s }')
    ((n <= 65536)) || problem+="$n bytes on disk; "
    timeout 60 babeltrace2 "$work/quota" 2>/dev/null | grep -a -q ' process_end: .*lost_records = [1-9]' || problem+="no losses counted; "
    report quota "$problem$(readable "$work/quota")"
fi

# Places that refuse the trace: the program does not notice.
settings=(IMGBENCH_DIR=/proc/nowhere)
same place-missing "$victims/descriptors" many
mkdir "$work/readonly"
chmod 555 "$work/readonly"
settings=(IMGBENCH_DIR=/sys/imgbench)
same place-readonly "$victims/descriptors" many
echo kept >"$work/a-file"
for place in a-file a-file/below; do
    settings=(IMGBENCH_DIR="$work/$place")
    same "place-${place//\//-}" "$victims/descriptors" many
done
[[ $(cat "$work/a-file") == kept ]] || report place-a-file "the file was written to"
mkdir "$work/full" "$work/ram"
if mount -t tmpfs -o size=128k none "$work/full" 2>/dev/null; then
    settings=(IMGBENCH_DIR="$work/full/trace")
    same place-full "$victims/descriptors" many
    wanted place-full && report place-full-readable "$(readable "$work/full/trace")"
    umount "$work/full"
fi
if mount -t ramfs none "$work/ram" 2>/dev/null; then # not a file system that is mapped
    settings=(IMGBENCH_DIR="$work/ram/exit")
    same place-unmapped "$victims/threads" exit
    wanted place-unmapped && report place-unmapped-readable "$(readable "$work/ram/exit")"
    same place-unmapped-many "$victims/descriptors" many
    umount "$work/ram"
fi
settings=(IMGBENCH_DIR="$work/gone")
same place-deleted sh -c "\"$victims/descriptors\" many; rm -rf '$work/gone'; \"$victims/descriptors\" many & pid=\$!; sleep 0.02; rm -rf '$work/gone' 2>/dev/null; wait \$pid"
settings=()

if wanted killed; then
    # SIGKILL at any moment leaves a readable trace, or none.
    problem=
    convert=$(command -v cwebp)
    for i in $(seq 50); do
        LD_PRELOAD=$library IMGBENCH_DIR=$work/killed-$i "$convert" -quiet -m 6 /usr/share/libjxl-testdata/jxl/flower/flower_alpha.png -o "$work/killed.webp" &
        pid=$!
        sleep "0.0$((RANDOM % 60 + 10))"
        kill -KILL $pid 2>/dev/null || true
        wait $pid 2>/dev/null || true
        said=$(find "$work/killed-$i" -maxdepth 0 2>/dev/null | grep . >/dev/null && [[ -e $work/killed-$i/control ]] && timeout 60 babeltrace2 "$work/killed-$i" 2>&1 >/dev/null | head -3 || true)
        [[ -z $said ]] || problem+="$i: $said; "
    done
    report killed "$problem"
fi

echo "$bad guest rules broken"
((bad == 0))

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claim that the heap is counted right: calls as ltrace sees them, bytes as the victims sum them up
# themselves, alone and among threads, with glibc's allocator behind the library and with others.
source tests/integration/environment.bash

make --no-print-directory -s victims
victims=$work/victims
mkdir "$victims"
for name in heap allocations heap_threads processes; do
    gcc -std=gnu11 -D_GNU_SOURCE -I. -O1 -g -pthread -w -fno-builtin -o "$victims/$name" "tests/victims/guest/$name.c"
done
functions=(malloc free calloc realloc reallocarray posix_memalign aligned_alloc memalign valloc pvalloc cfree)
cat >"$work/ltrace.conf" <<'PROTOTYPES'
addr malloc(ulong);
void free(addr);
void cfree(addr);
addr calloc(ulong, ulong);
addr realloc(addr, ulong);
addr reallocarray(addr, ulong, ulong);
int posix_memalign(+addr*, ulong, ulong);
addr aligned_alloc(ulong, ulong);
addr memalign(ulong, ulong);
addr valloc(ulong);
addr pvalloc(ulong);
PROTOTYPES

bad=0
verdict() { # name, code, what was said
    if (($2 == 0)); then
        echo "ok $1: ${3//$'\n'/; }"
    else
        echo "FAILED $1:" && head -20 <<<"$3"
        bad=$((bad + 1))
    fi
}

fresh_inputs() { # directory
    rm -rf "$1"
    mkdir "$1"
    python3 tests/integration/figures/ground_truth.py inputs "$1"
}

# The same calls as ltrace sees of the bare program, process by process.
calls() { # name ["processes"] -- command…
    local name=$1 how=() said code=0 ended=0
    [[ $2 == -- ]] || how=("$2")
    shift $((2 + ${#how[@]}))
    fresh_inputs "$work/$name"
    (cd "$work/$name" && timeout 120 ltrace -L -f -F "$work/ltrace.conf" "${functions[@]/#/-x}" -o "$work/ltrace" \
        "$@" >/dev/null 3>&1) || true # its code is not the program's
    fresh_inputs "$work/$name"
    (cd "$work/$name" && timeout 120 env LD_PRELOAD="$library" IMGBENCH_DIR="$work/$name.trace" "$@" >/dev/null 3>&1) ||
        ended=$?
    said=$(python3 tests/integration/oracle/heap_oracle.py calls "$imgbench" "$work/$name.trace" "$work/ltrace" "${how[@]}") ||
        code=1
    ((ended < 124)) || said+=" it ended with $ended" code=1
    verdict "calls of $name" "$code" "$said"
    rm -rf "${work:?}/$name"
}
functions=("${functions[@]/%/@libc.so.6}")
calls stages -- "$root/build/victims/stages"
calls threads -- "$root/build/victims/threads" 1
calls interleaved -- "$root/build/victims/interleaved"
calls rows -- "$root/build/victims/rows"
calls bytes -- "$root/build/victims/bytes"
calls heap -- "$root/build/victims/heap"
calls guest_heap -- "$victims/heap" 4000
calls functions -- "$victims/allocations" functions
calls libc -- "$victims/allocations" libc
calls loader -- "$victims/allocations" loader
calls forked processes -- "$victims/processes" forked_heap

# The victim's own sums, with "$behind" preloaded behind the library, which allocates "$before" bytes before main.
sums() { # name command…
    local name=$1 said code=0
    shift
    rm -rf "$work/here" "$work/sums.trace"
    mkdir "$work/here"
    (cd "$work/here" && timeout 120 env LD_PRELOAD="$library${behind:+:$behind}" IMGBENCH_DIR="$work/sums.trace" \
        ${before:+BEFORE_MAIN=$before} "$@" 3>"$work/sums" >/dev/null 2>"$work/sums.err") || code=$?
    if ((code != 5)); then
        said="ended with $code: $(tail -3 "$work/sums.err")" code=1
    else
        code=0
        said=$(python3 tests/integration/oracle/heap_oracle.py sums "$imgbench" "$work/sums.trace" "$work/sums") || code=1
    fi
    verdict "sums of $name${behind:+ with ${behind##*/}}" "$code" "$said"
}
for behind in '' libjemalloc.so.2; do
    before=
    [[ $behind != libjemalloc* ]] || before=72704 # libstdc++'s, for exceptions when memory is short
    sums heap "$victims/heap" 200000
    sums functions "$victims/allocations" functions
    sums libc "$victims/allocations" libc
    for threads in 1 2 8; do sums "pattern $threads" "$victims/heap_threads" pattern $threads; done
    sums hand_over "$victims/heap_threads" hand_over 4
    sums race "$victims/heap_threads" race 4
done

# libmemusage has no malloc_usable_size of its own, and glibc's says what is no size at all of its blocks: unknown.
(cd "$work/here" && timeout 60 env LD_PRELOAD="$library:libmemusage.so" IMGBENCH_DIR="$work/unsized.trace" \
    "$victims/heap" 2000 3>/dev/null >/dev/null 2>&1) || true
known=$("$imgbench" dump "$work/unsized.trace" | grep -o ' heap_known=[01]' || true)
verdict "an allocator without sizes" "$([[ $known == ' heap_known=0' ]] && echo 0 || echo 1)" "recorded:$known"

echo "$bad heap figures wrong"
((bad == 0))

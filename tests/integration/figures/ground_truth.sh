#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the ground-truth test. Victims whose sleeps, spins, reads, writes and allocations are known from their own
# clocks run bare and under the library: they must behave the same, and the report must give their script back.
# Times have a tolerance of 2 ms + 2 %; a run in which only times are off is repeated, at most twice, and a time
# fails that was off in each of them. Bytes have no second chance.
# With arguments, only these victims: ground_truth.sh stages 'threads 4'
# Alone: its times are compared with the victims' own clocks.
source tests/integration/environment.bash
# In memory: making files on a busy disk takes as long as the tolerance, and the victim's own clock counts it.
traces=$(mktemp -d /dev/shm/imgbench.XXXXXX)
trap 'rm -rf "$work" "$traces"' EXIT

runs=3
truth=tests/integration/figures/ground_truth.py
make --no-print-directory -s victims
victims=("$@")
(($#)) || victims=(stages 'threads 1' 'threads 4' interleaved helper rows killed bytes heap)

# Runs a victim in a fresh directory $1, its journal beside it; sets code.
run() { # directory setting… -- victim [argument]
    local directory=$1 settings=()
    shift
    while [[ $1 != -- ]]; do settings+=("$1") && shift; done
    mkdir "$directory"
    python3 "$truth" inputs "$directory"
    code=0
    { # the group takes the shell's word about a killed victim with it
        (cd "$directory" &&
            exec env VICTIM_LOG="$directory.journal" "${settings[@]}" "$root/build/victims/$2" "${@:3}") \
            >"$directory.out" 2>"$directory.err" </dev/null || code=$?
    } 2>/dev/null
}

passed=0
failed=0
count() { # figures that passed, figures that failed
    passed=$((passed + $1)) failed=$((failed + $2))
}

# Everything that can be seen of two runs must be the same; says what is not.
same_behaviour() { # bare-directory its-code directory its-code
    [[ $2 == "$4" ]] || { echo "exit code $2 bare, $4 under the library" && return 1; }
    cmp "$1.out" "$3.out" && cmp "$1.err" "$3.err" && diff -r "$1" "$3"
}

check_victim() { # victim [argument]
    local name="$*" base bare_code verdict attempt
    for ((attempt = 1; attempt <= runs; attempt++)); do
        base="$work/${name// /-}-$attempt"
        run "$base.bare" -- "$@"
        bare_code=$code
        python3 "$truth" journal "$name" "$base.bare.journal" || { [[ $? == 3 ]] || count 0 1; }
        run "$base" LD_PRELOAD="$library" IMGBENCH_DIR="$traces/${base##*/}" -- "$@"
        same_behaviour "$base.bare" "$bare_code" "$base" "$code" >"$base.diff" 2>&1 || {
            echo "$name: does not behave as it does bare: $(head -5 "$base.diff")"
            count 0 1
            return
        }
        "$imgbench" report "$traces/${base##*/}" --json >"$base.json" || {
            echo "$name: no report"
            count 0 1
            return
        }
        verdict=0
        python3 "$truth" compare "$name" "$base.journal" "$base.json" "$base" "$code" "$base.tally" \
            "$work/${name// /-}.off" >"$base.table" || verdict=$?
        rm -rf "$base.bare" "$base"
        ((verdict == 3 && attempt < runs)) || break
        echo "$name: run $attempt of $runs: only times are off, repeated:"
        grep ' FAIL$' "$base.table"
    done
    cat "$base.table"
    [[ -s $base.tally ]] || { count 0 1 && return; }
    # shellcheck disable=SC2046 # two words
    count $(cat "$base.tally")
    count 1 0 # same behaviour
}

for victim in "${victims[@]}"; do
    # shellcheck disable=SC2086 # a victim and its argument
    check_victim $victim
done
echo "$passed passed, $failed failed"
if ((failed)); then exit 1; fi

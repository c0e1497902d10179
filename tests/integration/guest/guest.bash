# SPDX-License-Identifier: MIT
# Owns: what the guest tests share: building victims, comparing a bare run with one under the library, reporting.
# Sourced after environment.bash. LIBRARY=path tests another build. Arguments of the script: names to run, else all.
library=${LIBRARY:-$library}
only=" $* "
bad=0

report() { # name problem-text
    if [[ -z $2 ]]; then
        echo "ok $1"
    else
        echo "FAILED $1: $2" | head -20
        bad=$((bad + 1))
    fi
}

wanted() { # name: it, or the first word of it
    [[ $only == "  " || $only == *" $1 "* || $only == *" ${1%%-*} "* ]]
}

victims=$work/victims
mkdir "$victims"
build() { # program source flag…
    gcc -std=gnu11 -D_GNU_SOURCE -I. -O1 -g -pthread -w -rdynamic -o "$victims/$1" "$(compgen -G "tests/victims/guest*/$2.c")" "${@:3}"
}

readable() { # trace: what babeltrace2 and the directory have to complain about
    compgen -G "$1/*-*" >/dev/null || return 0 # nothing was recorded
    timeout 100 babeltrace2 "$1" 2>&1 >/dev/null | grep -v '^WARNING: Tracer .*discarded' | head -5 || true
    # A handler that jumps out of our code, or an end that comes while another thread makes a packet, leaves a hidden
    # one behind; it is not part of the trace.
    [[ $1 == *jump || $1 == *exit || $1 == *detached ]] || find "$1" -name '.*' ! -name .metadata | head -5
}

# What can be seen of a command: stdout, stderr, code, files; what it says on descriptor 3 goes beside it.
observe() { # directory command…
    local directory=$1 code=0
    shift
    mkdir -p "$directory/in"
    (cd "$directory/in" && timeout 100 "$@" >../out 2>../err 3>"$directory.facts" </dev/null) || code=$?
    echo "$code" >"$directory/code"
    (cd "$directory/in" && find . -type f -exec sha256sum {} + | sort -k 2) >"$directory/files"
    rm -rf "$directory/in"
}

# Runs a command bare and traced; "$settings" are further assignments for the traced run.
settings=()
same() { # name command…
    local name=$1
    wanted "$name" || return 0
    shift
    rm -rf "$work/bare" "$work/seen"
    observe "$work/bare" "$@"
    observe "$work/seen" env LD_PRELOAD="$library" IMGBENCH_DIR="$work/trace-$name" "${settings[@]}" "$@"
    report "$name" "$(diff -r "$work/bare" "$work/seen" 2>&1 | head -10)$(readable "$work/trace-$name")"
}

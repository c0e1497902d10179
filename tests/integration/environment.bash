# SPDX-License-Identifier: MIT
# Owns: what the integration tests share: paths, a private working directory, failing, demo-like traces.
# Sourced from the repository root.
set -euo pipefail

# Without them bash reads /etc/passwd, and that inside libc, where nobody sees it: coverage would be another one.
export HOME=${HOME:-~} SHELL=${SHELL:-/bin/bash}

root=$PWD
imgbench=$root/build/imgbench
mkdir -p build
work=$(mktemp -d "${TEST_PLACE:-$root/build}/integration test.XXXXXX") # with a space, on purpose
library=$(scripts/preloadable "$root/build/libimgbench.so")
trap 'rm -rf "$work"; [[ $library != /tmp/imgbench-link.* ]] || rm -r "$(dirname "$library")"' EXIT
trap 'echo "$0:$LINENO: failed: $BASH_COMMAND" >&2' ERR

fail() {
    echo "$*" >&2
    exit 1
}

[[ -e $library && -x $imgbench ]] || fail "build/libimgbench.so or build/imgbench is missing: run make"

# Runs a command under the library, its trace in the given directory.
traced() { # trace-directory command…
    local trace=$1
    shift
    LD_PRELOAD=$library IMGBENCH_DIR=$trace "$@"
}

# Makes $work/jobs with the small demo jobs and $work/trace from running them, two at a time.
small_trace() {
    scripts/demo-jobs "$work/jobs" small
    (cd "$work/jobs" && traced "$work/trace" xargs -P2 -L1 bash job <jobs >"$work/tools.log" 2>&1) ||
        fail "a tool failed: $(tail -5 "$work/tools.log")"
    [[ -e $work/trace/control ]] || fail "no trace was written in $(find "$work/trace" 2>&1 | head -20)"
}

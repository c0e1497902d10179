# SPDX-License-Identifier: MIT
# Owns: what the journeys share: an installed imgbench in PATH, a directory to work in, real photos.
# A journey is what somebody types, in their order, and what they would look at. Sourced from the repository root.
source tests/integration/environment.bash

make -s install PREFIX="$work/usr" >"$work/install.log" 2>&1 || fail "make install: $(tail -3 "$work/install.log")"
PATH=$work/usr/bin:$PATH
[[ $(command -v imgbench) == "$work/usr/bin/imgbench" ]] || fail "imgbench is not the installed one: $(command -v imgbench)"
export XDG_STATE_HOME=$work/state
photos=/usr/share/libjxl-testdata/jxl/flower
mkdir "$work/project"
cd "$work/project"

# Runs a command that is to end with a code; keeps out and err beside the project.
ends_with() { # code command…
    local wanted=$1 code=0
    shift
    "$@" >../out 2>../err || code=$?
    ((code == wanted)) || fail "exit code $code, not $wanted: $*: $(tail -3 ../err)"
}
# A figure of a JSON report or comparison: python expression on d.
figure() { # file expression
    python3 -c "import json, sys; d = json.load(open(sys.argv[1])); print($2)" "$1"
}

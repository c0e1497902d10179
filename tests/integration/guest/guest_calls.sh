#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the guest rules and the records, call by call: victims that use every way to start children, to name threads, to
# move bytes, to map, to ask and to forbid see the same with and without the library, and their traces hold what they
# did.
source tests/integration/environment.bash
source tests/integration/guest/guest.bash

for name in children calls sockets filtered; do build $name $name -fno-builtin; done
for name in stdio streams; do
    build $name $name -fno-builtin
    build ${name}_inlined $name -O2 -DNDEBUG
    build ${name}_fortified $name -O2 -D_FORTIFY_SOURCE=2
done

# What the trace of the run before must hold; facts are of the bare run.
holds() { # name claim
    wanted "$1" || return 0
    local said
    said=$(python3 tests/integration/guest/guest_calls.py "$2" "$imgbench" "$work/trace-$1" "$work/bare.facts" 2>&1) || true
    report "$1-recorded" "$said"
}

for how in shells daemon abort abort_handled abort_jump exec quick_exit fork detached main_leaves names; do
    same "children-$how" "$victims/children" $how 2>/dev/null # the shell's word about those that abort
    holds "children-$how" "$how"
done
for how in ranges temporaries lengths copies numbers maps metadata refused; do
    same "calls-$how" "$victims/calls" $how
    holds "calls-$how" "$how"
done
same sockets "$victims/sockets"
holds sockets sockets
for how in {stdio,streams}{,_inlined,_fortified}; do
    same "$how" "$victims/$how"
    holds "$how" stdio
done
for how in ask prctl syscall strict; do
    same "filtered-$how" "$victims/filtered" $how
    holds "filtered-$how" "$([[ $how == ask ]] && echo ask || echo filtered)"
    wanted "filtered-$how" || continue
    said=$("$imgbench" report "$work/trace-filtered-$how" 2>&1) warned=$(babeltrace2 "$work/trace-filtered-$how" 2>&1 >/dev/null)
    problem=
    if [[ $how == ask ]]; then
        [[ $said != *"system call filter"* && $said == *" 0 lost)"* && -z $warned ]] || problem="losses where nothing was forbidden"
    else
        [[ $said == *"entered a system call filter"* && $said != *" 0 lost)"* ]] || problem="the report is silent; "
        [[ $warned == *"discarded events"* ]] || problem+="babeltrace2 is silent"
    fi
    report "filtered-$how-said" "$problem"
done
settings=(IMGBENCH_SAMPLE_MS=1)
same filtered-chances "$victims/filtered" chances
settings=()

echo "$bad guest rules broken"
((bad == 0))

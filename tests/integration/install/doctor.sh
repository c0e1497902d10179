#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: what imgbench doctor says of a good installation, and of one that something was taken from.
source tests/integration/environment.bash
cd "$work"
export XDG_STATE_HOME=$work/state

doctor() { # wanted exit code, a pattern of the line that is wanted, command…
    local wanted=$1 line=$2 code=0
    shift 2
    timeout 60 "$@" >out 2>err </dev/null || code=$?
    ((code == wanted)) && [[ ! -s err ]] || fail "exit code $code, not $wanted: $*: $(cat out err)"
    grep -qE -- "$line" out || fail "no line '$line': $*: $(<out)"
    if ((wanted)); then grep -qE '^Recording (does not work:|works, but not of)' out; else grep -q '^Recording works' out; fi ||
        fail "the last line: $*: $(<out)"
    if grep -vE '^(ok|note|FAILED) +[A-Za-z/]+( [A-Za-z/]+)? +[^ ]|^$|^Recording ' out; then fail "such a line: $*"; fi
}

doctor 0 '^ok +recording +[0-9]+ records of /[^ ]*/cat, with the head of an image' "$imgbench" doctor
grep -qE "^ok +version +$("$imgbench" --version | cut -d ' ' -f 2), of command and library" out || fail "$(<out)"
! grep FAILED out
[[ ! -e state/imgbench ]] || fail "doctor left something behind: $(find state)"
mkdir kept
doctor 0 "^ok +directory +$work/kept" env IMGBENCH_DIR="$work/kept" "$imgbench" doctor
[[ -d kept && ! $(ls -A kept) ]] || fail "doctor left something behind, or took the directory away"

# The library: gone, damaged, of another version.
mkdir alone && cp "$imgbench" alone
doctor 1 '^FAILED +library +libimgbench.so is neither beside imgbench' alone/imgbench doctor
echo "no library" >alone/libimgbench.so
doctor 1 '^FAILED +loading +ERROR: ld.so: .*cannot be preloaded' alone/imgbench doctor
head -c 100000 "$root/build/libimgbench.so" >alone/libimgbench.so
doctor 1 '^FAILED +loading .* signal 7 .* install it again' alone/imgbench doctor
version=$("$imgbench" --version | cut -d ' ' -f 2)
python3 - "$root/build/libimgbench.so" alone/libimgbench.so "$version" <<'PYTHON'
import sys
old = b"\0" + sys.argv[3].encode() + b"\0"
data = open(sys.argv[1], "rb").read()
assert old in data
open(sys.argv[2], "wb").write(data.replace(old, b"\0" + b"9" * (len(old) - 2) + b"\0"))
PYTHON
doctor 0 "^note +version +the library is of version 9+, the command of $version: install both again" alone/imgbench doctor

# Where traces go.
doctor 1 '^FAILED +directory +cannot make the trace directory /proc/nothing' env IMGBENCH_DIR=/proc/nothing "$imgbench" doctor
doctor 0 "^note +directory +/proc/nothing/imgbench cannot be made or written to: traces go to /tmp/imgbench-$EUID\$" \
    env XDG_STATE_HOME=/proc/nothing "$imgbench" doctor
doctor 1 '^FAILED +room .* MB are free, and a trace may take' env IMGBENCH_QUOTA=900000G "$imgbench" doctor
doctor 1 '^FAILED +recording +/[^ ]*/cat read an image and left no trace' env IMGBENCH_QUOTA=1 "$imgbench" doctor

# What forbids recording.
doctor 1 '^FAILED +setting +IMGBENCH=off is set' env IMGBENCH=off "$imgbench" doctor
doctor 0 '^note +setting +IMGBENCH_QUOTA=? has a value that cannot be used' env IMGBENCH_QUOTA=abc "$imgbench" doctor
mkdir empty
doctor 1 '^FAILED +loading +could not be tried: cat: command not found' env PATH="$work/empty" "$imgbench" doctor
printf '#!/bin/sh\nexit 3\n' >empty/cat && chmod +x empty/cat
doctor 1 '^FAILED +loading +.*/cat ended with exit code 3' env PATH="$work/empty" "$imgbench" doctor
printf '#!/bin/sh\nexec env -u LD_PRELOAD /bin/cat "$@"\n' >empty/cat
doctor 1 '^FAILED +loading +the loader did not load it into' env PATH="$work/empty:$PATH" "$imgbench" doctor
printf 'int main(void) { return 0; }\n' >static.c
gcc -static -o static static.c
doctor 1 '^FAILED +program +./static is statically linked' "$imgbench" doctor ./static
doctor 1 '^FAILED +program +nosuch: command not found in PATH' "$imgbench" doctor nosuch
doctor 1 '^Recording works, but not of 2 programs' "$imgbench" doctor ./static bash nosuch
doctor 1 '^Recording does not work: 1 check failed' env IMGBENCH=off "$imgbench" doctor nosuch
doctor 0 '^ok +program +/.*/bash' "$imgbench" doctor bash

# What only some figures need.
touch empty/libunwind.so.8
doctor 0 '^note +stacks +libunwind.so.8 is not there' env LD_LIBRARY_PATH="$work/empty" "$imgbench" doctor
if unshare --mount true 2>/dev/null; then
    cat >in-namespace <<'SH'
#!/bin/sh
exec unshare --mount --propagation private sh -c "$1 && exec \"\$0\" doctor" "$2"
SH
    chmod +x in-namespace # shell command, imgbench: in a mount namespace of its own, which ends with it
    doctor 0 '^note +cgroup limits +/sys/fs/cgroup is not mounted' ./in-namespace 'mount -t tmpfs none /sys/fs/cgroup' "$imgbench"
    doctor 1 '^FAILED +library +where imgbench lies could not be asked' ./in-namespace 'mount -t tmpfs none /proc' "$imgbench"
    grep -qE '^note +I/O count +/proc/self/io: No such file or directory: coverage cannot be told; mount /proc' out ||
        fail "$(<out)"
    cp "$imgbench" "$root/build/libimgbench.so" alone
    mkdir noexec
    doctor 1 '^FAILED +loading .* mounted noexec: install it elsewhere' ./in-namespace \
        "mount -t tmpfs -o noexec none noexec && cp alone/libimgbench.so noexec && mount --bind noexec/libimgbench.so alone/libimgbench.so" \
        alone/imgbench
    mkdir ram
    doctor 0 '^note +file system +ramfs: packets are written there' ./in-namespace \
        "mount -t ramfs none ram && export IMGBENCH_DIR='$work/ram'" "$imgbench"
else
    echo "skipped: taking parts of the system away needs a mount namespace (root)"
fi

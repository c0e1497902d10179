#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: make install and uninstall: what lies where, with which modes, and that the installed command works there.
source tests/integration/environment.bash

stage="$work/staged tree" # with blanks, on purpose
prefix=/opt/image\ tools
at=$stage$prefix
mkdir -p "$at/bin" "$at/share/man/man1"
touch "$at/bin/other" "$at/share/man/man1/other.1"
listing() { (cd "$stage" && find . -mindepth 1 -not -type d | sort); }
before=$(listing)
make -s install "DESTDIR=$stage" "PREFIX=$prefix"

for file in bin/imgbench lib/imgbench/libimgbench.so share/man/man1/imgbench.1 share/man/man5/imgbench-trace.5 \
    share/man/man7/libimgbench.7 share/bash-completion/completions/imgbench share/zsh/site-functions/_imgbench \
    share/fish/vendor_completions.d/imgbench.fish share/doc/imgbench/README.md share/doc/imgbench/report.md \
    share/doc/imgbench/format.md share/doc/imgbench/hooks.md share/doc/imgbench/report.schema.json; do
    [[ -s $at/$file ]] || fail "$file was not installed"
done
for header in include/imgbench/*.h; do [[ ! -e $header || -s $at/$header ]] || fail "$header was not installed"; done
wrong=$(cd "$stage" && find . -mindepth 1 \( -type d -not -perm 755 -o -path '*/bin/imgbench' -not -perm 755 \
    -o -type f -not -perm 644 -not -path '*/bin/*' \) -printf '%m %p\n')
[[ ! $wrong ]] || fail "modes: $wrong"

# Pages name the version and files that are there.
version=$("$at/bin/imgbench" --version)
for page in "$at"/share/man/man?/*imgbench*; do
    grep -q "^\.TH .* \"$version\"" "$page" || fail "$page does not say $version"
    while read -r file; do
        [[ -e $stage$file ]] || fail "$page names $file, which is not there"
    done < <(sed 's/\\-/-/g' "$page" | grep -o "$prefix[a-z/ ]*/[a-z.]*\.\(md\|json\)" || true)
    ! grep -nE '(docs|build)/' "$page" || fail "$page names a file of the sources"
done

# The installed command finds its library, whatever the path is called.
{ printf 'P6\n64 64\n255\n' && head -c 12288 /dev/urandom; } >"$work/in.ppm"
"$at/bin/imgbench" run --out="$work/trace" --report="$work/report" -- cwebp -quiet "$work/in.ppm" -o "$work/out.webp" ||
    fail "the installed imgbench does not run: $(cat "$work/report")"
grep -q '1 ok' "$work/report" || fail "$(<"$work/report")"

make -s uninstall "DESTDIR=$stage" "PREFIX=$prefix"
[[ $(listing) == "$before" ]] || fail "left behind, or taken away: $(diff <(echo "$before") <(listing))"
[[ ! -e $at/lib/imgbench && ! -e $at/share/doc/imgbench ]] || fail "directories of imgbench were left behind"

# A place where the command would not find its library is refused, before anything is written.
if make -s install "DESTDIR=$work/split" libdir=/elsewhere/lib 2>"$work/error"; then fail "a library far from its command"; fi
grep -q 'looks for its library in ../lib/imgbench' "$work/error" && [[ ! -e $work/split ]]

# It is the packager's own right: no root needed. The tree may lie where only root comes.
if ((EUID == 0)) && setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$root/scripts/install"; then
    install -d -o 65534 "$work/nobody"
    chmod 755 "$work"
    (umask 077 && setpriv --reuid=65534 --regid=65534 --clear-groups \
        make -s install "DESTDIR=$work/nobody/stage" PREFIX=/usr)
    [[ $(stat -c %a "$work/nobody/stage/usr/bin/imgbench" "$work/nobody/stage/usr/share/man") == $'755\n755' ]]
fi

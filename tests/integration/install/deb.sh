#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: that the Debian package is in order and works in a clean Debian 12, and the library alone in a clean Debian 11, both
# as containers run programs: not as root, nothing writable but a volume.
# The clean systems are kept below build/debian, so that only the first run takes minutes and needs a mirror: that one has
# to be asked for, with TEST_CLEAN_SYSTEMS=1.
source tests/integration/environment.bash
photo=/usr/share/libjxl-testdata/jxl/flower/flower_cropped.jpg
cache=$root/build/debian

package=$root/$(make -s deb | tail -n 1)
version=$("$imgbench" --version)
[[ imgbench\ $(dpkg-deb --field "$package" Version) == "$version" ]] || fail "$package is not of $version"
[[ $(dpkg-deb --field "$package" Depends) == *libc6*libjansson4* ]] || fail "$package does not say what it needs"
found=$(lintian --fail-on error "$package" 2>&1) || fail "lintian: $found"
dpkg-deb --contents "$package" | awk '$1 !~ /^(drwxr-xr-x|-rw-r--r--|-rwxr-xr-x)$/ || $2 != "root/root" { print; bad = 1 }
    END { exit bad }' || fail "modes or owners"

skip() {
    echo "skipped: not tried in a clean Debian: $*"
    exit 0
}
((EUID == 0)) || skip "that needs root"
unshare --mount --pid --fork true 2>/dev/null || skip "that needs namespaces of its own (mount, pid)"

# A clean system, from the mirror that this machine's own apt uses. All that is mounted goes with the namespace.
mirror=$(apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(CODENAME) $(REPO_URI)' 'Created-By: Packages' |
    awk '$1 == "Debian" && $2 == "main" && $3 !~ /-/ && $4 ~ /^http/ { print $4; exit }')
bootstrap() { # suite
    [[ ! -d $cache/$1 ]] || return 0
    rm -rf --one-file-system "$cache/$1.new"
    mkdir -p "$cache/$1.new"
    unshare --mount --propagation private debootstrap --variant=minbase --include=webp "$1" "$cache/$1.new" "$mirror" \
        >"$cache/$1.log" 2>&1 || fail "debootstrap of $1: $(tail -n 5 "$cache/$1.log")"
    rm -f "$cache/$1.new"/var/cache/apt/archives/*.deb
    mv "$cache/$1.new" "$cache/$1"
}
if [[ ! -d $cache/bookworm || ! -d $cache/bullseye ]]; then
    [[ ${TEST_CLEAN_SYSTEMS:-} ]] || skip "TEST_CLEAN_SYSTEMS=1 makes two, which takes some minutes"
    [[ $mirror ]] || skip "apt of this machine knows no Debian mirror"
    wget -q --timeout=10 --tries=2 -O /dev/null "${mirror%/}/dists/bookworm/Release" || skip "no Debian mirror is in reach"
    bootstrap bookworm &
    bootstrap bullseye
    wait $!
fi

# In a copy of a clean system that is thrown away: what is in ./shared is its /mnt. First as root, then as a user who can
# write nowhere but to a volume.
cat >"$work/in-system" <<'SH'
#!/bin/bash
# working directory, suite, command of root, the user, where the volume is, command of the user
set -e
cd "$1"
mkdir -p shared/volume "$2"/{upper,work,root}
ln -sfn "$cache/$2" "$2/clean"
cd "$2"
mount -t overlay overlay -o lowerdir=clean,upperdir=upper,workdir=work root 2>/dev/null || cp -a clean/. root
cp /etc/resolv.conf root/etc/ || true
mount --bind root root
mount -t proc proc root/proc
mount --bind ../shared root/mnt
inside="env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive"
$inside chroot root bash -ec "$3"
mount -o remount,bind,ro root
mount -o remount,bind,ro root/mnt
chown --reference="root$5" ../shared/volume # as a new volume
mount --bind ../shared/volume "root$5"
$inside HOME=/nonexistent TMPDIR="$5" chroot root \
    setpriv --reuid="${4%:*}" --regid="${4#*:}" --clear-groups bash -ec "$6"
SH
in_system() { # suite, command of root, command of the user
    cache=$cache timeout 150 unshare --mount --pid --fork --propagation private bash "$work/in-system" "$work" "$@" \
        >"$work/log" 2>&1 || fail "$1: $(tail -n 25 "$work/log")"
}
mkdir -p "$work/shared/archives" "$cache/archives"
chmod 755 "$work" "$work/shared"
cp "$photo" "$work/shared/photo.jpg"
cp "$package" "$work/shared/imgbench.deb"
cp tests/smoke.sh "$work/shared"
cp "$cache"/archives/*.deb "$work/shared/archives" 2>/dev/null || true

in_system bookworm 'cp /mnt/archives/*.deb /var/cache/apt/archives 2>/dev/null || true
    ls /var/lib/apt/lists/*Packages* >/dev/null 2>&1 || apt-get -q update
    apt-get -q --yes --no-install-recommends -o APT::Keep-Downloaded-Packages=true install /mnt/imgbench.deb
    cp /var/cache/apt/archives/*.deb /mnt/archives
    bash /mnt/smoke.sh all imgbench /mnt/photo.jpg
    mkdir /volume && chown 65534 /volume' 65534:65534 /volume \
    '! touch /usr/lib/imgbench/x 2>/dev/null
    export IMGBENCH_DIR=/volume/doctor && imgbench doctor cwebp && unset IMGBENCH_DIR
    bash /mnt/smoke.sh all imgbench /mnt/photo.jpg
    bash /mnt/smoke.sh record /usr/lib/imgbench/libimgbench.so /mnt/photo.jpg /volume/bookworm'
[[ $(grep -c '^smoke: ok' "$work/log") == 3 ]] || fail "bookworm: $(<"$work/log")"
tests/smoke.sh analyze "$imgbench" "$work/shared/volume/bookworm"
cp "$work"/shared/archives/*.deb "$cache/archives"

# Debian 11: the library and nothing else, as the README's recipe for an image has it.
recipe=$(sed -n '/^    FROM your-image/,/^$/s/^    //p' README.md)
word() { sed -n "s/^$1 //p" <<<"$recipe"; }
read -r _ from to <<<"$(word COPY)"
[[ $(dpkg-deb --contents "$package") == *".$from"* ]] || fail "README: the package has no $from"
cp build/libimgbench.so "$work/shared"
rm -r "$work/shared/volume"
in_system bullseye "mkdir -p $to && cp /mnt/libimgbench.so $to && $(word RUN)" "$(word USER)" "$(word VOLUME)" \
    "export $(word ENV)
    cwebp -quiet -q 80 /mnt/photo.jpg -o $(word VOLUME)/photo.webp"
[[ ! -s $work/log ]] || fail "bullseye: $(<"$work/log")"
tests/smoke.sh analyze "$imgbench" "$work/shared/volume/run"

# It is taken away as it came.
in_system bookworm 'cp /mnt/archives/*.deb /var/cache/apt/archives
    apt-get -q --yes --no-install-recommends install /mnt/imgbench.deb
    dpkg --purge imgbench
    [[ ! $(find / -xdev -name "*imgbench*" -not -path "/mnt/*" -not -path "/var/log/*" -print -quit) ]]' 0:0 /mnt true

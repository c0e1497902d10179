#!/bin/sh
# SPDX-License-Identifier: MIT
# Owns: a session with coreutils and their like in the working directory; what it prints and leaves is the same each time.
# Must not know: who watches.
set -eu
umask 022
seq 1 40000 | awk '{ print ($1 * 7919) % 40009, $1, "line" }' >numbers
sort -n numbers >sorted
sort -rn -k 2 -S 200k --parallel=2 -T . numbers -o reversed
sort -c -n sorted && echo in order
uniq -w 2 sorted | wc
split -b 50000 -d numbers part. && cat part.* | cmp - numbers
split -n l/3 numbers third. && wc -l third.*
csplit -s -f section. -n 3 numbers 100 '{3}' && ls section.*
head -c 300000 /dev/zero | tr '\0' 'x' | fold -w 70 >folded
dd if=numbers of=copied bs=4k count=20 conv=sync status=none
dd if=numbers of=copied bs=512 seek=400 skip=3 count=9 conv=notrunc,fsync status=none
dd if=/dev/zero of=sparse bs=1 count=0 seek=1000000 status=none
dd if=numbers bs=7 count=3000 status=none | cksum
truncate -s 12345 copied && stat -c '%s %a %h %F' copied sparse
md5sum numbers sorted >sums && md5sum -c sums
for sum in sha1sum sha224sum sha256sum sha384sum sha512sum b2sum cksum sum; do $sum reversed; done
base64 folded | base64 -d | cmp - folded
base32 copied | tail -n 1
tac numbers | tail -n +2 | nl | tail -n 3
paste -d : sorted reversed | cut -d : -f 1 | comm -12 - sorted | wc -l
join -j 1 sorted sorted 2>&1 | head -n 2
mkdir -p tree/a/b tree/c && cp numbers tree/a && cp sorted tree/a/b
ln tree/a/numbers tree/c/hard && ln -s ../a/b tree/c/soft && ln -sf nowhere tree/c/broken
mkfifo tree/c/fifo && chmod 640 tree/a/numbers && touch -d '2001-02-03 04:05:06' tree/a/b/sorted tree/c/hard
cp -a tree copy && cp -rL tree/a other && cp --sparse=always sparse sparse2 && cp -u numbers other/ && cp --reflink=auto numbers again
mv other/b moved && mv -n numbers tree/a/ && mv -f again renamed && mv -b renamed reversed
install -m 750 -D sorted in/stalled/here && install -d -m 700 in/private
rm -r tree/c && rmdir in/private && unlink copied
shred -n 2 -u -z section.000 2>&1
tee one two <sums | wc -c
tee /dev/full <sums >three 2>&1 || echo "tee: $?"
cat missing 2>&1 || echo "cat: $?"
cat sums >/dev/full 2>&1 || echo "cat: $?"
yes | head -n 3
yes 2>&1 >/dev/full || echo "yes: $?"
timeout 0.05 sleep 5 || echo "timeout: $?"
timeout -s KILL 0.05 sleep 5 2>/dev/null || echo "timeout: $?"
nice -n 3 nice
nohup echo kept 2>&1
env -i A=1 env | grep -v '^LD_\|^IMGBENCH'
stdbuf -oL echo by lines
seq 1 3 | xargs -n 1 -P 2 echo | sort
find . -type f | sort | xargs wc -c | tail -n 1
find copy -newermt 2001-01-01 ! -newermt 2001-03-01 -printf '%p %y %m %n %s %TY\n' | sort
tar -cf all.tar --sort=name --mtime=@1 --owner=0 --group=0 copy moved in && tar -tvf all.tar && tar -xf all.tar -C in
gzip -9nk all.tar && gunzip -c all.tar.gz | cmp - all.tar && xz -T 1 -0 -c all.tar | xz -dc | cmp - all.tar
cp all.tar small.tar && gzip -1n small.tar && zcat small.tar.gz | md5sum
grep -rc 77 copy | sort
sed -i.bak -e 's/line/LINE/' -e '3,9d' sorted && diff sorted sorted.bak | head -n 5
diff -r tree copy | sort
od -A d -t x1z -N 40 folded
du -b --apparent-size sums one
stat -c '%n %A %h %s' copy/a/* copy/c/* moved
ls -lR --time-style=+ . | grep -v '^total' | awk '{ $2 = ""; print }'

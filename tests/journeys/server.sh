#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the journey of a server that must not stop: started paused, recorded for a while on the running process, reported
# while it goes on, ended with TERM as its operator ends it.
source tests/journeys/environment.bash

cp $photos/flower_cropped.jpg photo.jpg
cat >server.mjs <<'NODE'
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
const sharp = createRequire(process.argv[2] + '/package.json')('sharp');
const photo = readFileSync('photo.jpg');
const server = createServer(async (request, response) => {
    const width = Number(new URL(request.url, 'http://localhost').searchParams.get('width'));
    const image = await sharp(photo).resize({ width }).webp({ quality: 80 }).toBuffer();
    response.writeHead(200, { 'content-type': 'image/webp' }).end(image);
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.on('SIGTERM', () => server.close(() => process.exit(0)));
NODE
IMGBENCH_START=paused imgbench run --out trace --report last.txt -- node server.mjs "$root/build/node" >port 2>../err &
pid=$!
for ((i = 0; i < 100; i++)); do [[ -s port ]] && break; sleep 0.1; done
[[ -s port ]] || fail "the server did not start: $(<../err)"
get() { # how many
    for ((k = 0; k < $1; k++)); do
        python3 -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1]).read()' "http://127.0.0.1:$(<port)/?width=$((100 + k))"
    done
}
ends_with 0 imgbench status trace
grep -q paused ../out || fail "$(<../out)"
get 3 # not recorded
ends_with 0 imgbench start trace
get 5
ends_with 0 imgbench status trace
grep -q recording ../out || fail "$(<../out)"
ends_with 0 imgbench stop trace
get 2 # not recorded
# It is looked at while the server goes on.
imgbench report --json=during.json trace >/dev/null
[[ $(figure during.json 'd["totals"]["images"]') == 5 ]] || fail "images: $(figure during.json 'd["totals"]')"
kill -0 $pid
kill -TERM $pid
wait $pid && code=0 || code=$?
((code == 0)) || fail "it ended with $code: $(<../err)"
grep -Eq '^- Images: 5 ok, 0 failed' last.txt || fail "$(grep Images last.txt)"

// SPDX-License-Identifier: MIT
// Owns: an example: a front end that names its own moments, in Node.
// Must not know: whether anybody listens.
//
//     LD_PRELOAD=$PWD/build/libimgbench.so node examples/node/frontend.mjs out photo.jpg … && build/imgbench report
//
// Stands for a desktop program: pictures are dropped on it, it hands them to cwebp two at a time, and shows how far it is.
// The names are those that the report has a section for, see docs/report.md, Marks.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';

// A million of them take a second: no condition is needed around them.
const mark = (name, data, moment = 'mark') => existsSync(`imgbench:${moment}:${name}${data ? `?${JSON.stringify(data)}` : ''}`);
const begin = (name, data) => mark(name, data, 'begin');
const end = (name, data) => mark(name, data, 'end');

let done = 0;
function update(total) {
    begin('frontend.update');
    process.stdout.write(`${++done} of ${total}\n`);
    end('frontend.update');
}

function convert(picture, out) {
    const target = path.join(out, `${path.parse(picture).name}.webp`);
    return new Promise((resolve, reject) => {
        const tool = spawn('cwebp', ['-quiet', '-q', '80', picture, '-o', target], { stdio: 'inherit' });
        tool.on('error', reject);
        tool.on('exit', (code) => (code ? reject(new Error(`cwebp ended with ${code}`)) : resolve()));
    });
}

const [out, ...pictures] = process.argv.slice(2);
mkdirSync(out, { recursive: true });
mark('frontend.interaction.drop', { pictures: pictures.length });
mark('frontend.drop');
mark('frontend.start');
const waiting = pictures.map((picture, id) => ({ picture, id }));
async function lane() {
    for (let job; (job = waiting.shift()); ) {
        begin('picture', { id: job.id }); // both lanes are on one thread: the id says which end is whose
        await convert(job.picture, out);
        end('picture', { id: job.id });
        update(pictures.length);
    }
}
await Promise.all([lane(), lane()]);

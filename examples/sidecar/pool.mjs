// SPDX-License-Identifier: MIT
// Owns: an example: the host of a sidecar, a pool of worker processes that get jobs as JSON, a line each, on their stdin.
// Must not know: how pictures are made; whether anybody listens.
//
//     NODE_PATH=build/node/node_modules LD_PRELOAD=$PWD/build/libimgbench.so \
//         node examples/sidecar/pool.mjs 2 out photo.jpg … && build/imgbench report
//
// Makes a WebP and an AVIF of each picture with as many workers as the first argument says. Prints a line per job, in
// the order of the jobs; the exit code is 1 when one failed.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const mark = (name, data) => existsSync(`imgbench:mark:${name}${data ? `?${JSON.stringify(data)}` : ''}`);
const [count, out, ...pictures] = process.argv.slice(2);
const formats = { webp: { quality: 80, effort: 4 }, avif: { quality: 50, effort: 2 } };

function startWorker() {
    const child = spawn(process.execPath, [fileURLToPath(new URL('worker.mjs', import.meta.url))], {
        stdio: ['pipe', 'pipe', 'inherit'],
    });
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return {
        async ask(job) {
            child.stdin.write(`${JSON.stringify(job)}\n`);
            const { value, done } = await answers.next();
            if (done) throw new Error('a worker ended before its answer');
            return JSON.parse(value);
        },
        stop: () => new Promise((resolve) => child.on('exit', resolve).stdin.end()),
    };
}

mkdirSync(out, { recursive: true });
mark('frontend.drop', { pictures: pictures.length });
const jobs = pictures.flatMap((source) =>
    Object.entries(formats).map(([format, options]) => ({ source, target: path.join(out, `${path.parse(source).name}.${format}`), format, options })),
);
const answers = new Array(jobs.length);
const workers = Array.from({ length: Number(count) }, startWorker);
mark('frontend.start');
let next = 0;
await Promise.all(
    workers.map(async (worker) => {
        while (next < jobs.length) {
            const at = next++;
            answers[at] = await worker.ask(jobs[at]);
        }
    }),
);
await Promise.all(workers.map((worker) => worker.stop()));
for (const [i, answer] of answers.entries()) console.log(`${path.basename(jobs[i].target)}: ${answer.error ?? `${answer.bytes} bytes`}`);
process.exitCode = answers.some((answer) => answer.error) ? 1 : 0;

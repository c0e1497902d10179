// SPDX-License-Identifier: MIT
// Owns: a program that makes images with sharp as told, several in flight.
// Must not know: the profiler, what is expected of the images.
//
//   node sharp_jobs.mjs MODULES JOBS PARALLEL
//
// JOBS is a file with a JSON list of { in, out, format, options, width, how, pause }. pause: ms before it. how:
//   file    sharp(path).toFile(path)
//   buffer  fs.readFile, toBuffer, fs.writeFile
//   stream  a read stream piped into sharp, which is piped into a write stream
// Prints the name and what sharp says of each image, in the order of the list.
import { createReadStream, createWriteStream } from 'node:fs';
import { createRequire } from 'node:module';
import { readFile, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import path from 'node:path';

const [, , modules, list, parallel] = process.argv;
const sharp = createRequire(path.resolve(modules, 'package.json'))('sharp');

async function make({ in: source, out, format, options, width, how, pause }) {
    if (pause) await setTimeout(pause);
    let image = how === 'stream' ? sharp() : sharp(how === 'file' ? source : await readFile(source));
    if (width) image = image.resize({ width });
    image = image[format](options);
    if (how === 'file') return (await image.toFile(out)).size;
    if (how === 'buffer') {
        const { data, info } = await image.toBuffer({ resolveWithObject: true });
        await writeFile(out, data);
        return info.size;
    }
    await pipeline(createReadStream(source), image, createWriteStream(out));
    return 'piped';
}

const jobs = JSON.parse(await readFile(list));
const said = [];
let next = 0;
async function worker() {
    while (next < jobs.length) {
        const at = next++;
        said[at] = await make(jobs[at]).catch(() => 'failed');
    }
}
await Promise.all(Array.from({ length: Number(parallel) }, worker));
jobs.forEach((job, at) => console.log(path.basename(job.out), said[at]));

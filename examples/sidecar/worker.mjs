// SPDX-License-Identifier: MIT
// Owns: an example: a sidecar's worker: reads jobs from stdin, makes pictures with sharp, answers on stdout.
// Must not know: who asks; whether anybody listens.
//
// Stages that only this program knows of are spans sidecar.NAME; what sharp, the files and the memory do is seen without
// them. sharp works on other threads meanwhile: one job at a time, so that no id is needed.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const sharp = createRequire(import.meta.url)('sharp'); // NODE_PATH says where

async function span(name, work) {
    existsSync(`imgbench:begin:sidecar.${name}`);
    try {
        return await work();
    } finally {
        existsSync(`imgbench:end:sidecar.${name}`);
    }
}

async function make({ source, target, format, options }) {
    try {
        await span('probe', () => sharp(source).metadata());
        const { size } = await span(`make.${format}`, () => sharp(source).resize({ width: 320 })[format](options).toFile(target));
        return { bytes: size };
    } catch (error) {
        return { error: error.message };
    }
}

for await (const line of createInterface({ input: process.stdin })) process.stdout.write(`${JSON.stringify(await make(JSON.parse(line)))}\n`);

// SPDX-License-Identifier: MIT
// Owns: an image server made of node and sharp, and the clients that load it.
// Must not know: the profiler.
//
//   node server.mjs serve MODULES IMAGES        answers on a free port of 127.0.0.1, which it prints; ends on SIGTERM
//   node server.mjs load PORT IMAGES SECONDS    four clients at once, every request at least once, each with a quality
//                                               of its own; prints as JSON what was asked and answered
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { readFile, readdir } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';

const CLIENTS = 4;
const BOUNDARY = 'between-the-parts';

async function whole(message) {
    const parts = [];
    for await (const part of message) parts.push(part);
    return Buffer.concat(parts);
}

// The last part of a multipart body.
function lastPart(body) {
    const head = body.lastIndexOf(`--${BOUNDARY}\r\n`);
    return body.subarray(body.indexOf('\r\n\r\n', head) + 4, body.lastIndexOf(`\r\n--${BOUNDARY}--`));
}

function serve(modules, images) {
    const sharp = createRequire(path.resolve(modules, 'package.json'))('sharp');
    const options = (type, quality) => ({
        webp: { quality, effort: 2 },
        avif: { quality, effort: 0 },
        png: { compressionLevel: quality % 10 },
        jpeg: { quality },
    })[type];

    async function imageOf(request, url) {
        if (request.method === 'GET')
            return readFile(path.join(images, path.basename(url.searchParams.get('file')))).catch(() => null);
        const body = await whole(request);
        return url.pathname === '/form' ? lastPart(body) : body;
    }

    // /webp and /convert know the length of what they answer, /stream sends it in chunks.
    async function answer(request, response) {
        const url = new URL(request.url, 'http://localhost');
        const image = await imageOf(request, url);
        const type = url.pathname === '/stream' ? 'jpeg' : (url.searchParams.get('to') ?? 'webp');
        if (!image) {
            response.writeHead(404).end('no such image\n');
            return;
        }
        const [width, quality] = ['width', 'quality'].map((name) => Number(url.searchParams.get(name)));
        const work = sharp(image).resize({ width })[type](options(type, quality));
        if (url.pathname === '/stream') {
            response.writeHead(200, { 'Content-Type': `image/${type}` });
            work.pipe(response);
            return;
        }
        const result = await work.toBuffer();
        response.writeHead(200, { 'Content-Type': `image/${type}`, 'Content-Length': result.length }).end(result);
    }

    const server = http.createServer((request, response) => {
        answer(request, response).catch((error) => response.writeHead(422).end(`${error.message}\n`));
    });
    server.keepAliveTimeout = 60000;
    server.listen(0, '127.0.0.1', () => console.log(server.address().port));
    process.on('SIGTERM', () => {
        server.close();
        server.closeAllConnections();
    });
}

function ask(agent, port, request) {
    return new Promise((resolve, reject) => {
        const options = { host: '127.0.0.1', port, agent, method: request.body ? 'POST' : 'GET', path: request.path };
        const sent = http.request(options, (response) => {
            whole(response).then((bytes) => resolve({ status: response.statusCode, bytes }), reject);
        });
        sent.on('error', reject);
        sent.end(request.body);
    });
}

// Every request there is, in the order in which they are asked again and again.
async function requests(images, form) {
    const all = [{ path: '/webp?file=missing.png&width=1' }];
    for (const name of (await readdir(images)).sort()) {
        const body = await readFile(path.join(images, name));
        for (const width of [64, 200]) all.push({ path: `/webp?file=${name}&width=${width}` });
        all.push({ path: `/stream?file=${name}&width=100` });
        all.push({ path: `/convert?to=webp&width=96&of=${name}`, body });
        all.push({ path: `/convert?to=avif&width=48&of=${name}`, body });
    }
    all.push({ path: all.at(-1).path.replace(/to=avif&width=48/, 'to=png&width=1000'), body: all.at(-1).body });
    all.push({ path: '/convert?to=webp&width=9&of=text', body: Buffer.from('BM\xff\x0a P6 1 no image', 'latin1') });
    const head = (name) => `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`;
    all.push({
        path: '/form?width=32',
        body: Buffer.concat([Buffer.from(`${head('note')}P6 too\r\n${head('image')}`), form,
                             Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]),
    });
    // Each has a quality of its own; a PNG's is no quality.
    return all.map((request, at) => ({ ...request, path: `${request.path}&quality=${30 + at}` }));
}

async function load(port, images, seconds) {
    const agent = new http.Agent({ keepAlive: true, maxSockets: CLIENTS });
    const first = { path: `/webp?file=${(await readdir(images)).sort()[0]}&width=64&quality=29` };
    const form = (await ask(agent, port, first)).bytes;
    const all = await requests(images, form);
    const said = { answered: 1, good: 1, posted: 0, digests: {}, sent: [], received: [form.length],
                   asked: [['webp', 29, form.length]] };
    const end = Date.now() + seconds * 1000;
    let next = 0;

    async function client() {
        while (next < all.length || Date.now() < end) {
            const request = all[next++ % all.length];
            const { status, bytes } = await ask(agent, port, request);
            const name = `${request.body ? 'POST' : 'GET'} ${request.path}`;
            const digest = `${status} ${createHash('sha256').update(bytes).digest('hex')}`;
            if ((said.digests[name] ??= digest) !== digest) throw new Error(`${name}: two answers`);
            said.answered++;
            if (status !== 200) continue;
            said.good++;
            said.posted += Boolean(request.body);
            if (request.body && !name.includes('/form')) said.sent.push(request.body.length);
            const stream = name.includes('/stream');
            if (!stream) said.received.push(bytes.length);
            const asked = new URL(request.path, 'http://localhost').searchParams;
            said.asked.push([stream ? 'jpeg' : (asked.get('to') ?? 'webp'), Number(asked.get('quality')),
                             stream ? null : bytes.length]);
        }
    }
    await Promise.all(Array.from({ length: CLIENTS }, client));
    agent.destroy();
    console.log(JSON.stringify(said));
}

const [, , role, ...rest] = process.argv;
if (role === 'serve') serve(...rest);
else await load(...rest);

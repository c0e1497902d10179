// SPDX-License-Identifier: MIT
// Owns: work with node's files, streams, worker threads and child processes whose outcome is the same each time.
// Must not know: who watches.
const fs = require('node:fs'), path = require('node:path'), zlib = require('node:zlib'), crypto = require('node:crypto');
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');
const { execFileSync, spawn, fork, exec } = require('node:child_process');
const { pipeline } = require('node:stream/promises');
const digest = (data) => crypto.createHash('sha1').update(data).digest('hex').slice(0, 12);
const content = (n) => Buffer.from(Array.from({ length: 20000 + n }, (_, i) => (i * (n + 3)) & 255));

if (process.argv[2] === 'child') {
    process.on('message', (m) => process.send({ got: m.n * 2 }, () => process.disconnect()));
} else if (!isMainThread) {
    const name = `worker.${workerData}`;
    fs.writeFileSync(name, content(workerData));
    fs.appendFileSync(name, zlib.deflateSync(content(workerData)));
    fs.promises.readFile(name).then((data) => {
        fs.renameSync(name, `${name}.done`);
        parentPort.postMessage([workerData, digest(data), new SharedArrayBuffer(64).byteLength]);
    });
} else {
    main().catch((error) => { console.error(error); process.exit(1); });
}

async function main() {
    const say = (...words) => console.log(...words);
    // synchronous
    fs.mkdirSync('a/b/c', { recursive: true });
    const fd = fs.openSync('a/file', 'w+', 0o640);
    fs.writeSync(fd, content(1), 0, 1000, 500);
    fs.writevSync(fd, [Buffer.from('one'), Buffer.from('two')]);
    fs.ftruncateSync(fd, 1200);
    fs.fsyncSync(fd);
    fs.futimesSync(fd, 1000, 2000);
    say(fd, fs.fstatSync(fd).size, digest(fs.readFileSync('a/file')), fs.readSync(fd, Buffer.alloc(50), 0, 50, 1190));
    fs.closeSync(fd);
    fs.copyFileSync('a/file', 'a/b/copy', fs.constants.COPYFILE_EXCL);
    fs.linkSync('a/file', 'a/link');
    fs.symlinkSync('file', 'a/soft');
    fs.cpSync('a', 'z', { recursive: true });
    for (const f of ['openSync', 'readFileSync', 'statSync', 'rmdirSync', 'unlinkSync', 'readdirSync', 'accessSync'])
        try { fs[f]('missing', 'r'); } catch (error) { say(f, error.code, error.errno, error.message); }
    say(fs.readdirSync('a', { recursive: true }).sort(), fs.readlinkSync('a/soft'), fs.realpathSync('a/soft').split('/').pop());
    say(fs.mkdtempSync(path.join('a', 'temp-')).length);
    fs.rmSync('z', { recursive: true });
    // callbacks and promises, many at once
    const results = await Promise.all(Array.from({ length: 60 }, async (_, n) => {
        await fs.promises.writeFile(`p.${n}`, content(n));
        const handle = await fs.promises.open(`p.${n}`, 'r+');
        await handle.write('xyz', 100);
        await handle.datasync();
        const { size, mode, nlink } = await handle.stat();
        const data = await handle.readFile();
        await handle.close();
        await new Promise((done, fail) => fs.rename(`p.${n}`, `q.${n}`, (e) => (e ? fail(e) : done())));
        return [n, size, mode, nlink, digest(data)].join(' ');
    }));
    say(digest(results.join('\n')), results[59]);
    // streams
    fs.writeFileSync('big', Buffer.concat(Array.from({ length: 40 }, (_, n) => content(n))));
    await pipeline(fs.createReadStream('big', { highWaterMark: 5000 }), zlib.createGzip(), fs.createWriteStream('big.gz'));
    await pipeline(fs.createReadStream('big.gz'), zlib.createGunzip(), fs.createWriteStream('big.again', { mode: 0o600 }));
    say(digest(fs.readFileSync('big')) === digest(fs.readFileSync('big.again')), digest(fs.readFileSync('big.gz')));
    let lines = 0;
    for await (const line of require('node:readline').createInterface({ input: fs.createReadStream('big') })) lines += line.length;
    say('lines', lines);
    // a watch sees a write
    const watched = await new Promise((done) => {
        const watcher = fs.watch('a', (_, name) => { watcher.close(); done(name); });
        setTimeout(() => fs.writeFileSync('a/seen', 'x'), 20);
    });
    say('watched', watched);
    // twenty workers
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => new Promise((done, fail) => {
        const worker = new Worker(__filename, { workerData: n });
        let answer;
        worker.on('message', (m) => { answer = m; }).on('error', fail).on('exit', (code) => done([...answer, code]));
    })));
    say(answers.map((a) => a.join(' ')).join('\n'));
    const stopped = new Worker('for (;;) require("fs").readFileSync("big");', { eval: true });
    await new Promise((done) => setTimeout(done, 30));
    await stopped.terminate();
    // children
    say(execFileSync('sort', ['-rn'], { input: '1\n3\n2\n' }).toString());
    say(execFileSync('sh', ['-c', 'ls /proc/self/fd | wc -l']).toString().trim());
    say(await new Promise((done) => exec('echo out; echo err >&2; exit 3', (e, out, err) => done([e.code, out, err]))));
    say(await new Promise((done) => spawn('sleep', ['9']).on('exit', (c, s) => done([c, s])).kill('SIGTERM')));
    say(await new Promise((done) => spawn('missing-program').on('error', (e) => done(e.code))));
    say(await new Promise((done) => fork(__filename, ['child']).on('message', done).send({ n: 21 })));
    const cat = spawn('cat');
    const back = [];
    cat.stdout.on('data', (d) => back.push(d));
    const closed = new Promise((done) => cat.on('close', done));
    fs.createReadStream('big').pipe(cat.stdin);
    say('cat', await closed, digest(Buffer.concat(back)));
    fs.rmSync(fs.readdirSync('a').filter((n) => n.startsWith('temp-')).map((n) => `a/${n}`)[0], { recursive: true });
    process.exitCode = 4;
}

// SPDX-License-Identifier: MIT
// Owns: that DuckDB reads what `imgbench export --ndjson` writes, and sums it up to what the JSON report says.
// Arguments: where DuckDB is installed, the report, the images' lines, the records' lines.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [modules, reportPath, imagesPath, recordsPath] = process.argv.slice(2);
const { DuckDBInstance } = createRequire(`${resolve(modules)}/`)("@duckdb/node-api");
const report = JSON.parse(readFileSync(reportPath, "utf8"));
const connection = await (await DuckDBInstance.create(":memory:")).connect();
const quoted = (text) => `'${text.replaceAll("'", "''")}'`;

/** The rows of a query, numbers as numbers. */
async function rows(sql) {
    const reader = await connection.runAndReadAll(sql);
    return reader.getRowObjects().map((row) =>
        Object.fromEntries(Object.entries(row).map(([key, value]) => [key, typeof value === "bigint" ? Number(value) : value])));
}
const sum = (list, key) => list.reduce((total, one) => total + (key(one) ?? 0), 0);
const near = (a, b, what) => assert.ok(Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b)), `${what}: ${a}, not ${b}`);

await connection.run(`CREATE TABLE images AS SELECT * FROM read_json(${quoted(imagesPath)}, format = 'newline_delimited')`);
await connection.run(`CREATE TABLE records AS SELECT * FROM read_json(${quoted(recordsPath)},
    format = 'newline_delimited', sample_size = -1, maximum_depth = 2)`);

const [all] = await rows(`SELECT count(*) AS n, sum(busy_s) AS busy_s, sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out,
    sum(stages.encode_s) AS encode_s, sum(io.read_bytes) AS read_bytes FROM images`);
assert.equal(all.n, report.images.length);
near(all.busy_s, sum(report.images, (i) => i.busy_s), "busy_s");
near(all.encode_s, sum(report.images, (i) => i.stages.encode_s), "encode_s");
assert.equal(all.read_bytes, sum(report.images, (i) => i.io.read_bytes));
assert.equal(all.bytes_in, sum(report.images, (i) => i.bytes_in));
assert.equal(all.bytes_out, sum(report.images, (i) => i.bytes_out));

// Of chains that came to an end, each source and each surviving final once: the report's totals, from the lines alone.
const [totals] = await rows(`WITH files AS (SELECT DISTINCT f.id AS id, f.role AS role, f.bytes AS bytes
    FROM (SELECT unnest(list_concat(input_files, output_files)) AS f FROM images
        WHERE chain_id IN (SELECT chain_id FROM images WHERE status = 'ok')))
    SELECT sum(bytes) FILTER (role = 'source') AS bytes_in, sum(bytes) FILTER (role = 'final') AS bytes_out FROM files`);
assert.deepEqual(totals, { bytes_in: report.totals.bytes_in, bytes_out: report.totals.bytes_out });

// By format, as sums over chains' ends.
for (const [format, row] of Object.entries(report.formats)) {
    const [found] = await rows(`SELECT count(DISTINCT chain_id) AS n FROM images
        WHERE output_files[1].format = ${quoted(format)} AND output_files[1].role = 'final' AND status = 'ok'`);
    assert.equal(found.n, row.images, format);
}

// Records: every one, every byte.
const [records] = await rows(`SELECT count(*) AS n, sum(json_extract(io, '$.kernel_bytes')::BIGINT) AS io FROM records`);
assert.equal(records.n, report.coverage.records);
assert.ok(records.io > 0);
const calls = await rows(`SELECT count(*) AS n FROM records WHERE kind = 'codec_call'`);
assert.ok(calls[0].n > 0);
const processes = await rows(`SELECT pid, json_extract_string(process, '$.exe') AS exe FROM records WHERE kind = 'process' ORDER BY pid, exe`);
const expected = report.processes.map((p) => ({ pid: p.pid, exe: p.exe }));
expected.sort((a, b) => a.pid - b.pid || (a.exe < b.exe ? -1 : 1));
assert.deepEqual(processes, expected);
console.log(`${all.n} images, ${records.n} records`);

// SPDX-License-Identifier: MIT
// Owns: whether JSON reports are what docs/report.schema.json promises, by ajv, and no more than that: the schema lets
// later versions add keys, this test does not. Arguments: the schema, docs/report.md, reports.
// Must not know: what the figures mean.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../../build/node/package.json", import.meta.url));
const Ajv = require("ajv/dist/2020").default;
const [, , schemaPath, pagePath, ...reports] = process.argv;
const schema = JSON.parse(readFileSync(schemaPath, "utf8"));
const page = readFileSync(pagePath, "utf8");
let wrong = 0;
const fail = (text) => {
  console.log(text);
  wrong++;
};

// Every object that names its properties has no others; every key is explained in the documentation.
const keys = new Set();
const parts = new Set(); // definitions that others are put together from: these are closed as a whole
JSON.stringify(schema, (key, value) => {
  if (key === "allOf") value.forEach((each) => parts.add(each.$ref?.split("/").pop()));
  return value;
});
function close(node, part = false) {
  if (Array.isArray(node)) return node.forEach((each) => close(each, part));
  if (node === null || typeof node !== "object") return;
  if (node.properties) {
    if (!part && !node.allOf && node.additionalProperties === undefined) node.additionalProperties = false;
    Object.keys(node.properties).forEach((key) => keys.add(key));
    const missing = Object.keys(node.properties).filter((key) => !(node.required ?? []).includes(key));
    if (missing.length) fail(`schema: not required: ${missing.join(", ")}`);
  }
  if (node.allOf) node.unevaluatedProperties = false;
  for (const [key, value] of Object.entries(node)) close(value, key === "allOf");
}
close(schema.properties);
for (const [name, value] of Object.entries(schema.$defs)) close(value, parts.has(name));
for (const key of [...keys].sort()) {
  const name = key.replace(/_s$/, "");
  if (!new RegExp(`\\b${name}(_s)?\\b`).test(page)) fail(`${pagePath}: nothing about the key ${key}`);
}

const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true, allowUnionTypes: true });
ajv.addFormat("date-time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const validate = ajv.compile({ ...schema, additionalProperties: false });
function check(report, what) {
  if (validate(report)) return true;
  for (const error of validate.errors.slice(0, 20))
    fail(`${what}: ${error.instancePath || "/"}: ${error.message} ${JSON.stringify(error.params)}`);
  return false;
}

for (const path of reports) {
  const report = JSON.parse(readFileSync(path, "utf8"));
  check(report, path);
  // An image cannot be busy for longer than it lasts; half a millisecond is what readings and clocks leave open.
  for (const image of report.images ?? [])
    if (image.wait_s < -0.0005) fail(`${path}: image ${image.id}: busy_s ${image.busy_s} of span_s ${image.span_s}`);
}

// It must be able to fail: a key that nobody promised, one that is missing, a wrong type.
const first = reports[0] ? JSON.parse(readFileSync(reports[0], "utf8")) : {};
const spoilt = [
  { ...first, surprise: 1 },
  { ...first, pool: { ...first.pool, surprise: 1 } },
  { ...first, findings: undefined },
  { ...first, duration_s: "1" },
  { ...first, totals: { ...first.totals, images: -1 } },
].map((report) => JSON.parse(JSON.stringify(report)));
spoilt.forEach((report, i) => {
  if (validate(report)) fail(`wrong report ${i} was not noticed`);
});

console.log(`${reports.length} reports, ${keys.size} keys, ${wrong} wrong`);
process.exit(wrong ? 1 : 0);

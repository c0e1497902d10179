// SPDX-License-Identifier: MIT
// Owns: the claim that the page writes figures as the text report does: both are held to tests/golden/units.tsv, which
// tests/unit/render/test_format_golden.c compares with the C side; and what images are called.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { readImages } from "../../analyzer/page/base/store.js";
import * as units from "../../analyzer/page/base/units.js";

const rows = readFileSync(new URL("../golden/units.tsv", import.meta.url), "utf8").trimEnd().split("\n");

test("figures are written as analyzer/render/format_units.c writes them", () => {
  assert.ok(rows.length > 500);
  for (const row of rows) {
    const [kind, value, text] = row.split("\t");
    assert.equal(units[kind](Number(value)), text, `${kind} of ${value}`);
  }
});

test("what is not known is n/a, whatever its unit", () => {
  for (const kind of ["duration", "bytes", "percent", "change", "count", "number"])
    for (const value of [null, undefined, NaN, Infinity]) assert.equal(units[kind](value), "n/a", kind);
  for (const unit of ["s", "bytes", "ratio", "count", "number", "id", "bool", "text", "list"])
    assert.equal(units.write(unit, null), "n/a", unit);
});

test("marks that turn a line around are shown, not obeyed", () => {
  assert.equal(units.visible("a\u202egnp.\n\u0007"), "a\\u{202e}gnp.\\n\\u{7}");
});

test("moments have the digits that tell them apart", () => {
  for (const [value, step, text] of [
    [12, 5, "12s"],
    [0.5, 0.25, "0.50s"],
    [0.525, 0.025, "0.525s"],
    [1.2, 0.1, "1.2s"],
    [0.0125, 0.0005, "12.5 ms"],
    [0.0000125, 0.0000005, "12.5 us"],
    [0, 0.25, "0.00s"],
  ])
    assert.equal(units.moment(value, step), text);
});

test("an image is called by what tells it from the others", () => {
  const named = (...images) => {
    const column = (key, k) => ({ key, title: key, unit: "text", values: images.map((image) => image[k]) });
    const store = readImages(JSON.stringify({ count: images.length, columns: [column("input", 0), column("output", 1)] }));
    return images.map((_, i) => store.name(i));
  };
  assert.deepEqual(named(["/p/in/a.png", "/p/out/a.png"], ["/p/in/b.png", null]), ["a.png", "b.png"]);
  assert.deepEqual(named(["/p/x/a.png", "/p/1.webp"], ["/p/y/a.png", "/p/2.webp"]), ["x/a.png", "y/a.png"]);
  assert.deepEqual(named(["/p/a.png", "/p/a.webp"], ["/p/a.png", "/p/a.avif"]), ["a.png \u2192 a.webp", "a.png \u2192 a.avif"]);
  assert.deepEqual(named(["pipe:[7]", "/p/a.jpg"], ["/dev/fd/63", "/p/b.jpg"], ["/p/c.jpg", "pipe:[8]"]), ["a.jpg", "b.jpg", "c.jpg"]);
  assert.deepEqual(named([null, null], [null, "/p/made.png"], ["(memory)", null], ["pipe:[7]", "pipe:[8]"]), ["image 0", "made.png", "(memory)", "pipe:[7]"]);
});

// SPDX-License-Identifier: MIT
// Owns: the claims about named moments and spans in the HTML report: lanes on the timeline, the tables of their figures.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import * as units from "../../analyzer/page/base/units.js";
import { assertNoSideways, data, launch, open, picture } from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const cells = (page, caption) =>
  page.$$eval(`#marks table:has(caption:text-is("${caption}")) tbody tr`, (rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));

test("spans and moments have tables with the report's figures", async () => {
  const { page, close } = await open(browser, "marks");
  const report = data("marks", "report");
  const convert = report.spans.convert;
  assert.equal(convert.n, 3);
  const rows = await cells(page, "Spans");
  const seconds = [convert.mean, convert.p50, convert.p95, convert.max, convert.sum].map(units.duration);
  assert.deepEqual(rows[0], ["convert", "3", ...seconds, "0"]);
  assert.deepEqual([rows[1][0], rows[1][1], rows[1].at(-1)], ["lost", "0", "1"]);
  assert.deepEqual((await cells(page, "Moments")).map((row) => row[0]), ["frontend.drop", "frontend.start", '<b>"&']);
  assert.match(await page.textContent("#marks dl"), new RegExp(`Drop to start${units.duration(report.frontend.dropToStartDuration)}`));
  await assertNoSideways(page);
  await picture(page, "marks");
  await close();
});

test("the timeline says what lies in a named lane", async () => {
  const { page, close } = await open(browser, "marks");
  const report = data("marks", "report");
  const span = report.span_list.find((one) => one.name === "convert");
  const rows = report.workers.length + 2; // convert, and the moments
  const over = page.locator("#timeline .u-over");
  await over.scrollIntoViewIfNeeded();
  const box = await over.boundingBox();
  const at = ((span.start_s + span.end_s) / 2 / report.duration_s) * box.width;
  await page.mouse.move(box.x + at, box.y + (box.height * (report.workers.length + 0.5)) / rows);
  const tip = await page.textContent("#timeline .tip");
  assert.ok(tip.startsWith("convert") && tip.includes(`took ${units.duration(span.end_s - span.start_s)}`), tip);
  await close();
});

test("a run with marks and no image has a timeline of them", async () => {
  const { page, close } = await open(browser, "only-marks");
  assert.equal(await page.locator("#timeline canvas").count(), 1);
  assert.equal((await cells(page, "Spans"))[0][0], "a");
  await close();
});

test("a run without marks has neither section nor lanes", async () => {
  const { page, close } = await open(browser, "batch");
  assert.equal(await page.locator("#marks").count(), 0);
  await close();
});

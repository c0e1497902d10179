// SPDX-License-Identifier: MIT
// Owns: what the browser tests share: Chromium, a page opened from disk that watches for errors and requests, pictures.
// Must not know: what the report shows.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export const directory = process.env.HTML_REPORTS; // tests/integration/report/html.sh made them there
export const pictures = process.env.HTML_PICTURES;
const { chromium } = createRequire(join(process.env.BROWSER_MODULES, "x.js"))("playwright-core");

export function launch() {
  return chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

// Opens DIRECTORY/name.html and waits until its images have been read. `close` asserts that nothing was asked of a
// network and nothing complained.
export async function open(browser, name, { width = 1400, height = 900, scheme = "light" } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme });
  const page = await context.newPage();
  const url = pathToFileURL(join(directory, `${name}.html`)).href;
  const requests = [];
  const complaints = [];
  context.on("request", (request) => requests.push(request.url()));
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(error.stack));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.goto(url);
  await page.waitForSelector("html[data-ready]", { timeout: 60000 }).catch((error) => {
    throw new Error([...complaints, error.message].join("\n"));
  });
  return {
    page,
    async close() {
      // data: is in the file; all else would be a network or another file.
      assert.deepEqual(requests.filter((one) => !one.startsWith("data:")), [url], "requests");
      assert.deepEqual(complaints, [], "complaints");
      await context.close();
    },
  };
}

export async function picture(page, name) {
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

export async function assertNoSideways(page) {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(content <= window, `${content} pixels of content in a window of ${window}`);
}

function block(page, id) {
  const start = page.lastIndexOf(`<script type="application/json" id="${id}">`);
  const from = page.indexOf(">", start) + 1;
  return [from, page.indexOf("</script>", from)];
}

// Columns of images with all their values, however they were written.
export function data(name, id) {
  const page = readFileSync(join(directory, `${name}.html`), "utf8");
  const value = JSON.parse(page.slice(...block(page, id)));
  for (const column of value.columns ?? []) {
    if (column.same !== undefined) column.values = new Array(value.count).fill(column.same);
    else if (column.from !== undefined) column.values = Array.from({ length: value.count }, (_, i) => column.from + i);
    delete column.same;
    delete column.from;
  }
  return value;
}

// As analyzer/render/html/html_images.c writes them.
function compact(images) {
  for (const column of images.columns) {
    const { values, prefix } = column;
    if (!values?.length || prefix) continue;
    if (values.every((value) => value === values[0])) column.same = values[0];
    else if (values.every((value, i) => value === values[0] + i)) column.from = values[0];
    else continue;
    delete column.values;
  }
  return images;
}

// A page with the data of another one, changed.
export function variant(from, to, change) {
  let page = readFileSync(join(directory, `${from}.html`), "utf8");
  const report = data(from, "report");
  const images = data(from, "images");
  change(report, images);
  compact(images);
  for (const [id, value] of [["report", report], ["images", images]]) {
    const [start, end] = block(page, id);
    const text = JSON.stringify(value).replace(/[<>&]/g, (mark) => `\\u00${mark.charCodeAt(0).toString(16)}`);
    page = page.slice(0, start) + text + page.slice(end);
  }
  writeFileSync(join(directory, `${to}.html`), page);
}

// The images again and again, in as many lanes, one after the other, up to a count.
export function multiply(report, images, count, lanes) {
  const once = images.count;
  for (const column of images.columns)
    for (const key of ["values", "index"]) if (column[key]) column[key] = Array.from({ length: count }, (_, i) => column[key][i % once]);
  const values = (key) => images.columns.find((column) => column.key === key)?.values;
  const ends = new Array(lanes).fill(0);
  for (let i = 0; i < count; i++) {
    const lane = ends.indexOf(Math.min(...ends));
    values("image")[i] = values("chain")[i] = i;
    values("worker")[i] = lane;
    values("start_s")[i] = ends[lane];
    ends[lane] += values("span_s")[i] + 0.005;
    if (values("input")[i] !== null) values("input")[i] = values("input")[i].replace(/(\.\w+)?$/, `-${i}$1`);
  }
  images.count = count;
  report.totals.images = count;
  report.duration_s = Math.max(...ends);
  report.periods = [{ start_s: 0, end_s: report.duration_s }];
  report.workers = Array.from({ length: lanes }, (_, id) => ({ ...report.workers[0], id, members: [] }));
}

// SPDX-License-Identifier: MIT
// Owns: the claims about the HTML report in a browser: it opens from disk, sorts, filters and zooms, by mouse and by keys.
// Reports of real runs are made by tests/integration/report/html.sh; pictures go to build/browser.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import * as units from "../../analyzer/page/base/units.js";
import { assertNoSideways, data, launch, multiply, open, picture, variant } from "./browser.mjs";

let browser;
before(async () => {
  browser = await launch();
  variant("batch", "thousand", (report, images) => multiply(report, images, 1000, 4));
});
after(() => browser.close());

const column = (name, key) => {
  const one = data(name, "images").columns.find((each) => each.key === key);
  return one.index ? one.index.map((i) => (i === null ? null : one.names[i])) : one.values;
};
const rowImages = (page) => page.$$eval("table.images tbody tr", (rows) => rows.map((row) => Number(row.dataset.image)));

test("pictures of the batch: wide and narrow, light and dark", async () => {
  for (const width of [1400, 390])
    for (const scheme of ["light", "dark"]) {
      const { page, close } = await open(browser, "batch", { width, scheme });
      await assertNoSideways(page);
      await page.waitForTimeout(200);
      await picture(page, `batch-${width}-${scheme}`);
      await close();
    }
});

test("tiles say what the report says", async () => {
  const { page, close } = await open(browser, "batch");
  const report = data("batch", "report");
  const tile = (key) => page.textContent(`[data-tile="${key}"] .value`);
  assert.equal(await tile("images"), units.count(report.totals.images));
  assert.equal(await tile("duration_s"), units.duration(report.duration_s));
  assert.equal(await tile("saved"), units.bytes(report.totals.bytes_saved));
  assert.equal(await tile("cpu"), units.percent(report.resources.cpu.avg_ratio));
  assert.equal(await tile("peak_rss"), units.bytes(report.memory.peak_rss_bytes));
  assert.equal(await tile("efficiency"), units.percent(report.worker_efficiency));
  assert.equal(await tile("attributed"), units.percent(report.coverage.attributed_ratio));
  await close();
});

test("images are sorted by any column, both ways, unknown last", async () => {
  const { page, close } = await open(browser, "batch");
  const order = (values, descending) => (a, b) => {
    if (values[a] === null || values[b] === null) return (values[a] === null) - (values[b] === null) || 0;
    return (descending ? values[b] - values[a] : values[a] - values[b]) || a - b;
  };
  const all = column("batch", "image");
  const expected = (key, descending) => [...all].sort(order(column("batch", key), descending)).slice(0, 25);
  assert.deepEqual(await rowImages(page), expected("busy_s", true), "slowest first at the beginning");
  await page.click('button.sort[data-key="size_ratio"]');
  assert.deepEqual(await rowImages(page), expected("size_ratio", true));
  await page.click('button.sort[data-key="size_ratio"]');
  assert.deepEqual(await rowImages(page), expected("size_ratio", false));
  assert.equal(await page.getAttribute('th:has(button[data-key="size_ratio"])', "aria-sort"), "ascending");
  // A column that the table does not usually show appears when it is sorted by.
  await page.selectOption("#sort", "encode_s");
  assert.deepEqual(await rowImages(page), expected("encode_s", true));
  const first = column("batch", "encode_s")[(await rowImages(page))[0]];
  assert.equal(await page.textContent("table.images tbody tr:first-child td:last-child"), units.duration(first));
  await close();
});

test("images are filtered by text, format and status", async () => {
  const { page, close } = await open(browser, "batch");
  const formats = column("batch", "output_format");
  const inputs = column("batch", "input");
  const shown = () => page.textContent("#images-shown");
  await page.selectOption("#filter-format", "webp");
  const webp = formats.filter((format) => format === "webp").length;
  assert.ok(webp > 0 && webp < formats.length);
  assert.match(await shown(), new RegExp(`of ${webp} images? \\(of ${formats.length}\\)`));
  assert.ok((await rowImages(page)).every((i) => formats[i] === "webp"));
  await page.selectOption("#filter-format", "");
  await page.fill("#filter-text", "PNG");
  const png = inputs.filter((path) => path?.toLowerCase().includes("png")).length;
  await page.waitForFunction((all) => !document.querySelector("#images-shown").textContent.endsWith(`of ${all} images`), formats.length);
  assert.ok((await rowImages(page)).length >= Math.min(25, png));
  await page.fill("#filter-text", "nothing is called this");
  await page.waitForFunction(() => document.querySelector("#images-shown").textContent.startsWith("0 images"));
  assert.deepEqual(await rowImages(page), []);
  await close();
});

test("a thousand images come in pages", async () => {
  const { page, close } = await open(browser, "thousand");
  assert.match(await page.textContent("#images-shown"), /^1 to 25 of 1,000 images$/);
  const first = await rowImages(page);
  await page.click("#page-next");
  assert.match(await page.textContent("#images-shown"), /^26 to 50 of 1,000 images$/);
  assert.notDeepEqual(await rowImages(page), first);
  await page.selectOption("#page-size", "500");
  assert.equal((await rowImages(page)).length, 500);
  await page.selectOption("#page-size", "25");
  await picture(page, "thousand-1400-light");
  await close();
});

test("a click opens an image, and the buttons lead to its neighbours", async () => {
  const { page, close } = await open(browser, "batch");
  const rows = await rowImages(page);
  await page.click("table.images tbody tr:nth-child(2) td:nth-child(3)");
  assert.ok(await page.isVisible("dialog#detail"));
  const shownImage = () => page.textContent('dialog [data-column="image"]');
  assert.equal(await shownImage(), String(rows[1]));
  assert.equal(await page.textContent('dialog [data-column="busy_s"]'), units.duration(column("batch", "busy_s")[rows[1]]));
  await page.waitForTimeout(100);
  await picture(page, "detail-1400-light");
  await page.click("#detail-next");
  assert.equal(await shownImage(), String(rows[2]));
  await page.click("#detail-previous");
  await page.click("#detail-previous");
  assert.equal(await shownImage(), String(rows[0]));
  await page.keyboard.press("Escape");
  assert.ok(!(await page.isVisible("dialog#detail")));
  await close();
});

const range = (page) => page.textContent("#zoom-range");

// Whether the canvas of a chart looks other than before: what it shows has changed.
const drawn = (page, id) => page.$eval(`#${id} canvas`, (canvas) => canvas.toDataURL());

test("time is zoomed by buttons, keys, wheel and dragging, in all charts at once", async () => {
  const { page, close } = await open(browser, "batch");
  await page.waitForTimeout(200);
  const whole = await range(page);
  const charts = ["timeline", "cpu-chart", "memory-chart"];
  const before = await Promise.all(charts.map((id) => drawn(page, id)));
  await page.click("#zoom-in");
  const half = await range(page);
  assert.notEqual(half, whole);
  await page.waitForTimeout(100);
  const after = await Promise.all(charts.map((id) => drawn(page, id)));
  charts.forEach((id, i) => assert.notEqual(after[i], before[i], `${id} did not follow`));
  await page.click("#zoom-right");
  assert.notEqual(await range(page), half);
  await page.click("#zoom-reset");
  assert.equal(await range(page), whole);
  await page.waitForTimeout(100);
  const back = await Promise.all(charts.map((id) => drawn(page, id)));
  charts.forEach((id, i) => assert.equal(back[i], before[i], `${id} did not come back`));

  await page.focus("#timeline .keys");
  await page.keyboard.press("+");
  assert.equal(await range(page), half);
  await page.keyboard.press("ArrowLeft");
  assert.notEqual(await range(page), half);
  await page.keyboard.press("0");
  assert.equal(await range(page), whole);

  await page.locator("#timeline").scrollIntoViewIfNeeded();
  const box = await page.locator("#timeline .u-over").boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + 5);
  await page.mouse.wheel(0, -100);
  assert.equal(await range(page), whole, "the wheel alone scrolls the page");
  await page.locator("#timeline").scrollIntoViewIfNeeded();
  await page.keyboard.down("Control");
  const again = await page.locator("#timeline .u-over").boundingBox();
  await page.mouse.move(again.x + again.width / 2, again.y + 5);
  await page.mouse.wheel(0, -100);
  await page.keyboard.up("Control");
  await page.waitForFunction((text) => document.querySelector("#zoom-range").textContent !== text, whole);
  await page.click("#zoom-reset");

  const at = await page.locator("#timeline .u-over").boundingBox();
  await page.mouse.move(at.x + at.width * 0.25, at.y + 5);
  await page.mouse.down();
  await page.mouse.move(at.x + at.width * 0.5, at.y + 8, { steps: 5 });
  await page.mouse.up();
  assert.notEqual(await range(page), whole);
  assert.ok(!(await page.isVisible("dialog#detail")), "dragging is no click");
  await page.waitForTimeout(100);
  await picture(page, "zoomed-1400-light");
  await close();
});

test("the timeline tells of the image under the pointer and opens it", async () => {
  const { page, close } = await open(browser, "batch");
  await page.waitForTimeout(200);
  const starts = column("batch", "start_s");
  const spans = column("batch", "span_s");
  const workers = column("batch", "worker");
  const i = spans.indexOf(Math.max(...spans));
  await page.locator("#timeline").scrollIntoViewIfNeeded();
  const box = await page.locator("#timeline .u-over").boundingBox();
  const report = data("batch", "report");
  const end = report.periods.at(-1).end_s;
  const lane = report.workers.findIndex((worker) => worker.id === workers[i]);
  const x = box.x + ((starts[i] + spans[i] / 2) / end) * box.width;
  const y = box.y + ((lane + 0.5) / report.workers.length) * box.height;
  await page.mouse.move(x, y);
  const name = (column("batch", "input")[i] ?? column("batch", "output")[i]).split("/").at(-1);
  assert.match(await page.textContent("#timeline .tip"), new RegExp(name.replace(/[.+()]/g, "\\$&")));
  await page.mouse.click(x, y);
  assert.equal(await page.textContent('dialog [data-column="image"]'), String(i));
  await page.keyboard.press("Escape");

  const before = await drawn(page, "timeline");
  await page.selectOption("#timeline-colour", "format");
  await page.waitForTimeout(100);
  assert.notEqual(await drawn(page, "timeline"), before, "other colours");
  await close();
});

test("everything can be done with the keyboard", async () => {
  const { page, close } = await open(browser, "batch");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  // By Tab alone to the first row.
  for (let i = 0; i < 200; i++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement.matches("table.images tbody tr:first-child button.open"))) break;
  }
  const rows = await rowImages(page);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  assert.equal(await page.textContent('dialog [data-column="image"]'), String(rows[1]));
  await page.keyboard.press("Escape");
  assert.ok(await page.evaluate(() => document.activeElement.matches("table.images tbody tr:nth-child(2) button.open")), "focus comes back");

  await page.focus('button.sort[data-key="bytes_in"]');
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.dataset.key), "bytes_in", "focus stays on the header");

  await page.focus("#timeline .keys");
  await page.keyboard.press("n");
  const first = await page.textContent("#timeline-selected");
  await page.keyboard.press("n");
  assert.notEqual(await page.textContent("#timeline-selected"), first);
  await page.keyboard.press("Enter");
  assert.ok(await page.isVisible("dialog#detail"));
  await page.click("#detail-close");

  await page.focus('.tile button.term[data-definition="size_ratio"], .tile button.term[data-definition="saved"]');
  await page.keyboard.press("Enter");
  assert.match(await page.textContent("#definition:popover-open"), /Bytes of all sources/);
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("#definition:popover-open").count(), 0);
  await close();
});

test("light and dark follow the system until the button is pressed", async () => {
  const { page, close } = await open(browser, "batch", { scheme: "dark" });
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
  const back = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(await theme(), "dark");
  const dark = await back();
  await page.emulateMedia({ colorScheme: "light" });
  await page.waitForFunction(() => document.documentElement.dataset.theme === "light");
  assert.notEqual(await back(), dark);
  await page.click("#theme");
  assert.equal(await theme(), "dark");
  await page.emulateMedia({ colorScheme: "dark" });
  await page.emulateMedia({ colorScheme: "light" });
  await page.waitForTimeout(100);
  assert.equal(await theme(), "dark", "the button's choice stays");
  await close();
});

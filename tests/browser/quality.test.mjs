// SPDX-License-Identifier: MIT
// Owns: the claims about measured quality in the HTML report: its chart, tables and details, whatever is missing, however
// many images there are. The figures are made up (scored.mjs).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { placeLabels } from "../../analyzer/page/charts/labels.js";
import { ratioSplits, reach, scoreSplits } from "../../analyzer/page/charts/reach.js";
import * as units from "../../analyzer/page/base/units.js";
import { assertNoSideways, data, launch, open, picture, variant } from "./browser.mjs";
import { addScores } from "./scored.mjs";

let browser;
let list; // the images of "scored"
before(async () => {
  browser = await launch();
  variant("batch", "scored", (report, images) => (list = addScores(report, images)));
});
after(() => browser.close());

const chart = (page) => page.locator("#tradeoff-chart .chart");
const tip = (page) => page.textContent("#tradeoff-chart .tip");
const cells = (page, caption) =>
  page.$$eval(`main table:has(caption:text-is("${caption}")) tbody tr`, (rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));

// Where a dot or setting lies in the window, by what the axes say they reach over.
async function placeOf(page, name, ratio, score) {
  const { quality } = data(name, "report");
  const images = data(name, "images");
  const values = (key) => images.columns.find((column) => column.key === key).values;
  const dots = values("size_ratio").map((one, i) => [one, values("quality_retained")[i]]).filter((dot) => dot[0] !== null && dot[1] !== null);
  const range = reach([...dots, ...quality.curves.flatMap((curve) => curve.points.map((point) => [point.size_ratio, point.quality_retained]))]);
  const over = page.locator("#tradeoff-chart .u-over");
  await over.scrollIntoViewIfNeeded();
  const box = await over.boundingBox();
  const share = (value, [from, to]) => (value - from) / (to - from);
  return [box.x + box.width * share(range.log ? Math.log10(ratio) : ratio, range.x), box.y + box.height * (1 - share(score, range.y))];
}

test("the chart has a line per format and encoder, and a dot per image", async () => {
  for (const [width, scheme] of [[1400, "light"], [1400, "dark"], [400, "light"], [400, "dark"]]) {
    const { page, close } = await open(browser, "scored", { width, scheme });
    await assertNoSideways(page);
    assert.equal(await chart(page).getAttribute("data-curves"), "2");
    assert.equal(await chart(page).getAttribute("data-dots"), "100");
    assert.equal(await page.locator("#tradeoff-chart canvas").count(), 1);
    assert.deepEqual(await page.$$eval("#tradeoff-chart .legend li", (all) => all.map((one) => one.textContent)), ["WebP by libwebp", "AVIF by libaom"]);
    assert.equal(await page.getByText(/undefined|NaN|\[object/).count(), 0, "something is written that is no figure");
    await page.waitForTimeout(150);
    await picture(page, `scored-${width}-${scheme}`);
    await close();
  }
});

test("a setting says what it retained, by mouse and by keys", async () => {
  const { page, close } = await open(browser, "scored");
  const [curve, other] = data("scored", "report").quality.curves;
  const expected = (point) => [point.label, `retained ${units.score(point.quality_retained)} (`, `n=${point.n}`, `${units.percent(point.size_ratio)} of original`, `CPU ${units.duration(point.cpu_s)}`];
  const says = async (point) => {
    const text = await tip(page);
    for (const part of expected(point)) assert.ok(text.includes(part), `${part} is not in: ${text}`);
  };
  await page.mouse.move(...(await placeOf(page, "scored", curve.points[6].size_ratio, curve.points[6].quality_retained)));
  await page.waitForSelector("#tradeoff-chart .tip:not([hidden])");
  await says(curve.points[6]);
  await page.mouse.move(2, 2);
  assert.ok(!(await page.isVisible("#tradeoff-chart .tip")));

  await page.focus("#quality-worst button.link:last-of-type");
  for (let i = 0; i < 8 && !(await page.evaluate(() => document.activeElement.matches("#tradeoff-chart .keys"))); i++) await page.keyboard.press("Tab");
  await says(curve.points[0]);
  for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowRight");
  await says(curve.points[3]);
  assert.ok((await page.textContent("#tradeoff-selected")).includes(curve.points[3].label));
  await page.keyboard.press("ArrowDown");
  assert.match(await tip(page), /^AVIF by libaom/);
  const nearest = other.points.reduce((best, point) => (Math.abs(point.quality_retained - curve.points[3].quality_retained) < Math.abs(best.quality_retained - curve.points[3].quality_retained) ? point : best));
  await says(nearest);
  await page.keyboard.press("Escape");
  assert.ok(!(await page.isVisible("#tradeoff-chart .tip")));
  await page.click("#tradeoff-chart summary");
  await page.waitForSelector("#tradeoff-chart details table");
  assert.equal((await cells(page, "Settings by quality")).length, 20);
  await close();
});

test("a click on a dot opens its image", async () => {
  const { page, close } = await open(browser, "scored");
  const settings = data("scored", "report").quality.curves.flatMap((curve) => curve.points);
  const alone = list.find((image) => {
    const far = (ratio, score) => Math.abs(Math.log10(ratio) - Math.log10(image.bytes_out / image.bytes_in)) > 0.05 || Math.abs(score - image.retained) > 6;
    return settings.every((point) => far(point.size_ratio, point.quality_retained)) && list.every((other) => other === image || far(other.bytes_out / other.bytes_in, other.retained));
  });
  const at = await placeOf(page, "scored", alone.bytes_out / alone.bytes_in, alone.retained);
  await page.mouse.move(...at);
  const text = await tip(page);
  assert.ok(text.includes(alone.photo) && text.includes(units.score(alone.retained)), text);
  await page.mouse.click(...at);
  assert.equal(await page.textContent('dialog [data-column="image"]'), String(alone.i));
  await close();
});

test("the saving at equal quality has a row per encoder, with its n", async () => {
  const { page, close } = await open(browser, "scored");
  const rows = await cells(page, "Saving at equal quality");
  const { curves } = data("scored", "report").quality;
  assert.equal(rows.length, 2);
  curves.forEach((curve, k) => {
    assert.deepEqual(rows[k].slice(0, 2), [{ webp: "WebP", avif: "AVIF" }[curve.format], curve.encoder]);
    [90, 80, 70, 50, 30].forEach((score, c) => {
      const at = curve.at.find((one) => one.score === score);
      assert.equal(rows[k][c + 2], at ? `${units.percent(at.size_reduction)}${units.duration(at.cpu_s_per_mb_saved)}/MB, n=${at.n}` : "\u2013");
    });
  });
  await close();
});

test("formats, settings and conversions say what was retained, with a link to the worst", async () => {
  const { page, close } = await open(browser, "scored");
  const { webp } = data("scored", "report").formats;
  assert.deepEqual((await cells(page, "Formats"))[0].slice(-3), [webp.quality_retained, webp.retained.p5, webp.retained.worst].map(units.score));
  assert.deepEqual((await cells(page, "Settings"))[0].slice(-2), [webp.qualities[0].quality_retained, webp.qualities[0].retained.worst].map(units.score));
  assert.deepEqual((await cells(page, "Conversions"))[0].slice(-3), [webp.quality_retained, webp.retained.p5, webp.retained.worst].map(units.score));
  const link = page.locator('table:has(caption:text-is("Formats")) tbody tr:first-child button.link');
  assert.match(await link.getAttribute("aria-label"), /^[\d.]+, .*\.webp$/);
  await link.click();
  assert.equal(await page.textContent('dialog [data-column="image"]'), String(webp.retained.worst_images[0]));
  await close();
});

test("images are sorted by what they retained, the worst first, and say all that was measured", async () => {
  variant("batch", "noted", (report, images) => {
    addScores(report, images);
    const values = (key) => images.columns.find((column) => column.key === key).values;
    for (const key of ["quality_retained", "ssimulacra2", "psnr_db", "ssim", "ms_ssim", "metrics", "identical", "resized"]) values(key)[3] = null;
    values("quality_note")[3] = "output <b>cannot</b> be decoded";
    [values("ssimulacra2")[8], values("quality_retained")[8]] = [-12.34, 0];
    Object.assign(report.quality, { scored: 99, not_scored: [{ reason: "output <b>cannot</b> be decoded", n: 1 }] });
  });
  const { page, close } = await open(browser, "noted");
  await page.click('button.sort[data-key="quality_retained"]');
  const first = "table.images tbody tr:first-child";
  assert.equal(await page.getAttribute(first, "data-image"), "8");
  await page.click(`${first} button.open`);
  const shown = (key) => page.textContent(`dialog [data-column="${key}"]`);
  assert.equal(await shown("quality_retained"), "0.0 (very low)");
  assert.equal(await shown("ssimulacra2"), "-12.3");
  assert.match(await shown("ssim"), /^0\.\d{4}$/);
  assert.match(await shown("psnr_db"), /^\d+\.\d\d dB$/);
  assert.match(await page.textContent("dialog"), /butteraugli[\d.]+vmaf[\d.]+/);
  await page.click("#detail-close");
  await page.click('button.sort[data-key="quality_retained"]');
  await page.click("#page-last");
  assert.equal(await page.getAttribute("table.images tbody tr:last-child", "data-image"), "3", "unknown last");
  await page.click("table.images tbody tr:last-child button.open");
  assert.equal(await shown("quality_note"), "output <b>cannot</b> be decoded");
  assert.equal(await page.locator('dialog [data-column="ssim"]').count(), 0);
  await page.click("#detail-close");
  assert.match(await page.textContent("#not-scored"), /Not scored: 1 of 100 outputs\.1: output <b>cannot<\/b> be decoded/);
  assert.equal(await chart(page).getAttribute("data-dots"), "99");
  await picture(page, "noted-1400-light");
  await close();
});

test("quality that was not measured is one line", async () => {
  for (const [name, change] of [["batch", null], ["old", (report) => delete report.quality]]) {
    if (change) variant("batch", name, change);
    const { page, close } = await open(browser, name);
    assert.equal(await page.locator("#quality").count(), 0);
    assert.equal(await page.textContent("#quality-unmeasured"), "Quality was not measured: imgbench report --quality scores the outputs.");
    assert.ok(!(await page.$$eval("#formats thead th", (all) => all.map((one) => one.textContent))).includes("Retained"));
    await close();
  }
  const { page, close } = await open(browser, "none");
  assert.equal(await page.locator("#quality-unmeasured").count(), 0, "there was no output to measure");
  await close();
});

test("quality that could be measured of no output says why", async () => {
  variant("batch", "unscored", (report) => {
    report.quality = { metric: "SSIMULACRA 2.1", pairs: 9, scored: 0, quality_retained: null, retained: null, bands: { visually_lossless: 0, very_high: 0, high: 0, medium: 0, low: 0, very_low: 0 }, lossy_inputs: 0, resized: 0, metrics: [], curves: [], not_scored: Array.from({ length: 9 }, (_, i) => ({ reason: `reason ${i}`, n: 1 })) };
  });
  variant("batch", "unpaired", (report) => (report.quality = { metric: "SSIMULACRA 2.1", pairs: 0, scored: 0, quality_retained: null, retained: null, bands: null, lossy_inputs: 0, resized: 0, metrics: [], curves: [], not_scored: [] }));
  const { page, close } = await open(browser, "unscored");
  assert.equal(await page.locator("#tradeoff-chart").count(), 0);
  assert.match(await page.textContent("#quality .facts"), /Retainedn\/a/);
  assert.match(await page.textContent("#not-scored"), /9 of 9 outputs.*reason 5.*3 more reasons/);
  await page.click("#not-scored summary");
  await page.waitForSelector("#not-scored details ul");
  assert.match(await page.textContent("#not-scored"), /reason 8/);
  await close();
  const empty = await open(browser, "unpaired");
  assert.match(await empty.page.textContent("#quality"), /No image has a final output/);
  await empty.close();
});

test("one output is one point", async () => {
  variant("batch", "single", (report, images) => addScores(report, images, { count: 1 }));
  const { page, close } = await open(browser, "single", { width: 400 });
  await assertNoSideways(page);
  assert.equal(await chart(page).getAttribute("data-curves"), "1");
  assert.match(await page.textContent("#quality"), /No source has outputs on both sides/);
  await page.focus("#tradeoff-chart .keys");
  await page.keyboard.press("ArrowRight");
  assert.match(await tip(page), /n=1/);
  await picture(page, "single-400-light");
  await close();
});

test("images that a temporary file joins have no dot, and the page says so", async () => {
  variant("batch", "scored-joined", (report, images) => {
    addScores(report, images);
    images.columns.find((column) => column.key === "chain").values[1] = 0;
  });
  const { page, close } = await open(browser, "scored-joined");
  assert.equal(await chart(page).getAttribute("data-dots"), "98");
  assert.match(await page.textContent("#tradeoff-chart"), /each of 98 images\. Click one to open its image\. 2 that a temporary file joins with others have none\./);
  await close();
});

test("encoders of one format have marks of their own, and scales of one encoder their names", async () => {
  const encoder = (name, scale, bytes) => ({ format: "jpeg", encoder: name, scale, bytes, cpu: 0.1 });
  variant("batch", "encoders", (report, images) => addScores(report, images, { count: 400, encoders: [encoder("mozjpeg", "libjpeg", 1), encoder("libjpeg", "libjpeg", 1.2), encoder("libjpeg", "jpegli", 0.9), { format: "jxl", encoder: null, scale: null, bytes: 0.6, cpu: 1 }] }));
  const { page, close } = await open(browser, "encoders");
  const legend = await page.$$eval("#tradeoff-chart .legend li", (all) => all.map((one) => [one.textContent, one.firstChild.style.clipPath]));
  assert.deepEqual(legend.map(([text]) => text), ["JPEG by mozjpeg", "JPEG by libjpeg, libjpeg scale", "JPEG by libjpeg, jpegli scale", "JPEG XL, encoder not seen"]);
  assert.equal(new Set(legend.slice(0, 3).map(([, shape]) => shape)).size, 3);
  await page.locator("#tradeoff-chart").scrollIntoViewIfNeeded();
  await picture(page, "encoders-1400-light");
  await close();
});

test("a hundred thousand images are drawn in no time", async () => {
  variant("batch", "scored-many", (report, images) => addScores(report, images, { count: 100000 }));
  const { page, close } = await open(browser, "scored-many");
  const drawn = Number(await chart(page).getAttribute("data-dots"));
  assert.ok(drawn > 1000 && drawn < 30000, `${drawn} dots`);
  assert.match(await page.textContent("#quality"), new RegExp(`each of 100,000 images; of those that lie on each other one is drawn, ${units.count(drawn)} in all`));
  // A narrower window draws it again; pointing at it looks for a dot.
  const before = Date.now();
  await page.setViewportSize({ width: 1200, height: 900 });
  const over = page.locator("#tradeoff-chart .u-over");
  await over.scrollIntoViewIfNeeded();
  const box = await over.boundingBox();
  for (let k = 1; k < 20; k++) await page.mouse.move(box.x + (box.width * k) / 20, box.y + box.height / 2);
  const took = Date.now() - before;
  console.log(`100,000 scored images: ${drawn} dots, redrawn and pointed at in ${took} ms`);
  assert.ok(took < 5000, `${took} ms`);
  await picture(page, "scored-many-1200-light");
  await close();
});

test("names are text in the chart, too", async () => {
  const mean = "<img src=x onerror=window.pwned=1>\u202e";
  variant("batch", "scored-hostile", (report, images) => {
    addScores(report, images, { count: 40 });
    const column = images.columns.find((one) => one.key === "input");
    column.values = column.values.map(() => `/photos/${mean}.png`);
    Object.assign(report.quality.curves[0], { encoder: mean, scale: mean });
    report.quality.curves[0].points.forEach((point) => (point.label = mean));
    report.quality.metrics = [mean];
    Object.assign(report.quality, { scored: 39, not_scored: [{ reason: mean, n: 1 }] });
  });
  const { page, close } = await open(browser, "scored-hostile");
  await page.focus("#tradeoff-chart .keys");
  await page.keyboard.press("ArrowRight");
  assert.match(await tip(page), /^WebP by <img src=x onerror=window\.pwned=1>\\u\{202e\}: <img/);
  await page.click("#quality-worst button.link");
  assert.match(await page.textContent("#detail-title"), /<img src=x/);
  await page.click("#detail-close");
  assert.equal(await page.locator("img").count(), 0);
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  assert.equal(await page.getByText("\u202e").count(), 0);
  await close();
});

test("axe finds nothing in the section that keeps anybody out, and every name has a definition", async () => {
  const axe = readFileSync(createRequire(join(process.env.BROWSER_MODULES, "x.js")).resolve("axe-core/axe.min.js"), "utf8");
  for (const [scheme, width] of [["light", 1400], ["dark", 400]]) {
    const { page, close } = await open(browser, "noted", { scheme, width });
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run());
    assert.deepEqual(violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.html.slice(0, 120)).slice(0, 3).join(" | ")}`), [], `${scheme}, ${width}`);
    assert.deepEqual(await page.$$eval("[data-undefined]", (names) => names.map((name) => name.dataset.undefined)), []);
    await close();
  }
});

test("axes reach over what is drawn, and their values have room", () => {
  assert.equal(reach([[0.1, 50], [0.79, 90]]).log, false);
  const wide = reach([[0.02, 12], [1.4, 95]]);
  assert.ok(wide.log && wide.x[0] < Math.log10(0.02) && wide.x[1] > Math.log10(1.4) && wide.y[0] === 10);
  assert.deepEqual(reach([[0.5, 100]]), { log: false, x: [0, 1.05], y: [80, 101.5] });
  for (const room of [2, 4, 8, 20]) {
    const splits = ratioSplits(...wide.x, true, room);
    assert.ok(splits.length <= Math.max(room, 3) && splits.length > 0, `${room}: ${splits}`);
  }
  assert.deepEqual(ratioSplits(0, 0.84, false, 5).map((value) => Number(value.toFixed(3))), [0, 0.2, 0.4, 0.6, 0.8]);
  assert.deepEqual(scoreSplits(0), [0, 30, 50, 70, 80, 90, 100]);
  assert.deepEqual(scoreSplits(60), [60, 70, 80, 90, 100]);
});

test("labels lie on no point, no line and no other label", () => {
  const points = Array.from({ length: 12 }, (_, k) => ({ line: k % 2, x: 30 + 18 * (k >> 1), y: 150 - 20 * (k >> 1) + 30 * (k % 2) })).sort((a, b) => a.line - b.line);
  const placed = placeLabels(points, () => "q=75", () => 28, 200, 200);
  assert.ok(placed.length > 3);
  placed.forEach((one, k) => {
    assert.ok(one.left >= 0 && one.left + 28 <= 200);
    for (const other of placed.slice(k + 1)) assert.ok(Math.abs(one.middle - other.middle) >= 12 || Math.abs(one.left - other.left) >= 28);
    for (const point of points) assert.ok(Math.abs(point.y - one.middle) >= 6 || point.x < one.left || point.x > one.left + 28);
  });
});

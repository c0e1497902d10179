// SPDX-License-Identifier: MIT
// Owns: the claims about reports out of the ordinary: no image, one, failed ones, no samples, hostile names, very many
// images, paper; every figure of the contract; contrast and names for those who do not see.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { createRequire } from "node:module";
import test, { after, before } from "node:test";
import { assertNoSideways, data, directory, launch, multiply, open, picture, pictures, variant } from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

async function look(name, claims) {
  for (const [width, scheme] of [[1400, "light"], [390, "dark"]]) {
    const { page, close } = await open(browser, name, { width, scheme });
    await assertNoSideways(page);
    await claims(page);
    await page.waitForTimeout(150);
    await picture(page, `${name}-${width}-${scheme}`);
    assert.equal(await page.getByText(/undefined|NaN|\[object/).count(), 0, "something is written that is no figure");
    await close();
  }
}

test("a run without images", async () => {
  assert.equal(data("none", "images").count, 0);
  await look("none", async (page) => {
    assert.equal(await page.textContent('[data-tile="images"] .value'), "0");
    assert.match(await page.textContent("#image-list"), /made no image/);
    assert.match(await page.textContent('[data-tile="saved"] .value'), /n\/a/);
  });
});

test("a run with one image", async () => {
  assert.equal(data("one", "images").count, 1);
  await look("one", async (page) => {
    assert.equal(await page.textContent("#images-shown"), "1 to 1 of 1 image");
    assert.match(await page.textContent('[data-tile="efficiency"] .value'), /n\/a/);
  });
});

test("a run in which images failed", async () => {
  await look("failed", async (page) => {
    assert.match(await page.textContent('[data-tile="images"] .note'), /1 failed/);
    await page.selectOption("#filter-status", "failed");
    assert.match(await page.textContent("#images-shown"), /of 1 image /);
    assert.match(await page.textContent("#trust"), /exit code/);
  });
});

test("a run without samples", async () => {
  variant("one", "unsampled", (report) => (report.resources.samples = []));
  await look("unsampled", async (page) => assert.match(await page.textContent("#over-time"), /No samples/));
});

test("names are text, whatever they hold", async () => {
  const source = readFileSync(join(directory, "hostile.html"), "utf8");
  assert.ok(!source.includes("<img src=x"), "the name stands in the file as it is");
  const inputs = data("hostile", "images").columns.find((column) => column.key === "input");
  assert.ok(inputs.values.some((path) => `${inputs.prefix}${path}`.includes("</script><img src=x onerror=")), "the name was lost");
  await look("hostile", async (page) => {
    assert.equal(await page.locator("img").count(), 0);
    assert.match(await page.textContent("table.images"), /script><img src=x onerror=/);
    await page.click("table.images button.open");
    assert.match(await page.textContent("dialog .paths"), /<\/script><img src=x onerror=/);
    await page.click("#detail-close");
    assert.notEqual(await page.title(), "owned");
  });
});

test("a hundred thousand images: the summary does not wait for them", async () => {
  variant("batch", "many", (report, images) => multiply(report, images, 100000, 200));
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(() => {
    new MutationObserver(() => {
      if (document.querySelector(".tiles") && window.imagesAtSummary === undefined)
        window.imagesAtSummary = document.getElementById("images") !== null;
    }).observe(document, { childList: true, subtree: true });
  });
  const path = join(directory, "many.html");
  await page.goto(`file://${path}`, { waitUntil: "commit" });
  await page.waitForSelector("html[data-ready]", { timeout: 120000 });
  assert.equal(await page.evaluate(() => window.imagesAtSummary), false);
  assert.match(await page.textContent("#images-shown"), /^1 to 25 of 100,000 images$/);
  await page.click('button.sort[data-key="size_ratio"]');
  assert.equal(await page.locator("table.images tbody tr").count(), 25);
  await page.click("#page-last");
  assert.match(await page.textContent("#images-shown"), /to 100,000 of 100,000 images$/);
  const dots = await page.$$eval("[data-dots]", (charts) => charts.map((chart) => Number(chart.dataset.dots)));
  assert.ok(dots.length > 0 && dots.every((n) => n > 0 && n < 5000), `dots on each other are drawn one by one: ${dots}`);
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  console.log(`100,000 images: ${(statSync(path).size / 1e6).toFixed(1)} MB, first contentful paint after ${Math.round(paint)} ms`);
  await context.close();
});

test("a stage bar is filled by its stages, however short the image was", async () => {
  const { page, close } = await open(browser, "batch");
  const bars = await page.$$eval("table.images .stages", (all) =>
    all.map((bar) => [bar.getBoundingClientRect().width, [...bar.children].reduce((sum, part) => sum + part.getBoundingClientRect().width, 0)]));
  assert.ok(bars.length > 1);
  for (const [whole, parts] of bars) assert.ok(Math.abs(whole - parts) < 1, `stages fill ${parts} of ${whole} pixels`);
  await close();
});

test("on paper the page is light and its rows are there", async () => {
  variant("batch", "paper", (report, images) => multiply(report, images, 300, 3));
  const { page, close } = await open(browser, "paper", { scheme: "dark" });
  await page.pdf({ path: join(pictures, "paper.pdf"), format: "A4" });
  await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "light");
  const rows = await page.locator("table.images tbody tr").count();
  assert.equal(rows, 100);
  await page.emulateMedia({ media: "print" });
  await page.setViewportSize({ width: 760, height: 1000 });
  await page.waitForTimeout(200);
  await assertNoSideways(page);
  await picture(page, "paper-760-light");
  await page.emulateMedia({ media: "screen" });
  await page.evaluate(() => window.dispatchEvent(new Event("afterprint")));
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  await close();
});

test("every figure of the report has its place", async () => {
  const group = (n) => ({ n, bytes_in: 5e6, bytes_out: 6e6, busy_s: 1.5, cpu_s: 1.25, worst: n ? [0, 1] : [] });
  variant("batch", "full", (report) => {
    Object.assign(report.workers[0], { on_cpu_s: 1.5, run_queue_s: 0.25, io_call_s: 0.125, other_s: 0.0625 });
    report.pool = { kind: "libuv", lanes: 2, in_flight_peak: 2, in_flight_mean: 1.75, threads_peak: 9, threads_per_cpu: 4.5, run_queue_s: 0.25, run_queue_ratio: 0.1, tail_s: 0.5, tail_ratio: 0.2, idle_cpus: 0.4, limit: "pool", levels: [{ in_flight: 0, time_s: 0.5, cpu_ratio: 0.01, rss_bytes: 3e6, samples: 4 }, { in_flight: 1, time_s: 1.5, cpu_ratio: 0.42, rss_bytes: 44e6, samples: 9 }] };
    Object.assign(report.memory.peak, { at_s: 0.5, stage: "encode", image: 1, in_flight: 2 });
    report.memory.composition = { rss_bytes: 100e6, heap_bytes: 61e6, file_bytes: 12e6, mapped_bytes: 5e6, retained_bytes: 21e6, own_bytes: 1e6 };
    report.memory.per_pixel = { n: 12, p50_bytes: 7.5, max_bytes: 42.5, image: 0 };
    report.memory.scaling = { levels: 3, samples: 40, base_bytes: 20e6, per_image_bytes: 33e6, r2: 0.97, workers_fit: 120, limit_bytes: 4e9 };
    report.value = {
      cpu_s_per_mb_saved: 0.75, grew: group(2), little: group(1), discarded: group(0), failed: group(0), reencoded: group(3), all: group(5),
      repeated: { files: 1, extra_bytes: 2e6, extra_s: 0.3, worst: [{ file: 3, reads: 3, decodes: 2, extra_bytes: 2e6, extra_s: 0.3 }] },
      io: { ops: 12000, small_ops: 9000, time_s: 0.2 }, intermediates: { files: 4, bytes: 9e6, time_s: 0.02 },
    };
    report.file_paths = { 3: "/in/<b>twice.png" };
    report.findings = [
      { id: "pool-too-small", severity: "high", title: "2 workers on 8 usable CPUs: 6.0 CPUs idle on average", remedy: "Set UV_THREADPOOL_SIZE to 8.", cost: 0.7, evidence: { lanes: 2, idle_cpus: 6.0, idle_ratio: 0.75 }, units: { lanes: "count", idle_cpus: "number", idle_ratio: "ratio" }, images: [] },
      { id: "images-grew", severity: "medium", title: "2 images grew by 1.00 MB", remedy: "Keep the original where the output is larger.", cost: 0.2, evidence: { bytes: 1e6 }, units: { bytes: "bytes" }, images: [0, 1] },
      { id: "small-io", severity: "low", title: "9,000 calls moved less than 4 KiB", remedy: "Buffer them.", cost: 0.1, evidence: { time: 0.2 }, units: { time: "s" }, images: [] },
    ];
    report.coverage.unhooked_codecs = ["libopenjp2.so.7"];
    report.coverage.io_uring = true;
    report.coverage.notes = ["A note with <b>marks</b>."];
    report.coverage.untraced_children = [{ pid: 7, path: "/usr/bin/static", reason: null }];
  });
  await look("full", async (page) => {
    const text = (selector) => page.textContent(selector);
    assert.equal(await page.locator(".findings > li").count(), 3);
    assert.doesNotMatch(await text('[data-finding="pool-too-small"]'), /idle cpus/, "the title has it already");
    assert.match(await text('[data-finding="pool-too-small"]'), /75\.0%/);
    const values = (key) => data("full", "images").columns.find((column) => column.key === key).values;
    const twice = values("input").filter((input) => input === values("input")[0]).length > 1;
    const name = values("input")[0].split("/").at(-1) + (twice ? ` \u2192 ${values("output")[0].split("/").at(-1)}` : "");
    assert.equal(await text('[data-finding="images-grew"] button.link'), name);
    await page.click("#workers summary");
    await page.waitForSelector("#workers details table");
    for (const [section, expected] of [
      ["#workers", [/libuv's threads/, /the number of workers/, /0\.25s/, /1\.8 on average/, /42\.0%.*44\.0 MB/]],
      ["#memory", [/while in encode/, /61\.0 MB/, /21\.0 MB/, /7\.5 bytes/, /about 33\.0 MB/, /about 120 in 4\.00 GB/]],
      ["#value", [/0\.75s/, /Grew/, /Lossy coded lossily again/, /<b>twice\.png/, /9,000 of 12,000 calls/, /9\.00 MB/]],
      ["#trust", [/libopenjp2/, /io_uring/, /A note with <b>marks<\/b>\./, /usr\/bin\/static/]],
    ]) for (const one of expected) assert.match(await text(section), one, section);
  });
});

test("every name that has a definition shows it, and every definition is shown", async () => {
  const { page, close } = await open(browser, "full");
  const missing = await page.$$eval("[data-undefined]", (names) => names.map((name) => name.dataset.undefined).filter(Boolean));
  assert.deepEqual(missing, [], "without a definition");
  await close();
  const folder = new URL("../../analyzer/page/", import.meta.url);
  const sources = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".js")).map((name) => readFileSync(new URL(name, folder), "utf8"));
  const definitions = JSON.parse(readFileSync(new URL("base/definitions.json", folder), "utf8"));
  for (const key of Object.keys(definitions)) assert.ok(sources.some((source) => source.includes(`"${key}"`)), `nothing shows the definition of ${key}`);
});

// axe looks for text that cannot be read, controls and charts without a name, roles and headings out of order.
test("axe finds nothing that keeps anybody out", async () => {
  const axe = readFileSync(createRequire(join(process.env.BROWSER_MODULES, "x.js")).resolve("axe-core/axe.min.js"), "utf8");
  for (const [scheme, width, dialog] of [["light", 1400, false], ["dark", 1400, true], ["dark", 390, false]]) {
    const { page, close } = await open(browser, "full", { scheme, width });
    if (dialog) await page.click("table.images button.open");
    await page.evaluate(axe);
    const { violations, passes } = await page.evaluate(() => window.axe.run());
    assert.ok(passes.some((rule) => rule.id === "color-contrast"));
    assert.deepEqual(violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.html.slice(0, 120)).slice(0, 3).join(" | ")}`), [], `${scheme}, ${width}`);
    const ids = await page.$$eval("[id]", (elements) => elements.map((element) => element.id));
    assert.deepEqual(ids.filter((id, i) => ids.indexOf(id) !== i), [], "ids used twice");
    await close();
  }
});

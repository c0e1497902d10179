// SPDX-License-Identifier: MIT
// Owns: the claims about what a reader sees at first: the answer, whole names, columns within reach at any width, no
// half-filled page, charts that say what they show.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import * as units from "../../analyzer/page/base/units.js";
import { assertNoSideways, data, launch, multiply, open, picture, variant } from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const column = (images, key) => images.columns.find((each) => each.key === key);
const headings = (page) => page.$$eval("table.images thead th", (cells) => cells.map((cell) => cell.textContent.replace(/[▾▴ ]+$/, "")));

test("the first screen says what took the time and what to do", async () => {
  variant("batch", "full-layout", (report) => {
    report.pool.limit = "cpu";
    report.findings = [
      { id: "tail", severity: "medium", title: "The last 2.00s had one image under way", remedy: "Start the largest images first.", cost: 0.3, measured: "time in which one worker was left", evidence: { share: 0.3 }, units: { share: "ratio" }, images: [0] },
    ];
  });
  const { page, close } = await open(browser, "full-layout");
  const report = data("full-layout", "report");
  const [name, most] = ["image_read", "decode", "transform", "encode", "image_write"].map((key) => [key, report.stages[key].sum ?? 0]).sort((a, b) => b[1] - a[1])[0];
  const answer = await page.textContent("#answer");
  assert.match(answer, new RegExp(name.replace("_", " "), "i"));
  assert.ok(answer.includes(units.duration(most)) && answer.includes(units.duration(report.image_time.sum)), answer);
  assert.match(answer, /limited by the CPUs/i);
  for (const id of ["answer", "time-title", "findings-title"])
    assert.ok(await page.$eval(`#${id}`, (one) => one.getBoundingClientRect().bottom < innerHeight), `${id} is below the first screen`);
  assert.equal(await page.getAttribute('[data-finding="tail"] .evidence button.term', "title"), "Time in which one worker was left");
  await close();
});

test("no tile stands alone in a row", async () => {
  for (const width of [390, 760, 1200, 1400]) {
    const { page, close } = await open(browser, "batch", { width });
    const tops = await page.$$eval(".tile", (tiles) => tiles.map((tile) => Math.round(tile.getBoundingClientRect().top)));
    const rows = [...new Set(tops)].map((top) => tops.filter((other) => other === top).length);
    assert.equal(new Set(rows).size, 1, `${width} px: rows of ${rows.join(", ")} tiles`);
    await assertNoSideways(page);
    await close();
  }
});

test("columns that do not fit are within reach, and the first one stays", async () => {
  for (const width of [390, 800]) {
    const { page, close } = await open(browser, "batch", { width });
    await assertNoSideways(page);
    await page.click("#columns summary");
    for (const key of ["output", "encoder"]) await page.check(`#columns input[value="${key}"]`);
    const spilled = await page.$$eval("table.images th, table.images td", (cells) => cells.filter((cell) => cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.textContent));
    assert.deepEqual(spilled, [], "text that lies over the next column");
    const hidden = await page.$$eval("main thead th", (cells) => cells.filter((cell) => !cell.closest("details, .hidden, .keys") && !cell.closest(".u-legend") && !cell.getClientRects().length).map((cell) => cell.textContent));
    assert.deepEqual(hidden, [], "columns that nobody can reach");
    const box = page.locator(".scroll:has(table.images)");
    const more = () => box.evaluate((one) => one.parentElement.dataset.more);
    const left = () => page.$eval("table.images tbody th", (cell) => Math.round(cell.getBoundingClientRect().left));
    const before = await left();
    assert.equal(await more(), "right");
    assert.ok(await page.isVisible(".scroller:has(table.images) .hint"));
    await box.evaluate((one) => (one.scrollLeft = one.scrollWidth));
    await page.waitForFunction(() => document.querySelector(".scroller:has(table.images)").dataset.more === "left");
    assert.equal(await left(), before);
    const last = await page.$eval("table.images tbody td:last-child", (cell) => cell.getBoundingClientRect().right);
    assert.ok(last <= width, `the last column ends at ${last}`);
    await picture(page, `scrolled-${width}-light`);
    await close();
  }
  const { page, close } = await open(browser, "batch", { width: 1400 });
  assert.equal(await page.$eval(".scroller:has(table.images)", (one) => one.dataset.more), "");
  assert.ok(!(await page.isVisible(".scroller:has(table.images) .hint")));
  await close();
});

test("names are whole or cut in the middle, and said in full", async () => {
  const long = "photograph-of-the-harbour-at-dusk-with-three-ships-and-a-lighthouse-behind-them-final-2026.jpg";
  variant("batch", "long", (report, images) => {
    const inputs = column(images, "input");
    inputs.values = inputs.values.map((value, i) => (value === null ? null : `${i}-${long}`));
    column(images, "output").values.fill(null);
  });
  for (const width of [1400, 390]) {
    const { page, close } = await open(browser, "long", { width });
    await assertNoSideways(page);
    const names = await page.$$eval("table.images button.open, .findings button.link, #value button.link", (buttons) =>
      buttons.map((button) => {
        const tail = button.querySelector(".tail").getBoundingClientRect();
        const cell = (button.closest("th, td") ?? button.closest("section")).getBoundingClientRect();
        return { text: button.textContent, label: button.getAttribute("aria-label"), title: button.querySelector("[title]").title, lines: tail.height / parseFloat(getComputedStyle(button).lineHeight), inside: tail.right <= cell.right + 1 && tail.width > 20 };
      }),
    );
    assert.ok(names.length > 5);
    for (const one of names) {
      assert.match(one.text, /^\d+-photograph-.*final-2026\.jpg$/);
      assert.equal(one.label, one.text);
      assert.match(one.title, /^\/.*final-2026\.jpg$/, "the whole path");
      assert.ok(one.lines < 1.5 && one.inside, JSON.stringify(one));
    }
    await picture(page, `long-${width}-light`);
    await close();
  }
});

test("an image made from a temporary file is called by its output", async () => {
  variant("batch", "temporary", (report, images) => {
    const set = (key, i, value) => {
      const one = column(images, key);
      one.prefix = undefined;
      one.values[i] = value;
    };
    for (const key of ["input", "output"]) {
      const one = column(images, key);
      one.values = one.values.map((value) => (value === null ? null : (one.prefix ?? "") + value));
    }
    set("output", 0, "/tmp/step.ppm");
    set("input", 1, "/tmp/step.ppm");
    set("output", 1, "/photos/out/end.webp");
    column(images, "chain").values[1] = column(images, "chain").values[0];
  });
  const { page, close } = await open(browser, "temporary");
  assert.equal(await page.textContent('tr[data-image="1"] button.open'), "end.webp");
  await close();
});

test("nothing half-filled is shown before the images are read", async () => {
  variant("batch", "waiting", (report, images) => {
    multiply(report, images, 30000, 8);
    report.findings = [{ id: "grew", severity: "medium", title: "2 images grew", remedy: "Keep the original.", cost: 0.3, evidence: {}, units: {}, images: [0, 1] }];
  });
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(() => (window.requestIdleCallback = (action) => (window.goOn = action)));
  await page.goto(`file://${process.env.HTML_REPORTS}/waiting.html`);
  await page.waitForSelector(".tiles");
  const text = await page.evaluate(() => document.body.innerText);
  assert.doesNotMatch(text.replaceAll("Reading the images…", ""), /…|image \d|For example|Largest beside/i);
  await page.waitForFunction(() => window.goOn);
  await page.evaluate(() => window.goOn());
  await page.waitForSelector("html[data-ready]");
  assert.match(await page.evaluate(() => document.body.innerText), /For example/);
  assert.equal(await page.locator(".pending").count(), 0);
  await context.close();
});

test("any column can be added, the moments of the stages among them", async () => {
  const { page, close } = await open(browser, "batch");
  const before = await headings(page);
  assert.ok(!before.includes("Encode at"));
  await page.click("#columns summary");
  await page.check('#columns input[value="encode_at_s"]');
  await page.check('#columns input[value="width"]');
  assert.deepEqual((await headings(page)).slice(before.length).sort(), ["Encode at", "Width"]);
  assert.ok(await page.$eval("table.images tbody th", (cell) => cell.clientWidth > 200), "the names keep their room");
  const i = Number(await page.getAttribute("table.images tbody tr", "data-image"));
  const cells = await page.$$eval("table.images tbody tr:first-child > *", (all) => all.map((cell) => cell.textContent));
  const at = column(data("batch", "images"), "encode_at_s").values[i];
  assert.equal(cells[(await headings(page)).indexOf("Encode at")], units.duration(at));
  await page.click("#columns summary");
  await page.click("#columns summary");
  assert.ok(await page.isChecked('#columns input[value="encode_at_s"]'));
  await page.uncheck('#columns input[value="encode_at_s"]');
  await page.uncheck('#columns input[value="width"]');
  assert.deepEqual(await headings(page), before);
  await page.click("table.images button.open");
  assert.match(await page.textContent("dialog"), /Encode at/);
  await close();
});

test("what was read once for several outputs is shared, not zero", async () => {
  variant("batch", "shared", (report, images) => {
    const count = images.count;
    images.columns = images.columns.filter((each) => each.key !== "read_with");
    images.columns.push({ key: "read_with", title: "Read with", unit: "id", definition: "d", values: Array.from({ length: count }, (_, i) => (i === 1 ? 0 : null)) });
    for (const key of ["validation_s", "image_read_s", "decode_s"]) column(images, key).values[1] = 0;
  });
  const { page, close } = await open(browser, "shared");
  await page.click("#columns summary");
  await page.check('#columns input[value="decode_s"]');
  const row = page.locator('tr[data-image="1"]');
  assert.equal(await row.locator("td:last-child").textContent(), "shared");
  assert.match(await row.locator(".stage-bar").getAttribute("aria-label"), /read and decoded with /);
  await row.locator("button.open").click();
  const detail = await page.textContent("dialog table.bars");
  assert.equal(detail.match(/shared/g).length, 3, detail);
  assert.match(await page.textContent("dialog .shared"), /read and decoded once, with /i);
  await page.click("dialog .shared button.link");
  assert.equal(await page.textContent('dialog [data-column="image"]'), "0");
  await close();
});

test("encoders with one setting each are beside each other, not a line of dots", async () => {
  variant("batch", "alone", (report, images) => {
    const encoders = column(images, "encoder");
    const setting = column(images, "setting");
    setting.names = ["q=80"];
    setting.index = new Array(images.count).fill(0);
    delete setting.values;
    column(images, "quality").values = new Array(images.count).fill(80);
    assert.ok(encoders);
  });
  const { page, close } = await open(browser, "alone");
  assert.doesNotMatch(await page.textContent("#formats"), /80 to 80/);
  assert.match(await page.textContent("#settings-chart figcaption"), /Size left of each image/);
  assert.ok(Number(await page.getAttribute("#settings-chart [data-dots]", "data-dots")) > 1);
  await page.locator("#settings-chart").scrollIntoViewIfNeeded();
  await picture(page, "alone-1400-light");
  await close();
});

test("a bar is as long as its image was busy, however short that is", async () => {
  variant("batch", "short", (report, images) => {
    for (const each of images.columns) if (each.unit === "s") each.values = each.values?.map((value) => (value === null ? null : value / 1000));
  });
  const { page, close } = await open(browser, "short");
  const bars = await page.$$eval("table.images .stages", (all) => all.slice(0, 5).map((bar) => [bar.clientWidth, [...bar.children].reduce((sum, part) => sum + part.getBoundingClientRect().width, 0), bar.parentElement.clientWidth]));
  for (const [bar, parts] of bars) assert.ok(parts > bar - 2, `${parts} of ${bar} pixels are filled`);
  assert.ok(bars[0][0] > bars[0][2] * 0.95, "the longest has the whole column");
  await close();
});

test("charts say what their colours are, and show no empty values", async () => {
  const { page, close } = await open(browser, "batch");
  assert.match(await page.textContent("#sizes-chart .legend"), /Before.*After/);
  const values = await page.$$eval(".u-legend .u-value", (all) => all.map((one) => one.textContent));
  assert.ok(values.every((text) => !/[–-]/.test(text)), JSON.stringify(values));
  await page.locator("#cpu-chart .u-over").hover();
  await page.waitForFunction(() => /%/.test(document.querySelector("#cpu-chart .u-legend").textContent));
  await close();
});

test("what is not known is said once, with its reason", async () => {
  variant("batch", "unknown", (report) => {
    Object.assign(report.memory.peak, { at_s: null, image: null, images: null, in_flight: 0, stage: null });
    Object.assign(report.host, { cpus: null, usable_cpus: null, cpu_model: null, machine: null, kernel: null, memory_bytes: null, load: null });
  });
  const { page, close } = await open(browser, "unknown");
  const memory = await page.textContent("#memory .facts");
  assert.doesNotMatch(memory, /In flight then|not known/);
  assert.match(memory, /Whenn\/a \(.+\)/);
  const whole = await page.evaluate(() => document.querySelector("main").innerText + document.querySelector("header").innerText);
  assert.doesNotMatch(whole, /\? CPUs|n\/a \(n\/a\)|n\/a of|of n\/a|n\/a usable|unknown number/);
  assert.equal(whole.match(/no process lived long enough/g).length, 1);
  await close();
});

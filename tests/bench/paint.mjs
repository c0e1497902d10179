// SPDX-License-Identifier: MIT
// Owns: how long headless Chromium takes to paint an HTML report, and to have all of it: paint.mjs MODULES FILE
// Prints milliseconds since the page was asked for: the first paint with content, and when its images have been read.
// Must not know: what the report shows.
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [, , modules, file] = process.argv;
const { chromium } = createRequire(join(resolve(modules), "x.js"))("playwright-core");
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  await page.goto(pathToFileURL(resolve(file)).href, { timeout: 120000 });
  await page.waitForSelector("html[data-ready]", { timeout: 120000 });
  const [paint, ready] = await page.evaluate(() => [
    performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN,
    performance.now(),
  ]);
  console.log(`paint ${paint.toFixed(1)}\nready ${ready.toFixed(1)}`);
} finally {
  await browser.close();
}

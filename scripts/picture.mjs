// SPDX-License-Identifier: MIT
// Owns: the picture of the HTML report in README.md: the demo's report as a reader sees it first, docs/report.png.
// Usage, after scripts/demo and scripts/setup: node scripts/picture.mjs build/demo/report.html docs/report.png
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [report, picture] = process.argv.slice(2).map((path) => resolve(path));
const { chromium } = createRequire(resolve("build/browser/node_modules/x.js"))("playwright-core");
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
const page = await browser.newPage({ viewport: { width: 1200, height: 860 }, colorScheme: "light" });
await page.goto(pathToFileURL(report).href);
await page.waitForSelector("html[data-ready]", { timeout: 60000 });
// Whose machine it was is nobody's business.
await page.$eval("header.page .note", (note) => (note.textContent = note.textContent.replace(/ usable,.*$/, " usable")));
await page.screenshot({ path: picture });
await browser.close();
execFileSync("pngquant", ["--quality", "80-98", "--speed", "1", "--force", "--output", picture, picture]);

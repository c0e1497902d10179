// SPDX-License-Identifier: MIT
// Owns: opening pages, each named by an argument, in headless Chromium, and saying what they did that no report does: set
// window.pwned, ask for another file or a network, open a dialog, complain. Exit code 1 then.
// Must not know: what the pages show.
import { pathToFileURL } from "node:url";
import { launch } from "./browser.mjs";

const browser = await launch();
const did = [];
for (const path of process.argv.slice(2)) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  const page = await context.newPage();
  const url = pathToFileURL(path).href;
  const say = (what) => did.push(`${path}: ${what}`);
  context.on("request", (request) => request.url() === url || request.url().startsWith("data:") || say(`asks for ${request.url()}`));
  page.on("console", (message) => say(`console: ${message.text()}`));
  page.on("pageerror", (error) => say(error.stack));
  page.on("dialog", (dialog) => say(`dialog: ${dialog.message()}`) && dialog.dismiss());
  await page.goto(url);
  if (path.endsWith("report.html")) await page.waitForSelector("html[data-ready]", { timeout: 60000 });
  const title = await page.title();
  for (const button of (await page.$$("table.images button.open")).slice(0, 4)) {
    await button.click();
    await page.keyboard.press("Escape");
  }
  for (const place of (await page.$$("[title], summary, svg rect")).slice(0, 40)) await place.hover({ timeout: 300 }).catch(() => {});
  await page.waitForTimeout(200);
  if ((await page.evaluate(() => window.pwned)) !== undefined) say("a name was run as a script");
  if ((await page.title()) !== title) say("the title changed");
  if ((await page.$$("img, iframe, object, embed, base")).length) say("a name became an element");
  if ((await page.$$('a[href^="javascript"], [onload], [onerror]')).length) say("a name became an attribute");
  await context.close();
}
await browser.close();
console.log(did.join("\n"));
process.exit(did.length ? 1 : 0);

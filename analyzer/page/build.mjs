// SPDX-License-Identifier: MIT
// Owns: making one page of analyzer/page/: modules and styles are bundled with the npm packages that they use and put into
// page.html, which is then cut where the report's data go: head.html, middle.html, tail.html.
// Usage: node build.mjs NODE_MODULES DIRECTORY
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const [modules, directory] = process.argv.slice(2).map((path) => resolve(path));
const here = dirname(fileURLToPath(import.meta.url));
const esbuild = createRequire(join(modules, "x"))("esbuild");

async function bundle(entry) {
  const result = await esbuild.build({
    entryPoints: [join(here, entry)],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: ["chrome100", "firefox100", "safari15"],
    charset: "utf8",
    legalComments: "none", // the licence is shown by the page
    nodePaths: [modules],
    define: { UPLOT_LICENSE: JSON.stringify(readFileSync(join(modules, "uplot", "LICENSE"), "utf8")) },
    logLevel: "error",
  });
  return result.outputFiles[0].text.trim();
}

function replace(text, mark, instead) {
  const parts = text.split(mark);
  if (parts.length !== 2) throw new Error(`page.html has ${parts.length - 1} of ${mark}, not one`);
  return parts.join(instead);
}

let page = readFileSync(join(here, "page.html"), "utf8");
const style = await bundle("page.css");
const script = await bundle("page.js");
if (/<\/(style|script)/i.test(style) || /<\/script|<!--/i.test(script)) throw new Error("the bundle would end its tag");
page = replace(page, "/* style */", style);
page = replace(page, "/* script */", script);
const parts = page.split(/^<!-- data: \w+ -->\n/m);
if (parts.length !== 3) throw new Error(`page.html has ${parts.length - 1} places for data, not two`);
mkdirSync(directory, { recursive: true });
["head", "middle", "tail"].forEach((name, i) => writeFileSync(join(directory, `${name}.html`), parts[i]));

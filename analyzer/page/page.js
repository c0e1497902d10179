// SPDX-License-Identifier: MIT
// Owns: the order of things: the summary first, the images when there is time, whatever refers to them afterwards.
// Must not know: what any section shows.
import { h, shortName } from "./base/dom.js";
import { openDetail } from "./sections/detail.js";
import { addScatter, formatsSection } from "./sections/formats.js";
import { imagesSection } from "./sections/images.js";
import { marksSection } from "./sections/marks.js";
import { memorySection } from "./sections/memory.js";
import { overTime, workersSection } from "./sections/overtime.js";
import { qualitySection } from "./sections/quality.js";
import { readImages } from "./base/store.js";
import { answer, findingsSection, header, navigation, tiles, timeSection } from "./sections/summary.js";
import { startTheme } from "./base/theme.js";
import { foot, trustSection } from "./sections/trust.js";
import { valueSection } from "./sections/value.js";
import { visible } from "./base/units.js";

// Sections may name images before these have been read: what holds such links is shown when they have names.
const lazy = {
  store: null,
  waiting: [],
  links(images) {
    return images.map((i) => [h("span", { class: "together" }, lazy.link(i)), " "]);
  },
  // With a text, that is what the link reads, and the name is what it says.
  link(i, text) {
    const link = h("button", { type: "button", class: "link", "data-image": i, "data-text": text }, text);
    link.addEventListener("click", () => lazy.store && i < lazy.store.count && openDetail(lazy.store, i));
    if (lazy.store) lazy.name(link, i);
    else lazy.waiting.push([link, i]);
    return link;
  },
  // An element that makes no sense without the names in it.
  whenNamed(element) {
    if (!lazy.store) element.classList.add("pending");
    return element;
  },
  name(link, i) {
    if (i >= lazy.store.count) return;
    const name = visible(lazy.store.name(i));
    const { text } = link.dataset;
    if (text === undefined) link.replaceChildren(shortName(name, visible(lazy.store.path(i) ?? name)));
    else link.title = name;
    link.setAttribute("aria-label", text === undefined ? name : `${text}, ${name}`);
  },
  fill(store) {
    lazy.store = store;
    for (const [link, i] of lazy.waiting) lazy.name(link, i);
    lazy.waiting = [];
    for (const element of document.querySelectorAll(".pending")) element.classList.remove("pending");
  },
};

function drawReport() {
  const report = JSON.parse(document.getElementById("report").textContent);
  document.title = `imgbench: ${visible(report.command ?? "report")}`;
  const time = overTime(report);
  const images = h("section", { id: "image-list", "aria-labelledby": "image-list-title" }, h("h2", { id: "image-list-title" }, "Images"), h("p", { class: "note" }, "Reading the images\u2026"));
  const formats = formatsSection(report, lazy);
  const quality = qualitySection(report, lazy);
  const first = [timeSection(report), findingsSection(report, lazy)];
  const sections = [...first, time.element, images, formats, quality?.element, workersSection(report), memorySection(report, lazy), valueSection(report, lazy), marksSection(report), trustSection(report)].filter(Boolean);
  const main = h("main", { id: "main" }, answer(report), tiles(report), h("div", { class: "first" }, first), sections.slice(first.length));
  document.body.prepend(h("a", { class: "skip", href: "#main" }, "Skip to the report"), header(report), navigation(sections), main, foot(report));
  return { report, time, images, formats, quality };
}

function drawImages(drawn) {
  const store = readImages(document.getElementById("images").textContent);
  document.getElementById("images").remove(); // it is held once
  lazy.fill(store);
  const open = (i, around) => openDetail(store, i, around);
  drawn.images.replaceWith(imagesSection(store, open));
  drawn.time.addImages(store, open);
  addScatter(drawn.formats, store, open);
  drawn.quality?.addImages(store, open);
  document.documentElement.dataset.ready = "true";
}

startTheme();
const drawn = drawReport();
const whenIdle = window.requestIdleCallback ?? ((action) => setTimeout(action, 50));
const SOON = 2e6; // characters of images that are read in less time than anybody would see without them
window.addEventListener("DOMContentLoaded", () => {
  if (document.getElementById("images").textContent.length < SOON) drawImages(drawn);
  else whenIdle(() => drawImages(drawn), { timeout: 500 });
});

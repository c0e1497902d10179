// SPDX-License-Identifier: MIT
// Owns: the section of memory: the peak and who made it, what resident memory is made of, what one more image costs.
// Must not know: samples over time.
import { append, facts, h, section, shortName, table, term } from "../base/dom.js";
import { bytes, count, duration, fixed, number, percent, visible } from "../base/units.js";

const parts = [
  ["Heap in use", "heap_bytes", "#0072b2"],
  ["Kept by the allocator and other", "retained_bytes", "#e69f00"],
  ["Own mappings", "mapped_bytes", "#009e73"],
  ["Files", "file_bytes", "#56b4e9"],
  ["Recording", "own_bytes", "#9aa0a6"],
];

function composition(memory) {
  const whole = memory.composition;
  if (!whole || typeof whole.rss_bytes !== "number") return null;
  const most = Math.max(...parts.map(([, key]) => whole[key] ?? 0), 1);
  const peak = whole.most_rss_bytes;
  const low = whole.low;
  const of = typeof peak === "number" ? ` of the ${bytes(peak)} that the largest process had.` : " of the largest process.";
  return [
    h("h3", null, term(low ? "What the highest sample was made of" : "What the peak was made of", "composition")),
    h("p", { class: "note" }, `${bytes(whole.rss_bytes)}${of}${low ? " Samples are taken at wrapped calls, and there was none near the peak." : ""}`),
    h(
      "table",
      { class: "bars", id: "composition" },
      h("caption", { class: "hidden" }, "Composition of resident memory"),
      h("thead", { class: "hidden" }, h("tr", null, h("th", { scope: "col" }, "Part"), h("th", { scope: "col" }, "Bytes"), h("th", { scope: "col" }, "Bar"))),
      h(
        "tbody",
        null,
        parts.map(([title, key, colour]) => {
          const value = whole[key];
          const width = typeof value === "number" && value > 0 ? (value / most) * 100 : 0; // a bar cannot be negative: the number is beside it
          return h("tr", null, h("th", { scope: "row" }, term(value < 0 ? "Less: allocated, never touched" : title, key)), h("td", { class: "number" }, bytes(value < 0 ? -value : value)), h("td", { class: "bar" }, h("span", { style: { width: `${width}%`, background: colour } })));
        }),
      ),
    ),
  ];
}

function frame(frame) {
  const name = [frame.function, frame.module && `in ${frame.module}`].filter(Boolean).join(" ");
  const location = frame.location && frame.location !== frame.function ? frame.location : null;
  return visible(frame.function ? name + (location ? ` (${location})` : "") : (location ?? (name || "unknown")));
}

function sites(memory, lazy) {
  if (!memory.sites.length) return null;
  const large = memory.large_blocks;
  const images = memory.sites.some((site) => site.image !== null);
  return [
    h("h3", null, term("Large blocks at their peak", "sites")),
    large ? h("p", { class: "note" }, `${bytes(large.bytes)} in ${count(large.blocks)} blocks of process ${large.pid}, at ${duration(large.at_s)}.`) : null,
    table(
      "Places that made the peak",
      [
        { title: "Place", class: "path", cell: (site) => [shortName(frame(site)), site.stack?.length > 1 ? h("details", null, h("summary", null, "Callers"), h("ol", { class: "stack" }, site.stack.slice(1).map((one) => h("li", null, frame(one))))) : null] },
        { title: "Bytes", numeric: true, cell: (site) => bytes(site.bytes) },
        { title: "Share", numeric: true, cell: (site) => percent(site.ratio) },
        { title: "Blocks", numeric: true, cell: (site) => count(site.blocks) },
        images && { title: "Image", class: "path", cell: (site) => (site.image === null ? "n/a" : lazy.links([site.image])) },
      ].filter(Boolean),
      memory.sites.slice(0, 20),
    ),
  ];
}

function scaling(memory) {
  const line = memory.scaling;
  if (!line) return `n/a (${memory.scaling_unknown ?? "not known"})`;
  return `about ${bytes(line.per_image_bytes)} on top of ${bytes(line.base_bytes)} (r² ${fixed(line.r2, 2)}, from ${count(line.levels)} numbers of images in flight)`;
}

export function memorySection(report, lazy) {
  const memory = report.memory;
  const peak = memory.peak;
  const pixel = memory.per_pixel;
  const fit = memory.scaling;
  const when = peak.at_s !== null; // what the kernel counted has no moment
  const inFlight = typeof peak.in_flight === "number" ? peak.in_flight : peak.images?.length;
  const maker = typeof peak.image === "number" ? lazy.links([peak.image]) : "not known";
  return append(
    section("memory", "Memory"),
    [
      facts([
        ["Peak", "peak_rss", bytes(memory.peak_rss_bytes), memory.peak_scope === "tree" ? `all processes together, ${memory.peak_source}` : memory.peak_scope ? "largest process" : null],
        ["When", null, when ? `at ${duration(peak.at_s)}` : "n/a (the kernel counted the peak, without its moment)", peak.pid === null ? null : `largest: process ${peak.pid}`],
        when && ["Made by", "peak_maker", maker, peak.stage ? `while in ${peak.stage.replaceAll("_", " ")}` : null],
        when && ["In flight then", "in_flight", count(inFlight), peak.images?.length ? lazy.links(peak.images.slice(0, 3)) : null],
        ["Average", "avg_rss", bytes(memory.avg_rss_bytes)],
        ["Baseline", "baseline_rss", bytes(memory.baseline_rss_bytes)],
        ["Heap peak", "heap_peak", bytes(memory.peak_heap_bytes), "largest process"],
        memory.peak_anonymous_bytes ? ["Mapped peak", "mapped_peak", bytes(memory.peak_anonymous_bytes)] : null,
        pixel ? ["Per pixel", "per_pixel", `${number(pixel.p50_bytes)} bytes (median, n=${count(pixel.n)})`, typeof pixel.max_bytes === "number" ? [`most ${number(pixel.max_bytes)}: `, typeof pixel.image === "number" ? lazy.links([pixel.image]) : ""] : null] : null,
        "scaling" in memory ? ["One more image", "scaling", scaling(memory)] : null,
        fit && typeof fit.workers_fit === "number" ? ["Workers that fit", "workers_fit", `about ${count(fit.workers_fit)} in ${bytes(fit.limit_bytes)}`] : null,
        memory.allocator ? ["Allocator", null, `${visible(memory.allocator.name ?? "unknown")}: ${bytes(memory.allocator.allocated_bytes)} in blocks, ${bytes(memory.allocator.resident_bytes)} resident`] : null,
        peak.oom_killed ? ["Out of memory", null, "the control group's limit killed a process"] : null,
      ]),
      composition(memory),
      sites(memory, lazy),
    ],
  );
}

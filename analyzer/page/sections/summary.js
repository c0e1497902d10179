// SPDX-License-Identifier: MIT
// Owns: the head of the page: what was run, tiles, where the time went, findings.
// Must not know: single images; findings open them through `lazy`.
import { scoreAndBand } from "../base/bands.js";
import { stageParts, stages } from "../base/colours.js";
import { append, h, scrollBox, section, term } from "../base/dom.js";
import { themeButton } from "../base/theme.js";
import { bytes, change, count, duration, fixed, percent, visible, write } from "../base/units.js";

export function header(report) {
  const host = report.host;
  const cpus = host.cpus !== null && (host.usable_cpus === null ? `${host.cpus} CPUs` : `${host.usable_cpus} of ${host.cpus} CPUs usable`);
  const known = [host.cpu_model, cpus, host.kernel, host.machine].filter(Boolean);
  const where = known.length ? known : ["a machine that is not known"]; // Trust says why
  const when = report.started ? report.started.replace("T", " ").replace(/\.\d+Z$/, " UTC") : "at an unknown time";
  return h(
    "header",
    { class: "page" },
    h("div", { class: "title" }, h("h1", null, "Image optimizer benchmark"), themeButton()),
    h("p", { class: "command" }, h("code", null, visible(report.command ?? "command not recorded"))),
    h("p", { class: "note" }, `${when} on ${visible(where.join(", "))}`),
  );
}

export function navigation(sections) {
  return h(
    "nav",
    { "aria-label": "Sections" },
    sections.filter(Boolean).map((one) => h("a", { href: `#${one.id}` }, one.querySelector("h2").textContent)),
  );
}

// What a run is limited by, in words.
export const limits = { pool: "the number of workers", cpu: "the CPUs", tail: "the last image, which ran alone", io: "input and output" };

// In one or two sentences: what took the time.
export function answer(report) {
  if (!report.image_time.n) return null;
  const parts = stageParts((key) => (report.stages[key] ? report.stages[key].sum : null));
  const most = parts.indexOf(Math.max(...parts));
  if (!(parts[most] > 0)) return null;
  const name = stages[most].key === "other" ? "processing that could not be told apart" : stages[most].title.toLowerCase();
  const limit = report.pool?.limit;
  return h(
    "p",
    { id: "answer" },
    "The largest part of the images\u2019 time is ", h("strong", null, name), `: ${duration(parts[most])} of ${duration(report.image_time.sum)}. `,
    limit ? ["The run was limited by ", h("strong", null, limits[limit] ?? limit), ". "] : null,
    report.quality?.scored ? ["Quality retained: ", h("strong", null, scoreAndBand(report.quality.quality_retained)), `, median of ${count(report.quality.scored)} ${report.quality.scored === 1 ? "output" : "outputs"}.`] : null,
  );
}

function tile(label, key, value, note) {
  return h("div", { class: "tile", "data-tile": key }, h("div", { class: "label" }, term(label, key)), h("div", { class: value.length > 9 ? "value long" : "value" }, value), h("div", { class: "note" }, note || "\u00a0"));
}

function statusNote(totals) {
  const unfinished = totals.broken_off ? `unfinished (${count(totals.broken_off)} where the trace breaks off)` : "unfinished";
  const parts = [[totals.failed, "failed"], [totals.discarded, "discarded"], [totals.unfinished, unfinished]].filter(([n]) => n > 0);
  return parts.length ? parts.map(([n, name]) => `${count(n)} ${name}`).join(", ") : "all ok";
}

export function tiles(report) {
  const { totals, image_time: time, resources, memory, coverage } = report;
  const cpu = resources.cpu;
  const saved = totals.bytes_saved;
  return h(
    "div",
    { class: "tiles" },
    tile("Images", "images", count(totals.images), totals.images ? statusNote(totals) : "none was seen"),
    tile("Duration", "duration_s", duration(report.duration_s), report.periods.length > 1 ? `${count(report.periods.length)} periods` : null),
    tile("Saved", "saved", bytes(saved), totals.size_ratio === null ? "no sizes known" : `${change(totals.size_ratio)}: ${bytes(totals.bytes_in)} \u2192 ${bytes(totals.bytes_out)}`),
    tile("Throughput", "images_per_s", report.images_per_s === null ? "n/a" : `${fixed(report.images_per_s, 2)}/s`, time.n ? `${duration(time.mean)} per image` : null),
    tile("CPU", "cpu", percent(cpu.avg_ratio), `highest ${percent(cpu.peak_ratio)}`),
    tile("Peak memory", "peak_rss", bytes(memory.peak_rss_bytes), memory.peak_scope === "tree" ? "all processes" : memory.peak_scope ? "largest process" : null),
    tile("Worker efficiency", "efficiency", percent(report.worker_efficiency), `${count(report.workers.length)} ${report.workers.length === 1 ? "worker" : "workers"}`),
    tile("Attributed", "attributed", percent(coverage.attributed_ratio), coverage.observed_ratio === null ? null : `${percent(coverage.observed_ratio)} observed`),
  );
}

export function timeSection(report) {
  if (!report.image_time.n) return section("time", "Where the time goes", h("p", { class: "note" }, "No image was seen: no time is known."));
  const value = (key) => (key === "unattributed" || report.stages[key] ? report.stages[key].sum : null);
  const parts = stageParts(value);
  const most = Math.max(...parts, 1e-12);
  const time = report.image_time;
  const rows = stages.map((stage, k) => {
    const timing = report.stages[stage.key];
    const known = timing ? timing.sum !== null : parts[k] > 0;
    if (!timing && !known) return null;
    const how = timing?.source ? timing.source : "";
    return h(
      "tr",
      null,
      h("th", { scope: "row" }, term(stage.title, stage.key)),
      h("td", { class: "number" }, known ? duration(parts[k]) : "n/a"),
      h("td", { class: "bar" }, h("span", { style: { width: `${(parts[k] / most) * 100}%`, background: stage.colour } })),
      h("td", { class: "number" }, timing ? duration(timing.mean) : ""),
      h("td", { class: "number" }, timing ? duration(timing.p95) : ""),
      h("td", null, how),
    );
  });
  const title = (text, key, kind) => h("th", { scope: "col", class: kind }, key ? term(text, key) : text);
  return section(
    "time",
    "Where the time goes",
    h(
      "p",
      null,
      `${duration(time.mean)} per image on average (n=${count(time.n)}): ${duration(time.min)} to ${duration(time.max)}, median ${duration(time.p50)}, p95 ${duration(time.p95)}. `,
      `Workers took ${duration(report.stages.worker_init.sum)} to start.`,
    ),
    scrollBox("Stages, table", h(
      "table",
      { class: "bars", id: "stage-sums" },
      h("caption", { class: "hidden" }, "Stages, summed over the images"),
      h("thead", null, h("tr", null, title("Stage", null), title("Sum", "stage_timings", "number"), h("th", { scope: "col", class: "bar" }, h("span", { class: "hidden" }, "Bar")), title("Mean", null, "number"), title("p95", "p95", "number"), title("Seen", null))),
      h("tbody", null, rows),
    )),
    h("p", { class: "note" }, "Summed over the images: with several workers it is longer than the duration."),
  );
}

// lazy: {link(i) → an element that opens image i}
export function findingsSection(report, lazy) {
  const findings = report.findings ?? [];
  const element = section("findings", "Findings");
  if (!findings.length) return append(element, h("p", { class: "note" }, `None: ${report.finding_rules} rules were looked at.`));
  // What the title says already.
  const said = (finding, key, value) => finding.title.includes(write(finding.units?.[key] ?? (typeof value === "number" ? "number" : "text"), value));
  const sentence = (text) => text[0].toUpperCase() + text.slice(1);
  const words = (key) => key.replace(/_(s|bytes|ratio)$/, "").replaceAll("_", " ");
  return append(
    element,
    h(
      "ol",
      { class: "findings" },
      findings.map((finding) =>
        h(
          "li",
          { class: finding.severity, "data-finding": finding.id },
          h("h3", null, h("span", { class: `severity ${finding.severity}` }, finding.severity), " ", visible(finding.title)),
          h("p", { class: "remedy" }, h("strong", null, "Do: "), visible(finding.remedy)),
          h(
            "dl",
            { class: "evidence" },
            Object.entries(finding.evidence ?? {}).filter(([key, value]) => !said(finding, key, value)).map(([key, value]) => h("div", null, h("dt", null, key === "share" && finding.measured ? term(words(key), key, sentence(finding.measured)) : words(key)), h("dd", null, write(finding.units?.[key] ?? (typeof value === "number" ? "number" : "text"), value)))),
          ),
          finding.images?.length ? lazy.whenNamed(h("p", { class: "note" }, "For example ", lazy.links(finding.images))) : null,
        ),
      ),
    ),
  );
}

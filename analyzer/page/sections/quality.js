// SPDX-License-Identifier: MIT
// Owns: the section of quality: what the outputs retained, what size buys it, the saving at equal quality, what has no score.
// Must not know: how its chart is drawn, single images.
import { bands, scoreAndBand } from "../base/bands.js";
import { append, facts, foldout, h, section, table, term } from "../base/dom.js";
import { formatMark } from "./images.js";
import { curvesOf, makeTradeoff, titleOf } from "./tradeoff.js";
import { bytes, count, duration, isKnown, number, percent, score, visible } from "../base/units.js";

const SCORES = [90, 80, 70, 50, 30];
const REASONS = 6; // the rest is folded

function overview(quality) {
  const { retained } = quality;
  const metrics = [quality.metric, ...(quality.metrics ?? [])].filter(Boolean).map(visible);
  return facts([
    ["Retained", "quality_retained", scoreAndBand(quality.quality_retained), quality.scored ? `median, n=${count(quality.scored)}` : null],
    isKnown(retained?.p5) && ["Lowest 5%", "retained_p5", score(retained.p5), "and below"],
    retained && ["Worst", "retained_worst", score(retained.worst)],
    ["Scored", "scored", `${count(quality.scored)} of ${count(quality.pairs)} outputs`],
    quality.lossy_inputs ? ["Lossy inputs", "lossy_inputs", count(quality.lossy_inputs), "of those scored"] : null,
    quality.resized ? ["Resized", "resized", count(quality.resized), "of those scored"] : null,
    metrics.length ? ["Metrics", "quality_metric", metrics.join(", ")] : null,
  ]);
}

function worstLine(quality, lazy) {
  const worst = quality.retained?.worst_images ?? [];
  return worst.length ? lazy.whenNamed(h("p", { id: "quality-worst" }, "Worst first: ", lazy.links(worst))) : null;
}

function savingCell(at) {
  if (!at) return "\u2013";
  const saved = at.size_reduction < 0 ? `${percent(-at.size_reduction)} larger` : percent(at.size_reduction);
  const cpu = isKnown(at.cpu_s_per_mb_saved) ? `${duration(at.cpu_s_per_mb_saved)}/MB, ` : "";
  const size = isKnown(at.mean_bytes_out) ? `${bytes(at.mean_bytes_out)}, ` : "";
  return [saved, h("div", null, `${size}${cpu}n=${count(at.n)}`)];
}

function savings(quality) {
  const curves = curvesOf(quality);
  if (!curves.length) return null;
  const rows = curves.filter((curve) => curve.at.length);
  const rest = curves.filter((curve) => !curve.at.length);
  const scores = [...new Set([...SCORES, ...rows.flatMap((curve) => curve.at.map((at) => at.score))])].sort((a, b) => b - a);
  return [
    h("h3", null, term("Saving at equal quality", "equal_quality")),
    rows.length
      ? table(
          "Saving at equal quality",
          [
            { title: "Output", cell: (curve) => formatMark(curve.format) },
            { title: "Encoder", cell: (curve) => visible(curve.name) },
            ...scores.map((wanted) => ({
              title: `At ${number(wanted)}`,
              key: "equal_quality",
              numeric: true,
              class: "two",
              cell: (curve) => savingCell(curve.at.find((at) => at.score === wanted)),
            })),
          ],
          rows,
        )
      : null,
    rows.length ? h("p", { class: "note" }, "Smaller by; below it the bytes of an image, CPU time per MB saved, and of how many sources. Inferred: between each source\u2019s two nearest outputs.") : null,
    rest.length ? h("p", { class: "note" }, `No source has outputs on both sides of one of these scores: ${rest.map(titleOf).join(", ")}.`) : null,
  ];
}

function bandTable(quality) {
  if (!quality.scored || !quality.bands) return null;
  const most = Math.max(...bands.map((band) => quality.bands[band.key] ?? 0), 1);
  return [
    h("h3", null, term("Outputs by band", "quality_bands")),
    h(
      "table",
      { class: "bars", id: "quality-bands" },
      h("caption", { class: "hidden" }, "Outputs by band"),
      h("thead", { class: "hidden" }, h("tr", null, h("th", { scope: "col" }, "Band"), h("th", { scope: "col" }, "Outputs"), h("th", { scope: "col" }, "Bar"))),
      h(
        "tbody",
        null,
        bands.map((band) => {
          const n = quality.bands[band.key] ?? 0;
          const bar = h("span", { style: { width: `${(n / most) * 100}%`, background: "var(--line-1)" } });
          return h("tr", null, h("th", { scope: "row" }, band.from > 0 ? `${band.title}, from ${band.from}` : band.title), h("td", { class: "number" }, count(n)), h("td", { class: "bar" }, bar));
        }),
      ),
    ),
  ];
}

function reasonList(reasons) {
  return h("ul", { class: "reasons" }, reasons.map((one) => h("li", null, `${count(one.n)}: ${visible(one.reason)}`)));
}

function missing(quality) {
  const n = quality.pairs - quality.scored;
  if (!(n > 0)) return null;
  const reasons = quality.not_scored ?? [];
  const more = reasons.slice(REASONS);
  return h(
    "div",
    { id: "not-scored" },
    h("p", null, term("Not scored", "not_scored"), `: ${count(n)} of ${count(quality.pairs)} outputs.`),
    reasons.length ? reasonList(reasons.slice(0, REASONS)) : null,
    more.length ? foldout(`${count(more.length)} more ${more.length === 1 ? "reason" : "reasons"}`, () => reasonList(more)) : null,
  );
}

// Null where quality was not measured. Returns {element, addImages}: the dots of images come when those have been read.
export function qualitySection(report, lazy) {
  const { quality } = report;
  if (!quality) return null;
  const element = section("quality", "Quality");
  if (!quality.pairs) {
    append(element, h("p", { class: "note" }, "No image has a final output that could be compared with its input."));
    return { element, addImages: () => {} };
  }
  const tradeoff = makeTradeoff(curvesOf(quality));
  append(element, [overview(quality), worstLine(quality, lazy), tradeoff.element, savings(quality), bandTable(quality), missing(quality)]);
  return { element, addImages: tradeoff.addImages };
}

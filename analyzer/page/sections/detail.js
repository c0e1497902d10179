// SPDX-License-Identifier: MIT
// Owns: the dialog that shows everything known of one image.
// Must not know: where it was opened from.
import { scoreAndBand } from "../base/bands.js";
import { stageParts, stages } from "../base/colours.js";
import { h, shortName, term } from "../base/dom.js";
import { duration, visible, write } from "../base/units.js";

const groups = [
  ["Result", ["status", "input_format", "output_format", "bytes_in", "bytes_out", "size_ratio", "cpu_s_per_mb_saved", "reencoded", "lost", "disagreements"]],
  ["Quality", ["quality_retained", "ssimulacra2", "psnr_db", "ssim", "ms_ssim", "metrics", "identical", "resized", "lossy_input", "quality_note"]],
  ["Settings", ["decoder", "encoder", "setting", "quality", "effort", "subsampling", "attempts"]],
  ["Time", ["start_s", "span_s", "busy_s", "wait_s", "cpu_s"]],
  ["Moments", ["validation_at_s", "image_read_at_s", "decode_at_s", "transform_at_s", "encode_at_s", "image_write_at_s", "cleanup_at_s"]],
  ["Resources", ["peak_bytes", "memory_scope", "bytes_per_pixel", "width", "height", "pixels", "read_ops", "write_ops", "small_ops"]],
  ["How it was found", ["image", "chain", "link_rule", "input_count", "output_count", "worker", "pid"]],
];

let dialog = null;

function stageRows(store, i) {
  const parts = stageParts(store.stage(i));
  const most = Math.max(...parts, 1e-12);
  return h(
    "table",
    { class: "bars" },
    h("caption", { class: "hidden" }, "Stages"),
    h("thead", { class: "hidden" }, h("tr", null, h("th", { scope: "col" }, "Stage"), h("th", { scope: "col" }, "Time"), h("th", { scope: "col" }, "Share"))),
    h(
      "tbody",
      null,
      stages.map((stage, k) => {
        const unknown = stage.key === "other" ? !parts[k] : store.get(`${stage.key}_s`, i) === null;
        if (stage.key === "other" && unknown) return null;
        const bar = h("span", { style: { width: `${(parts[k] / most) * 100}%`, background: stage.colour } });
        return h("tr", null, h("th", { scope: "row" }, term(stage.title, stage.key)), h("td", { class: "number" }, store.sharedWith(`${stage.key}_s`, i) !== null ? "shared" : unknown ? "n/a" : duration(parts[k])), h("td", { class: "bar" }, bar));
      }),
    ),
  );
}

// A source that several outputs are made from is read once.
function sharedNote(store, i) {
  const other = store.get("read_with", i);
  if (other === null) return null;
  const name = visible(store.name(other));
  return h("p", { class: "note shared" }, "The source was read and decoded once, with ", h("button", { type: "button", class: "link", "aria-label": name, onclick: () => openDetail(store, other) }, shortName(name, visible(store.path(other) ?? name))), ": shared stages are in that image\u2019s time.");
}

function path(title, text) {
  return h("div", null, h("dt", null, title), h("dd", { class: "path" }, text === null ? "n/a" : visible(text)));
}

// What programs of the user printed, "name:value name:value": a row each.
function otherMetrics(column, text) {
  return text.split(" ").map((one) => {
    const at = one.lastIndexOf(":");
    return [{ ...column, title: visible(one.slice(0, at)) }, one.slice(at + 1)];
  });
}

// What is not known of an image's quality is left out: its note says why.
function qualityRows(rows, store, i) {
  return rows
    .filter(([column]) => store.get(column.key, i) !== null)
    .flatMap(([column, text]) => {
      if (column.key === "metrics") return otherMetrics(column, store.get("metrics", i));
      return [[column, column.key === "quality_retained" ? scoreAndBand(store.get(column.key, i)) : text]];
    });
}

function shown(store, i) {
  const used = new Set(["input", "output", ...stages.map((stage) => `${stage.key}_s`), "optimization_s", "optimization_at_s", "read_with"]);
  const rows = (keys) =>
    keys
      .map((key) => store.columns.get(key))
      .filter(Boolean)
      .map((column) => {
        used.add(column.key);
        return [column, write(column.unit, column.get(i))];
      });
  const known = groups.map(([title, keys]) => [title, title === "Quality" ? qualityRows(rows(keys), store, i) : rows(keys)]);
  const rest = rows([...store.columns.keys()].filter((key) => !used.has(key)));
  return [...known, ["More", rest]]
    .filter(([, list]) => list.length)
    .map(([title, list]) => [
      h("h3", null, title),
      h("dl", { class: "facts" }, list.map(([column, text]) => h("div", null, h("dt", null, term(column.title, column.key, column.definition)), h("dd", { "data-column": column.key }, text)))),
    ]);
}

// around: {previous, next, place}, where it stands in a list.
export function openDetail(store, i, around = {}) {
  if (!dialog) {
    dialog = h("dialog", { id: "detail", "aria-labelledby": "detail-title" });
    document.body.append(dialog);
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }
  const step = (id, text, label, go) => h("button", { type: "button", id, disabled: !go, onclick: go && (() => { go(); document.getElementById(id)?.focus(); }) }, h("span", { "aria-hidden": "true" }, text), h("span", { class: "hidden" }, label));
  dialog.replaceChildren(
    h(
      "header",
      null,
      h("h2", { id: "detail-title" }, visible(store.name(i))),
      h(
        "div",
        { class: "toolbar" },
        around.place && [step("detail-previous", "\u2039", "Previous image", around.previous), h("span", null, around.place), step("detail-next", "\u203a", "Next image", around.next)],
        h("button", { type: "button", id: "detail-close", onclick: () => dialog.close() }, "Close"),
      ),
    ),
    h("dl", { class: "paths" }, path("Input", store.get("input", i)), path("Output", store.get("output", i))),
    h("h3", null, "Stages"),
    stageRows(store, i),
    ...[sharedNote(store, i)].filter(Boolean),
    ...shown(store, i).flat(),
  );
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

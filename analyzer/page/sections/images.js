// SPDX-License-Identifier: MIT
// Owns: the section of images: a row per image with the bar of its stages; sorting, filtering, pages, the keys that move in it.
// Must not know: what is shown of a single image (detail.js).
import { isScore } from "../base/bands.js";
import { formatColour, formatTitle, stageParts, stages } from "../base/colours.js";
import { append, foldout, h, scrollBox, section, shortName } from "../base/dom.js";
import { isNumeric, sorted } from "../base/store.js";
import { bytes, change, count, duration, score, visible, write } from "../base/units.js";

const PAGE_SIZES = [25, 100, 500];
const PRINTED = 100; // rows on paper

export function stageBar(store, i, longest) {
  const parts = stageParts(store.stage(i));
  const busy = store.get("busy_s", i) ?? 0;
  const text = parts
    .map((seconds, k) => [seconds, stages[k].title])
    .filter(([seconds]) => seconds > 0)
    .map(([seconds, title]) => `${title} ${duration(seconds)}`)
    .join(", ");
  const shared = store.get("read_with", i);
  const whole = [text, shared === null ? "" : `read and decoded with ${visible(store.name(shared))}`].filter(Boolean).join("; ");
  const bar = h("span", { class: "stages", style: { width: `${longest > 0 ? Math.max((busy / longest) * 100, 0.5) : 0}%` } });
  // Factors that add up to less than 1 would leave the rest of the bar empty.
  for (const [k, seconds] of parts.entries())
    if (seconds > 0) bar.append(h("span", { style: { "flex-grow": seconds * 1e9, background: stages[k].colour } }));
  return h("span", { class: "stage-bar", role: "img", "aria-label": whole || "no stage known", title: whole }, bar);
}

export function formatMark(key) {
  return h("span", { class: "format" }, h("span", { class: "swatch", style: { background: formatColour(key) } }), formatTitle(key));
}

// What any table says of an image and a column.
function figureOf(store, column, i) {
  if (store.sharedWith(column.key, i) !== null) return "shared";
  const text = write(column.unit, column.get(i));
  return column.unit === "text" ? shortName(text) : text;
}

function columnsOf(store) {
  const scored = store.has("quality_retained");
  return [
    { key: "input", title: "Image", class: "path", cell: (i) => shortName(visible(store.name(i)), visible(store.path(i) ?? "")) },
    { key: "busy_s", title: "Busy", numeric: true, class: "short", cell: (i) => duration(store.get("busy_s", i)) },
    { key: null, title: "Stages", class: "bar", cell: (i, longest) => stageBar(store, i, longest) },
    { key: "size_ratio", title: "Change", numeric: true, class: "short", cell: (i) => change(store.get("size_ratio", i)) },
    scored && { key: "quality_retained", title: "Retained", numeric: true, class: "short", cell: (i) => score(store.get("quality_retained", i)) },
    { key: "bytes_in", title: "Before", numeric: true, class: "short", cell: (i) => bytes(store.get("bytes_in", i)) },
    { key: "bytes_out", title: "After", numeric: true, class: "short", cell: (i) => bytes(store.get("bytes_out", i)) },
    {
      key: "output_format",
      title: "Formats",
      class: "formats",
      cell: (i) => [formatTitle(store.get("input_format", i)), " \u2192 ", formatMark(store.get("output_format", i))],
    },
    { key: "setting", title: "Setting", class: "setting", cell: (i) => visible(store.get("setting", i) ?? "n/a") },
    { key: "status", title: "Status", class: "state", cell: (i) => h("span", { class: `status ${store.get("status", i)}` }, store.get("status", i)) },
  ].filter(Boolean);
}

function option(value, text, chosen) {
  return h("option", { value, selected: value === chosen }, text);
}

// What the text filter looks at, in small letters.
function haystack(store, i) {
  return ["input", "output", "setting", "encoder", "decoder"].map((key) => store.short(key, i) ?? "").join("\n").toLowerCase();
}

export function imagesSection(store, openImage) {
  const state = { key: "busy_s", descending: true, text: "", format: "", status: "", page: 0, size: PAGE_SIZES[0] };
  const all = Array.from({ length: store.count }, (_, i) => i);
  const base = columnsOf(store);
  const longest = all.reduce((most, i) => Math.max(most, store.get("busy_s", i) ?? 0), 0);
  const element = section("image-list", "Images");
  if (!store.count) return append(element, h("p", { class: "note" }, "The run made no image."));

  let rows = all;
  const haystacks = [];
  const head = h("tr");
  const body = h("tbody");
  const status = h("p", { id: "images-shown", role: "status" });
  const pages = h("div", { class: "toolbar", role: "group", "aria-label": "Pages" });
  const caption = h("caption", { class: "hidden" }, "Images");
  const grid = h("table", { class: store.has("quality_retained") ? "images scored" : "images", "aria-rowcount": store.count + 1 }, caption, h("thead", null, head), body);

  // Behind the usual columns those that were added, and the one that is sorted by.
  const added = new Set();
  const usual = new Set(base.map((column) => column.key));
  function columns() {
    const keys = [...added];
    if (!usual.has(state.key) && !added.has(state.key)) keys.push(state.key);
    const more = keys.map((key) => store.columns.get(key));
    return [...base, ...more.map((one) => ({ key: one.key, title: one.title, numeric: isNumeric(one), class: "extra", cell: (i) => figureOf(store, one, i) }))];
  }

  function columnChoice() {
    const box = (column) =>
      h("label", { title: column.definition }, h("input", { type: "checkbox", value: column.key, checked: added.has(column.key), onchange: (event) => {
        if (event.target.checked) added.add(column.key);
        else added.delete(column.key);
        show();
      } }), column.title);
    const choice = foldout("More columns", () => h("fieldset", null, h("legend", { class: "hidden" }, "Columns to add"), [...store.columns.values()].filter((column) => !usual.has(column.key)).map(box)));
    choice.id = "columns";
    return choice;
  }

  function choose() {
    rows = all.filter(
      (i) =>
        (!state.format || (store.get("output_format", i) ?? "unknown") === state.format) &&
        (!state.status || store.get("status", i) === state.status) &&
        (!state.text || (haystacks[i] ??= haystack(store, i)).includes(state.text)),
    );
    rows = sorted(store, rows, state.key, state.descending);
    state.page = 0;
  }

  function showHead() {
    head.replaceChildren(
      ...columns().map((column) => {
        const order = column.key === state.key ? (state.descending ? "descending" : "ascending") : null;
        const text = store.columns.get(column.key)?.definition ?? null;
        const mark = h("span", { class: "order", "aria-hidden": "true" }, order ? (state.descending ? " \u25be" : " \u25b4") : "");
        const label = column.key
          ? h("button", { type: "button", class: "sort", "data-key": column.key, title: text, onclick: () => sortBy(column.key) }, column.title, mark)
          : column.title;
        return h("th", { scope: "col", class: [column.class, column.numeric && "number"].filter(Boolean).join(" "), "aria-sort": order }, label);
      }),
    );
  }

  function row(i, at) {
    const cells = columns().map((column, k) => {
      const content = k === 0 ? h("button", { type: "button", class: "open", "aria-label": visible(store.name(i)), onclick: () => open(at) }, column.cell(i)) : column.cell(i, longest);
      const kind = [column.class, column.numeric && "number"].filter(Boolean).join(" ");
      return k === 0 ? h("th", { scope: "row", class: kind }, content) : h("td", { class: kind }, content);
    });
    const line = h("tr", { "data-image": i, "aria-rowindex": at + 2 }, cells);
    line.addEventListener("click", (event) => event.target.closest("button") || open(at));
    return line;
  }

  function show(printing = false) {
    grid.style.setProperty("--added", columns().length - base.length);
    const size = printing ? PRINTED : state.size;
    const last = Math.max(0, Math.ceil(rows.length / size) - 1);
    state.page = printing ? 0 : Math.max(0, Math.min(state.page, last));
    const from = state.page * size;
    const to = Math.min(from + size, rows.length);
    showHead();
    body.replaceChildren(...rows.slice(from, to).map((i, k) => row(i, from + k)));
    const part = rows.length ? `${count(from + 1)} to ${count(to)} of ` : "";
    const filtered = rows.length === store.count ? "" : ` (of ${count(store.count)})`;
    status.replaceChildren(`${part}${count(rows.length)} ${rows.length === 1 ? "image" : "images"}${filtered}`);
    const turn = (id, text, label, page, off) =>
      h("button", { type: "button", id, "aria-label": label, title: label, disabled: off, onclick: () => turnTo(page, id) }, text);
    pages.replaceChildren(
      turn("page-first", "\u00ab", "First page", 0, state.page === 0),
      turn("page-previous", "\u2039 Previous", "Previous page", state.page - 1, state.page === 0),
      h("span", null, `Page ${count(state.page + 1)} of ${count(last + 1)}`),
      turn("page-next", "Next \u203a", "Next page", state.page + 1, state.page === last),
      turn("page-last", "\u00bb", "Last page", last, state.page === last),
      h(
        "label",
        null,
        "Rows ",
        h("select", { id: "page-size", onchange: (event) => setSize(Number(event.target.value)) }, PAGE_SIZES.map((n) => option(String(n), n, String(state.size)))),
      ),
    );
    pages.hidden = rows.length <= PAGE_SIZES[0];
  }

  function refocus(id) {
    const again = document.getElementById(id);
    if (again && !again.disabled) again.focus();
  }

  function turnTo(page, id) {
    state.page = page;
    show();
    refocus(id);
  }

  function setSize(size) {
    state.page = Math.floor((state.page * state.size) / size);
    state.size = size;
    show();
    refocus("page-size");
  }

  // Texts rise at first, numbers fall: the largest is what one looks for; of scores the lowest.
  function sortBy(key) {
    const column = store.columns.get(key);
    if (!column) return;
    if (state.key === key) state.descending = !state.descending;
    else {
      state.key = key;
      state.descending = !["text", "list"].includes(column.unit) && !isScore(key);
    }
    sortChoice.value = key;
    choose();
    show();
    head.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
  }

  function open(at) {
    openImage(rows[at], {
      previous: at > 0 ? () => open(at - 1) : null,
      next: at + 1 < rows.length ? () => open(at + 1) : null,
      place: `${count(at + 1)} of ${count(rows.length)}`,
    });
  }

  // From a row's button: up and down, to the first and the last, with Enter as any button.
  body.addEventListener("keydown", (event) => {
    const buttons = [...body.querySelectorAll("button.open")];
    const at = buttons.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    buttons[Math.max(0, Math.min(buttons.length - 1, to))].focus();
  });

  const sortChoice = h("select", { id: "sort", onchange: (event) => sortByChoice(event.target.value) }, [...store.columns.values()].map((column) => option(column.key, column.title, state.key)));
  function sortByChoice(key) {
    sortBy(key);
    sortChoice.focus();
  }
  const changed = (key, value) => {
    state[key] = value;
    choose();
    show();
  };
  let typing = 0;
  const distinct = (key) => [...new Set(all.map((i) => store.get(key, i) ?? "unknown"))].sort();
  const filters = h(
    "form",
    { class: "toolbar", role: "search", "aria-label": "Filter images", onsubmit: (event) => event.preventDefault() },
    h("label", null, "Find ", h("input", {
      type: "search",
      id: "filter-text",
      placeholder: "name, setting, encoder",
      autocomplete: "off",
      oninput: (event) => {
        clearTimeout(typing);
        typing = setTimeout(() => changed("text", event.target.value.trim().toLowerCase()), 120);
      },
    })),
    h("label", null, "Output ", h("select", { id: "filter-format", onchange: (event) => changed("format", event.target.value) }, option("", "all", ""), distinct("output_format").map((key) => option(key, formatTitle(key), "")))),
    h("label", null, "Status ", h("select", { id: "filter-status", onchange: (event) => changed("status", event.target.value) }, option("", "all", ""), distinct("status").map((key) => option(key, key, "")))),
    h("label", null, "Sort by ", sortChoice),
  );
  const legend = h("ul", { class: "legend" }, stages.map((stage) => h("li", null, h("span", { class: "swatch", style: { background: stage.colour } }), stage.title)));
  append(element, [filters, columnChoice(), status, scrollBox("Images, table", grid), pages, legend]);
  append(element, h("p", { class: "note" }, "A bar is as long as the image was busy. One row per image: those that a temporary file joins have a row each."));
  window.addEventListener("beforeprint", () => show(true));
  window.addEventListener("afterprint", () => show());
  choose();
  show();
  return element;
}

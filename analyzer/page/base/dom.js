// SPDX-License-Identifier: MIT
// Owns: making elements, tables and terms with their definitions. Text reaches the page as text only: no function here
// or elsewhere takes HTML.
// Must not know: figures.
import definitions from "./definitions.json";

// h("p", {class: "x", onclick: f, "aria-label": "y"}, "text", element, [more]); null and false children are left out.
export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
    else element.setAttribute(name, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

export function append(element, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

const TAIL = 12; // characters at the end of a name that stay when it is cut

// A name on one line: where there is no room it is cut in the middle, for its beginning and its ending tell what it is.
export function shortName(text, title = text) {
  const at = text.length - Math.min(TAIL, text.length >> 1);
  return h("span", { class: "name", title }, h("span", { class: "head" }, text.slice(0, at)), h("span", { class: "tail" }, text.slice(at)));
}

// A box for what may be wider than the page: it scrolls by itself, and says so as long as something is outside.
const boxes = new ResizeObserver((entries) => entries.forEach(({ target }) => showMore(target.closest(".scroll"))));

function showMore(box) {
  const sides = [box.scrollLeft > 1 && "left", box.scrollLeft + box.clientWidth < box.scrollWidth - 1 && "right"];
  box.parentElement.dataset.more = sides.filter(Boolean).join(" ");
}

export function scrollBox(label, content, tall = false) {
  const box = h("div", { class: tall ? "scroll tall" : "scroll", tabindex: "0", role: "region", "aria-label": label }, content);
  box.addEventListener("scroll", () => showMore(box), { passive: true });
  boxes.observe(box);
  boxes.observe(content);
  return h("div", { class: "scroller", "data-more": "" }, box, h("p", { class: "hint note", "aria-hidden": "true" }, "\u2194 More columns: scroll sideways"));
}

export function section(id, title, ...children) {
  return h("section", { id, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, title), children);
}

export function definition(key) {
  return definitions[key] ?? null;
}

let popover = null;

function openDefinition(button, text) {
  if (!popover) {
    popover = h("div", { id: "definition", popover: "auto", role: "note" });
    document.body.append(popover);
  }
  if (!popover.showPopover) return; // the title says it
  popover.replaceChildren(text);
  popover.showPopover();
  const at = button.getBoundingClientRect();
  const own = popover.getBoundingClientRect();
  const left = Math.max(8, Math.min(at.left, document.documentElement.clientWidth - own.width - 8));
  const below = at.bottom + 6;
  const top = below + own.height > window.innerHeight - 8 ? Math.max(8, at.top - own.height - 6) : below;
  popover.style.left = `${left}px`;
  popover.style.top = `${top}px`;
}

// A figure's name. With a definition it is a button that shows it.
export function term(label, key, text = definition(key)) {
  if (!text) return h("span", { "data-undefined": key }, label);
  const button = h(
    "button",
    { type: "button", class: "term", title: text, "aria-label": `${label}: what is it?`, "data-definition": key },
    label,
  );
  // The popover must not close itself by the same press that opens it.
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    openDefinition(button, text);
  });
  return button;
}

function kind(column) {
  return [column.class, column.numeric && "number"].filter(Boolean).join(" ") || null;
}

// columns: [{title, key (of the definition), numeric, cell(row) → text or element}]
export function table(caption, columns, rows, options = {}) {
  const head = columns.map((column) =>
    h("th", { scope: "col", class: kind(column) }, column.key ? term(column.title, column.key) : column.title),
  );
  const body = rows.map((row) =>
    h(
      "tr",
      null,
      columns.map((column, i) =>
        h(
          i === 0 ? "th" : "td",
          { scope: i === 0 ? "row" : null, class: kind(column) },
          column.cell(row),
        ),
      ),
    ),
  );
  const grid = h(
    "table",
    { class: options.class },
    h("caption", { class: options.showCaption ? null : "hidden" }, caption),
    h("thead", null, h("tr", null, head)),
    h("tbody", null, body),
  );
  return scrollBox(`${caption}, table`, grid, options.tall);
}

// Name and value side by side: rows [label, key, value, note].
export function facts(rows) {
  return h(
    "dl",
    { class: "facts" },
    rows
      .filter(Boolean)
      .map(([label, key, value, note]) =>
        h("div", null, h("dt", null, term(label, key)), h("dd", null, value, note ? h("small", null, " ", note) : null)),
      ),
  );
}

// Built when it is opened for the first time.
export function foldout(summary, build, open = false) {
  const details = h("details", { open }, h("summary", null, summary));
  const fill = () => {
    if (details.open && details.childElementCount === 1) append(details, build());
  };
  details.addEventListener("toggle", fill);
  if (open) fill();
  return details;
}

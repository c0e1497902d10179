// SPDX-License-Identifier: MIT
// Owns: the section of value: what the work was worth, and where it was done in vain.
// Must not know: how the groups were chosen.
import { append, facts, h, section, shortName, table, term } from "../base/dom.js";
import { bytes, count, duration, visible } from "../base/units.js";

const groups = [
  ["grew", "Grew"],
  ["little", "Saved less than 1%"],
  ["discarded", "Thrown away"],
  ["failed", "Failed"],
  ["reencoded", "Lossy coded lossily again"],
];

function groupTable(value, lazy) {
  const all = groups.filter(([key]) => value[key]).map(([key, title]) => ({ key, title, ...value[key] }));
  const rows = all.filter((row) => row.n > 0);
  const empty = all.filter((row) => row.n === 0);
  return [rows.length ? filledGroups(rows, lazy) : null, empty.length ? h("p", { class: "note" }, "No image: ", empty.map((row, k) => [k ? ", " : "", term(row.title.toLowerCase(), row.key)]), ".") : null];
}

function filledGroups(rows, lazy) {
  return table(
    "Images whose work was worth little",
    [
      { title: "Group", cell: (row) => term(row.title, row.key) },
      { title: "Images", numeric: true, cell: (row) => count(row.n) },
      { title: "Worst first", class: "links", cell: (row) => (row.worst?.length ? lazy.links(row.worst.slice(0, 5)) : "\u2013") },
      { title: "Before", numeric: true, cell: (row) => bytes(row.bytes_in) },
      { title: "After", numeric: true, cell: (row) => bytes(row.bytes_out) },
      { title: "Busy", numeric: true, cell: (row) => duration(row.busy_s) },
      { title: "CPU", numeric: true, cell: (row) => duration(row.cpu_s) },
    ],
    rows,
  );
}

function repeatedTable(repeated, paths) {
  if (!repeated?.worst?.length) return null;
  return [
    h("h3", null, term("Read more than once", "repeated")),
    table(
      "Files that several images read",
      [
        { title: "File", class: "path", cell: (row) => shortName(visible(paths[row.file] ?? `file ${row.file}`)) },
        { title: "Reads", numeric: true, cell: (row) => count(row.reads) },
        { title: "Decodes", numeric: true, cell: (row) => count(row.decodes) },
        { title: "Bytes again", numeric: true, cell: (row) => bytes(row.extra_bytes) },
        { title: "Time again", numeric: true, cell: (row) => duration(row.extra_s) },
      ],
      repeated.worst,
    ),
  ];
}

export function valueSection(report, lazy) {
  const value = report.value;
  const { totals } = report;
  const lost = Object.entries(totals.lost).filter(([, n]) => n > 0);
  const rows = [
    value && ["CPU per MB saved", "cpu_s_per_mb_saved", duration(value.cpu_s_per_mb_saved)],
    ["Saved per image", "saved", bytes(totals.saved_per_image_bytes), `n=${count(totals.sized)}`],
    value?.repeated && ["Read again", "repeated", `${count(value.repeated.files)} ${value.repeated.files === 1 ? "file" : "files"}`, value.repeated.files ? `${bytes(value.repeated.extra_bytes)}, ${duration(value.repeated.extra_s)}` : null],
    value?.io && ["Small I/O", "io_small", `${count(value.io.small_ops)} of ${count(value.io.ops)} calls`, `${duration(value.io.time_s)} in all`],
    value?.intermediates && ["Temporary files", "intermediates", count(value.intermediates.files), value.intermediates.files ? `${bytes(value.intermediates.bytes)}, ${duration(value.intermediates.time_s)}` : null],
    ["Lost", "lost", lost.length ? lost.map(([name, n]) => `${["icc", "exif", "xmp"].includes(name) ? name.toUpperCase() : name} in ${count(n)}`).join(", ") : totals.compared ? "nothing that was looked at" : "n/a", totals.compared ? `n=${count(totals.compared)}` : null],
    totals.disagreeing ? ["Settings and files disagree", "disagreeing", `${count(totals.disagreeing)} images`] : null,
  ];
  const worst = value?.all?.worst;
  return append(section("value", "Value"), [
    facts(rows),
    value ? groupTable(value, lazy) : null,
    worst?.length ? lazy.whenNamed(h("p", null, "Largest beside their input: ", lazy.links(worst.slice(0, 10)))) : null,
    value ? repeatedTable(value.repeated, report.file_paths) : null,
  ]);
}

// SPDX-License-Identifier: MIT
// Owns: the columns that tables of formats, settings and conversions get where quality was measured.
// Must not know: charts, how a score came about.
import { h } from "../base/dom.js";
import { count, isKnown, score } from "../base/units.js";

// What a table gets where quality was measured. of(row) → what has quality_retained and retained; n(row) → images of the row.
export function retainedColumns(rows, lazy, n, of = (row) => row) {
  const known = rows.filter((row) => isKnown(of(row).quality_retained));
  if (!known.length) return [];
  const scored = (row) => of(row).retained?.n;
  const worst = (row) => {
    const { worst: value, worst_images: images } = of(row).retained ?? {};
    return images?.length ? lazy.link(images[0], score(value)) : score(value);
  };
  return [
    {
      title: "Retained",
      key: "quality_retained",
      numeric: true,
      cell: (row) => [score(of(row).quality_retained), isKnown(scored(row)) && scored(row) !== n(row) ? h("small", null, ` n=${count(scored(row))}`) : null],
    },
    known.some((row) => isKnown(of(row).retained?.p5)) && { title: "p5", key: "retained_p5", numeric: true, cell: (row) => score(of(row).retained?.p5) },
    { title: "Worst", key: "retained_worst", numeric: true, cell: worst },
  ].filter(Boolean);
}

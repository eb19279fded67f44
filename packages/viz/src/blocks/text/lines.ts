import { axisOf, labelsOf } from "../../description/axes.ts";
import { brief, extent, most } from "../../description/numbers.ts";
import { cut, fill, shown } from "../../description/shown.ts";
import { widthOf } from "../../description/width.ts";
import type { Description } from "../../description/types.ts";
import { scaleOf } from "../../ink/scale.ts";
import { place } from "../../layout/plot.ts";
import type { TextOptions } from "../block.ts";
import { type Lines } from "../lines.ts";
import { told } from "../../layout/paint.ts";

const SPARKS = "▁▂▃▄▅▆▇█";

/** A line of eight heights for each series, with its first, its last and its extremes. */
export function linesText(d: Description, b: Lines, options: TextOptions): string {
  const axis = axisOf(d, b.x);
  const scale = scaleOf(d, b.scale);
  const ends = extent(b.series.flatMap(({ values }) => [...values]));
  const side = Math.min(
    20,
    Math.floor(options.columns / 4),
    most(b.series, ({ name }) => widthOf(shown(name))),
  );
  const room = Math.max(4, options.columns - side - 24);
  const lines = b.series.map(({ name, values }) => {
    const step = Math.max(1, Math.ceil(values.length / room));
    const sparks = Array.from({ length: Math.ceil(values.length / step) }, (_, i) => {
      const value = values[i * step] ?? Number.NaN;
      return Number.isFinite(value) ? (SPARKS[Math.round(place(value, ends, [0, 7]))] ?? "–") : "–";
    }).join("");
    const ends_ = values.length === 0 ? "" : `${brief(values[0] ?? 0)} … ${brief(values.at(-1) ?? 0)}`;
    return cut(`${fill(shown(name), side)} ${sparks} ${ends_}`, options.columns);
  });
  const words = [
    `${scale.title} by ${axis.title}, ${labelsOf(axis)[0] ?? ""} to ${labelsOf(axis).at(-1) ?? ""}`,
    `▁ ${brief(ends[0])}, █ ${brief(ends[1])}`,
  ];
  return [...lines, ...told(words, options)].join("\n");
}

import { axisOf, labelsOf } from "../../description/axes.ts";
import { brief, extent } from "../../description/numbers.ts";
import { cut, fill } from "../../description/shown.ts";
import type { Description } from "../../description/types.ts";
import { scaleOf } from "../../ink/scale.ts";
import { place } from "../../layout/plot.ts";
import type { TextOptions } from "../block.ts";
import type { Bands } from "../bands.ts";
import { told } from "../../layout/paint.ts";

export function bandsText(d: Description, b: Bands, options: TextOptions): string {
  const axis = axisOf(d, b.x);
  const scale = scaleOf(d, b.scale);
  const ends = extent([...b.values, ...(b.outliers ?? []).map(({ value }) => value)]);
  const n = b.levels.length;
  const side = Math.min(12, Math.floor(options.columns / 4));
  const room = Math.max(8, options.columns - side - 1);
  const lines = labelsOf(axis).map((label, i) => {
    const cells = Array.from({ length: room }, () => " ");
    const put = (value: number, mark: string): void => {
      if (Number.isFinite(value)) cells[Math.round(place(value, ends, [0, room - 1]))] = mark;
    };
    const at = (k: number): number => Math.round(place(b.values[i * n + k] ?? 0, ends, [0, room - 1]));
    for (let c = at(0); c <= at(n - 1); c += 1) cells[c] = "─";
    if (n >= 5) for (let c = at(1); c <= at(n - 2); c += 1) cells[c] = "━";
    put(b.values[i * n + (n - 1) / 2] ?? Number.NaN, "┃");
    for (const { x, value } of b.outliers ?? []) if (x === i) put(value, "•");
    return cut(`${fill(label, side)} ${cells.join("").trimEnd()}`, options.columns);
  });
  const words = [
    `${scale.title} by ${axis.title}: ${brief(ends[0])} to ${brief(ends[1])}`,
    "┃ median, ━ and ─ quantiles, • farthest",
  ];
  return [...lines, ...told(words, options)].join("\n");
}

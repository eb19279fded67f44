import { brief, extent } from "../../description/numbers.ts";
import { shown } from "../../description/shown.ts";
import type { Description } from "../../description/types.ts";
import { themeOf } from "../../ink/theme.ts";
import { place } from "../../layout/plot.ts";
import { tinted, told } from "../../layout/paint.ts";
import type { TextOptions } from "../block.ts";
import { type Points, groupsOf } from "../points.ts";

const letter = (kind: number, count: number): string =>
  count < 2 ? "•" : String.fromCharCode(97 + (kind % 26));

/** Points as letters of their groups. */
export function pointsText(_: Description, b: Points, options: TextOptions): string {
  const names = groupsOf(b);
  const [width, height] = [Math.max(4, options.columns), 20];
  const cells = Array.from({ length: height }, () => Array.from({ length: width }, () => " "));
  const [ends, sides] = [extent(b.x), extent(b.y)];
  const theme = themeOf(options.theme);
  for (let i = 0; i < b.x.length; i += 1) {
    const [x, y] = [
      Math.round(place(b.x[i] ?? Number.NaN, ends, [0, width - 1])),
      Math.round(place(b.y[i] ?? Number.NaN, sides, [height - 1, 0])),
    ];
    const kind = Math.max(0, names.indexOf(b.groups?.[i] ?? ""));
    const row = cells[y];
    if (row?.[x] !== undefined)
      row[x] = tinted(letter(kind, names.length), theme.hues[kind % theme.hues.length] ?? "", options);
  }
  const key = names.slice(0, 20).map((name, k) => `${letter(k, names.length)} ${shown(name)}`);
  const words = [
    `${shown(b.titles[0])} ${brief(ends[0])} to ${brief(ends[1])}, ${shown(b.titles[1])} ${brief(sides[0])} to ${brief(sides[1])}`,
    ...key,
  ];
  return [...cells.map((row) => row.join("").trimEnd()), ...told(words, options)].join("\n");
}

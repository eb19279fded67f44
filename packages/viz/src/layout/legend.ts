import { make } from "./tree.ts";
import { brief } from "../description/numbers.ts";
import { cut, shown } from "../description/shown.ts";
import type { Scale } from "../description/types.ts";
import { isDiverging, rampOf, scaleNotes } from "../ink/scale.ts";
import type { Theme } from "../ink/theme.ts";
import { cellsIn, type Drawing, type Drawn, group, rect, text } from "./frame.ts";

const BARS = 32;

/** A scale's bar: colours with numbers, title and unit, and in words what else is to be known. */
export function legend(
  scale: Scale,
  theme: Theme,
  width: number,
  { cut: isCut = false, notes = [] }: { readonly cut?: boolean; readonly notes?: readonly string[] } = {},
): Drawing {
  const ramp = rampOf(scale, theme);
  const room = Math.min(200, Math.max(60, width - 8));
  const step = room / BARS;
  const colours = Array.from({ length: BARS }, (_, i) => {
    const colour = ramp[Math.round((i / (BARS - 1)) * (ramp.length - 1))] ?? theme.missing;
    return rect([i * step, 0, step + 0.5, 9], colour);
  });
  const numbers: Drawn[] = [];
  const put = (x: number, value: number, anchor: "start" | "middle" | "end"): void => {
    numbers.push(text(x, 21, brief(value), { size: 10, fill: theme.soft, anchor }));
  };
  const perRow = scale.stretch === "row";
  if (!perRow) {
    put(0, scale.low, "start");
    if (isDiverging(scale)) put(room / 2, scale.centre ?? 0, "middle");
    put(room, scale.high, "end");
  }
  const unit = scale.unit === undefined ? "" : ` (${shown(scale.unit)})`;
  const words = [`${shown(scale.title)}${unit}`, ...scaleNotes(scale, isCut), ...notes].filter(
    (each) => each !== "",
  );
  const lines = wrap(words.map(shown), cellsIn(width - (width > 420 ? room + 16 : 0), 10.5));
  const beside = width > 420;
  const at = beside ? ([room + 16, 9] as const) : ([0, 36] as const);
  const told = lines.map((each, i) =>
    text(at[0], at[1] + i * 14, each, { size: 10.5, fill: theme.soft, sans: true }),
  );
  const frame = make("rect", { x: 0, y: 0, width: room, height: 9, fill: "none", stroke: theme.line });
  const height = Math.max(26, at[1] + lines.length * 14 - 8);
  return { node: group([...colours, frame, ...numbers, ...told]), width, height };
}

/** Phrases in lines of so many cells, divided between phrases. */
export function wrap(phrases: readonly string[], cells: number): readonly string[] {
  const lines: string[] = [];
  for (const phrase of phrases) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + phrase.length + 2 <= cells)
      lines[lines.length - 1] = `${last}; ${phrase}`;
    else lines.push(cut(phrase, Math.max(8, cells)));
  }
  return lines;
}

/** Words in lines of so many cells. */
export function wrapWords(content: string, cells: number): readonly string[] {
  const lines: string[] = [];
  for (const word of content.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length + 1 <= cells)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(cut(word, Math.max(8, cells)));
  }
  return lines;
}

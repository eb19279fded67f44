import { ticks } from "./ticks.ts";
import { brief, most } from "../description/numbers.ts";
import { cut } from "../description/shown.ts";
import { type Drawn, line, text, textWidth } from "./frame.ts";
import { WIDE_CELLS } from "./labels.ts";
import type { Theme } from "../ink/theme.ts";

/** A place for lines and points: pixels of its sides, and the numbers that they stand for. */
export interface Plot {
  readonly x: readonly [number, number];
  /** From the bottom to the top. */
  readonly y: readonly [number, number];
  readonly domainX: readonly [number, number];
  readonly domainY: readonly [number, number];
}

/** A number's place on a side. */
export function place(
  value: number,
  [low, high]: readonly [number, number],
  [from, to]: readonly [number, number],
): number {
  return high === low ? (from + to) / 2 : from + ((value - low) / (high - low)) * (to - from);
}

/** Lines across, with their numbers on the left. */
export function levels({ x, y, domainY }: Plot, theme: Theme): readonly Drawn[] {
  return ticks(domainY[0], domainY[1], 5).flatMap((tick) => {
    const at = place(tick, domainY, y);
    return [
      line([x[0], at], [x[1], at], theme.line),
      text(x[0] - 5, at + 3.6, brief(tick), { size: 10, anchor: "end", fill: theme.soft }),
    ];
  });
}

/** Numbers below. */
export function feet({ x, y, domainX }: Plot, theme: Theme): readonly Drawn[] {
  return ticks(domainX[0], domainX[1], Math.max(3, Math.floor((x[1] - x[0]) / 90))).map((tick) =>
    text(place(tick, domainX, x), y[0] + 15, brief(tick), { size: 10, anchor: "middle", fill: theme.soft }),
  );
}

/** Names below, as many as there is room for, and room for each. */
export function namesBelow(
  labels: readonly string[],
  { x, y }: Plot,
  theme: Theme,
  width: number,
): readonly Drawn[] {
  const step = (x[1] - x[0]) / Math.max(1, labels.length - 1);
  const longest = most(labels, (label) => textWidth(cut(label, WIDE_CELLS), 10));
  const each = Math.max(1, Math.ceil((longest + 10) / Math.max(0.01, step)));
  return labels.flatMap((label, i) => {
    if (i % each !== 0) return [];
    const name = cut(label, WIDE_CELLS);
    const half = textWidth(name, 10) / 2;
    const centre = labels.length === 1 ? (x[0] + x[1]) / 2 : x[0] + i * step;
    // The first and the last do not reach beyond the drawing.
    const at = Math.max(half, Math.min(width - half, centre));
    return [text(at, y[0] + 15, name, { size: 10, anchor: "middle", fill: theme.soft })];
  });
}

/** Room around the smallest and the largest. */
export function padded([low, high]: readonly [number, number]): readonly [number, number] {
  const by = (high - low) * 0.05;
  return low === high ? [low - 1, high + 1] : [low - by, high + by];
}

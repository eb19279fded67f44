import {
  axisOf,
  coordinate,
  countOf,
  labelsOf,
  placeCells,
  placeColumns,
  placeName,
  selectedIndex,
} from "../description/axes.ts";
import { decimals, exact, farthest, most, range } from "../description/numbers.ts";
import { cut } from "../description/shown.ts";
import type { AnyBlock, Description, Numbers, State } from "../description/types.ts";
import { scaleOf } from "../ink/scale.ts";
import {
  type Box,
  cellsIn,
  type Drawing,
  type Drawn,
  type Frame,
  group,
  line,
  outline,
  rect,
  text,
  textWidth,
} from "../layout/frame.ts";
import { type DrawnKind, type Control, chosen, type Grid, type Rows } from "./block.ts";
import { choice } from "./controls.ts";

/** One bar for each name. */
export interface Bars extends AnyBlock {
  readonly block: "bars";
  readonly axis: string;
  readonly scale: string;
  readonly values: Numbers;
  readonly low?: Numbers;
  readonly high?: Numbers;
  /** What the bars should add up to: the sum is shown, and what is left over. */
  readonly sum?: number;
  /** Whether the largest come first at the start. */
  readonly sorted?: boolean;
}

/** More bars than these are shown as the largest and one for all others. */
const MOST = 60;
const LARGEST = 40;
const LINE = 20;
const SIZE = 11;
/** Pixels of the column of numbers. */
const NUMBERS = 64;

const total = (values: Numbers): number => [...values].reduce((sum, value) => sum + value, 0);

/** A line of the picture. */
interface Bar {
  readonly label: string;
  readonly value: number;
  /** Index on the axis; -1 for sums. */
  readonly index: number;
}

function order(b: Bars, state: State): string {
  return chosen(state, b, "order", b.sorted === true ? "size" : "given");
}

/** The bars that are drawn, in their order, with one for the others, the sum and the rest. */
export function barsOf(d: Description, b: Bars, state: State): readonly Bar[] {
  const axis = axisOf(d, b.axis);
  const count = countOf(axis);
  const bySize = farthest(b.values, 0, count > MOST ? LARGEST : count);
  const lost = range(count).filter((i) => !bySize.includes(i));
  const list = count > MOST ? bySize : [...bySize, ...lost];
  const shownBars = order(b, state) === "size" ? list : list.toSorted((one, other) => one - other);
  const bars: Bar[] = shownBars.map((index) => ({
    index,
    label: labelsOf(axis)[index] ?? "",
    value: b.values[index] ?? Number.NaN,
  }));
  if (count > MOST) {
    const value = lost.reduce((sum, i) => sum + (b.values[i] ?? 0), 0);
    bars.push({ index: -1, label: `${lost.length} others`, value });
  }
  if (b.sum !== undefined) {
    const sum = total(b.values);
    bars.push({ index: -1, label: "sum", value: sum }, { index: -1, label: "rest", value: b.sum - sum });
  }
  return bars;
}

function draw(d: Description, b: Bars, { theme, state, width }: Frame): Drawing {
  const axis = axisOf(d, b.axis);
  const scale = scaleOf(d, b.scale, state);
  const bars = barsOf(d, b, state);
  const left = Math.min(width * 0.4, most(bars, ({ label }) => textWidth(label, SIZE), 40) + 8);
  const ends: [number, number] = [left + NUMBERS, width - 4];
  const all = [...bars.map(({ value }) => value), ...(b.low ?? []), ...(b.high ?? [])].filter(
    Number.isFinite,
  );
  const low = all.reduce((least, value) => Math.min(least, value), Math.min(0, scale.low));
  const high = most(all, (value) => value, Math.max(0, scale.high));
  const at = (value: number): number =>
    ends[0] + ((value - low) / Math.max(1e-12, high - low)) * (ends[1] - ends[0]);
  const top = 18;
  const nodes = bars.flatMap((bar, i) => barDrawn(b, bar, { y: top + i * LINE, left, at, theme }));
  const box = (row: number): Box | undefined => {
    const place = bars.findIndex(({ index }) => index === row);
    return place < 0 ? undefined : [0, top + place * LINE, width, LINE - 1];
  };
  const selected = selectedIndex(axis, state);
  const marked = selected === undefined ? undefined : box(selected);
  const height = top + Math.max(1, bars.length) * LINE;
  const hits = bars.map(({ index }, i) =>
    index < 0 ? null : rect([0, top + i * LINE, width, LINE], "transparent", { "data-cell": `${index},0` }),
  );
  return {
    node: group([
      text(left + NUMBERS, 11, `${scale.title}${scale.unit === undefined ? "" : ` (${scale.unit})`}`, {
        size: 10,
        sans: true,
        fill: theme.soft,
      }),
      line([at(0), top], [at(0), height], theme.soft),
      ...nodes,
      ...hits,
      marked === undefined ? null : outline(marked, theme),
    ]),
    width,
    height: height + 6,
    box,
  };
}

interface BarStyle {
  readonly y: number;
  readonly left: number;
  readonly at: (value: number) => number;
  readonly theme: Frame["theme"];
}

/** Name, number, bar and interval. */
function barDrawn(b: Bars, { label, value, index }: Bar, { y, left, at, theme }: BarStyle): readonly Drawn[] {
  const [from, to] = [Math.min(at(0), at(value)), Math.max(at(0), at(value))];
  const colour = value < 0 ? theme.negative : theme.positive;
  const [lower, upper] = [b.low?.[index], b.high?.[index]];
  const interval =
    index < 0 || lower === undefined || upper === undefined
      ? null
      : line([at(lower), y + LINE / 2 - 1], [at(upper), y + LINE / 2 - 1], theme.ink, {
          "stroke-width": 1.5,
        });
  return [
    text(left - 8, y + 13, cut(label, cellsIn(left - 8, SIZE)), {
      anchor: "end",
      size: SIZE,
      fill: index < 0 ? theme.soft : theme.ink,
    }),
    text(left + NUMBERS - 8, y + 13, decimals(value, 2), { anchor: "end", size: SIZE, fill: theme.ink }),
    Number.isFinite(value)
      ? rect([from, y + 3, Math.max(1, to - from), LINE - 8], colour, index < 0 ? { opacity: 0.5 } : {})
      : null,
    interval,
  ];
}

function grid(d: Description, b: Bars): Grid {
  const axis = axisOf(d, b.axis);
  return {
    rows: countOf(axis),
    cols: 1,
    value: (row) => b.values[row] ?? Number.NaN,
    sentence: (row) => `${placeName(axis, row)}: ${exact(b.values[row], b.low?.[row], b.high?.[row])}`,
    at: (row) => coordinate(axis, row),
  };
}

function rows(d: Description, b: Bars): Rows {
  const axis = axisOf(d, b.axis);
  const hasInterval = b.low !== undefined;
  return {
    columns: [...placeColumns(axis), "value", ...(hasInterval ? ["low", "high"] : [])],
    rows: axis.labels.map((_, i) => [
      ...placeCells(axis, i),
      b.values[i] ?? Number.NaN,
      ...(hasInterval ? [b.low?.[i] ?? Number.NaN, b.high?.[i] ?? Number.NaN] : []),
    ]),
  };
}

function controls(_: Description, b: Bars, state: State): readonly Control[] {
  const options = [
    ["given", "order"],
    ["size", "size"],
  ] as const;
  return [choice(state, b, "order", "sorted by", options, order(b, state))];
}

/** One bar for each name. */
export const bars: DrawnKind<Bars> = { block: "bars", svg: draw, rows, grid, controls };

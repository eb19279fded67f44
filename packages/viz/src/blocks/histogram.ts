import { brief, decimals, extent, range } from "../description/numbers.ts";
import { shown } from "../description/shown.ts";
import type { AnyBlock, Description, Numbers } from "../description/types.ts";
import {
  type Box,
  type Drawing,
  type Drawn,
  type Frame,
  group,
  heading,
  line,
  rect,
  text,
} from "../layout/frame.ts";
import { place, type Plot, feet, levels } from "../layout/plot.ts";
import type { DrawnKind, Grid, Rows } from "./block.ts";

/** How many values lie between each two edges. */
export interface Histogram extends AnyBlock {
  readonly block: "histogram";
  /** One more than counts. */
  readonly edges: Numbers;
  readonly counts: Numbers;
  readonly title: string;
  readonly marks?: readonly { readonly value: number; readonly label: string }[];
}

const HEIGHT = 180;

function draw(_: Description, b: Histogram, { theme, width }: Frame): Drawing {
  const count = b.counts.length;
  const [first, last] = [b.edges[0] ?? 0, b.edges[count] ?? 1];
  const top = Math.max(1, extent(b.counts)[1]);
  const plot: Plot = { x: [52, width - 8], y: [HEIGHT - 24, 22], domainX: [first, last], domainY: [0, top] };
  const box = (row: number): Box => {
    const [from, to] = [
      place(b.edges[row] ?? 0, plot.domainX, plot.x),
      place(b.edges[row + 1] ?? 0, plot.domainX, plot.x),
    ];
    const y = place(b.counts[row] ?? 0, plot.domainY, plot.y);
    return [from, y, Math.max(1, to - from - 1), plot.y[0] - y];
  };
  const bars = range(count).map((__, i) => rect(box(i), theme.positive, { "data-cell": `${i},0` }));
  const marks = (b.marks ?? []).flatMap(({ value, label }): Drawn[] => {
    const x = place(value, plot.domainX, plot.x);
    return [
      line([x, plot.y[1]], [x, plot.y[0]], theme.negative, { "stroke-width": 2 }),
      text(x + 4, plot.y[1] + 10, `${shown(label)} ${brief(value)}`, {
        size: 10,
        fill: theme.ink,
        halo: theme.paper,
      }),
    ];
  });
  return {
    node: group([
      heading(plot.x[0], width, `count by ${shown(b.title)}`, theme),
      ...levels(plot, theme),
      ...bars,
      ...feet(plot, theme),
      ...marks,
    ]),
    width,
    height: HEIGHT,
    box,
  };
}

function grid(_: Description, b: Histogram): Grid {
  return {
    rows: b.counts.length,
    cols: 1,
    value: (row) => b.counts[row] ?? 0,
    sentence: (row) =>
      `${shown(b.title)} ${decimals(b.edges[row] ?? 0, 4)} to ${decimals(b.edges[row + 1] ?? 0, 4)}: ${brief(b.counts[row] ?? 0)}`,
    at: () => ({}),
  };
}

function rows(_: Description, b: Histogram): Rows {
  return {
    columns: ["from", "to", "count"],
    rows: [...b.counts].map((count, i) => [b.edges[i] ?? Number.NaN, b.edges[i + 1] ?? Number.NaN, count]),
  };
}

/** Counts between edges. */
export const histogram: DrawnKind<Histogram> = {
  block: "histogram",
  svg: draw,
  rows,
  grid,
};

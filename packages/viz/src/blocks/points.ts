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
import { decimals, extent, range } from "../description/numbers.ts";
import { cut, shown } from "../description/shown.ts";
import type { AnyBlock, Description, Numbers } from "../description/types.ts";
import type { Theme } from "../ink/theme.ts";
import {
  type Box,
  cellsIn,
  type Drawing,
  type Drawn,
  type Frame,
  group,
  heading,
  px,
  text,
} from "../layout/frame.ts";
import { padded, place, type Plot, feet, levels } from "../layout/plot.ts";
import { cutOut, type Layer } from "../layout/layer.ts";
import { make } from "../layout/tree.ts";
import type { DrawnKind, Grid, Rows } from "./block.ts";

/** Two numbers for each item. */
export interface Points extends AnyBlock {
  readonly block: "points";
  readonly axis: string;
  readonly x: Numbers;
  readonly y: Numbers;
  readonly titles: readonly [string, string];
  /** What each item is one of, by which it is coloured. */
  readonly groups?: readonly string[];
  /** How many there are in all, where these are a sample. */
  readonly of?: number;
}

/** More points than these are drawn as one picture. */
const MOST = 5000;
const HEIGHT = 420;
const SHAPES = ["M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0", "M-3 -3H3V3H-3Z", "M0 -4L4 3H-4Z"];

function plotOf(b: Points, width: number): Plot {
  const hasGroups = b.groups !== undefined;
  return {
    x: [52, Math.max(90, width - (hasGroups ? Math.min(150, width * 0.28) : 8))],
    y: [HEIGHT - 24, 22],
    domainX: padded(extent(b.x)),
    domainY: padded(extent(b.y)),
  };
}

/** Names of groups, as they first come. */
export function groupsOf(b: Points): readonly string[] {
  return [...new Set(b.groups ?? [])];
}

function draw(d: Description, b: Points, { theme, state, width }: Frame): Drawing {
  const axis = axisOf(d, b.axis);
  const plot = plotOf(b, width);
  const names = groupsOf(b);
  const at = (i: number): readonly [number, number] => [
    place(b.x[i] ?? Number.NaN, plot.domainX, plot.x),
    place(b.y[i] ?? Number.NaN, plot.domainY, plot.y),
  ];
  const kind = (i: number): number => Math.max(0, names.indexOf(b.groups?.[i] ?? ""));
  const count = countOf(axis);
  const dots = count > MOST ? [] : range(count).map((_, i) => dot(at(i), kind(i), theme, `${i},0`));
  const key = names.slice(0, 20).flatMap((name, k): Drawn[] => [
    dot([plot.x[1] + 16, 30 + k * 18], k, theme),
    text(plot.x[1] + 26, 34 + k * 18, cut(shown(name), cellsIn(width - plot.x[1] - 28, 11)), {
      fill: theme.ink,
    }),
  ]);
  const box = (row: number): Box | undefined => {
    const [x, y] = at(row);
    return Number.isFinite(x + y) ? [x - 6, y - 6, 12, 12] : undefined;
  };
  const selected = selectedIndex(axis, state);
  const where = selected === undefined ? undefined : box(selected);
  const mark =
    where === undefined || selected === undefined ? [] : marked(where, labelsOf(axis)[selected] ?? "", theme);
  const sample = b.of === undefined || b.of <= count ? "" : `; a sample of ${count} of ${b.of}`;
  return {
    node: group([
      heading(
        plot.x[0],
        width,
        `${shown(b.titles[1])} by ${shown(b.titles[0])}, ${count} points${sample}`,
        theme,
      ),
      ...levels(plot, theme),
      ...feet(plot, theme),
      ...dots,
      ...key,
      ...mark,
    ]),
    width,
    height: HEIGHT,
    layers: count > MOST ? [layerOf(b, plot, theme, names)] : [],
    box,
  };
}

/** A ring around what is selected, and its name. */
function marked([x, y]: Box, label: string, theme: Theme): readonly Drawn[] {
  const ring = { cx: px(x + 6), cy: px(y + 6), r: 7, fill: "none", stroke: theme.mark, "stroke-width": 2 };
  return [make("circle", ring), text(x + 16, y + 10, label, { fill: theme.ink, halo: theme.paper })];
}

/** A hue, and after eight of them another shape. */
function dot([x, y]: readonly [number, number], kind: number, theme: Theme, cell?: string): Drawn {
  if (!Number.isFinite(x + y)) return null;
  const fill = theme.hues[kind % theme.hues.length];
  const d = SHAPES[Math.floor(kind / theme.hues.length) % SHAPES.length];
  return make("path", {
    d,
    transform: `translate(${px(x)} ${px(y)})`,
    fill,
    ...(cell !== undefined && { "data-cell": cell }),
  });
}

/** Many points, two pixels each, as one layer. */
function layerOf(b: Points, { x, y, domainX, domainY }: Plot, theme: Theme, names: readonly string[]): Layer {
  const [width, height] = [Math.max(1, Math.round(x[1] - x[0])), Math.max(1, Math.round(y[0] - y[1]))];
  const pixels = new Uint8Array(width * height).fill(0);
  for (let i = 0; i < b.x.length; i += 1) {
    const left = Math.round(place(b.x[i] ?? Number.NaN, domainX, [0, width - 2]));
    const top = Math.round(place(b.y[i] ?? Number.NaN, domainY, [height - 2, 0]));
    if (!(left >= 0 && top >= 0)) continue;
    const colour = 1 + (Math.max(0, names.indexOf(b.groups?.[i] ?? "")) % theme.hues.length);
    for (const offset of [0, 1, width, width + 1]) pixels[top * width + left + offset] = colour;
  }
  const palette = [theme.paper, ...theme.hues];
  return {
    box: [x[0], y[1], width, height],
    rows: height,
    cols: width,
    palette,
    bytes: cutOut(pixels, width),
  };
}

function grid(d: Description, b: Points): Grid {
  const axis = axisOf(d, b.axis);
  return {
    rows: countOf(axis),
    cols: 1,
    value: (row) => b.y[row] ?? Number.NaN,
    sentence: (row) => {
      const own = b.groups?.[row];
      const near = nearest(b, row, 3).map((i) => labelsOf(axis)[i] ?? "");
      const places = `${shown(b.titles[0])} ${decimals(b.x[row] ?? Number.NaN, 4)}, ${shown(b.titles[1])} ${decimals(b.y[row] ?? Number.NaN, 4)}`;
      return `${placeName(axis, row)}${own === undefined ? "" : `, ${shown(own)}`}: ${places}${near.length === 0 ? "" : `; nearest here: ${near.join(", ")}`}`;
    },
    at: (row) => coordinate(axis, row),
  };
}

/** The nearest others in the picture. */
function nearest(b: Points, row: number, count: number): readonly number[] {
  if (b.x.length > MOST) return [];
  const far = (i: number): number =>
    ((b.x[i] ?? 0) - (b.x[row] ?? 0)) ** 2 + ((b.y[i] ?? 0) - (b.y[row] ?? 0)) ** 2;
  return range(b.x.length)
    .filter((i) => i !== row && Number.isFinite(far(i)))
    .sort((one, other) => far(one) - far(other))
    .slice(0, count);
}

function rows(d: Description, b: Points): Rows {
  const axis = axisOf(d, b.axis);
  return {
    columns: [
      ...placeColumns(axis),
      shown(b.titles[0]),
      shown(b.titles[1]),
      ...(b.groups === undefined ? [] : ["group"]),
    ],
    rows: axis.labels.map((_, i) => [
      ...placeCells(axis, i),
      b.x[i] ?? Number.NaN,
      b.y[i] ?? Number.NaN,
      ...(b.groups === undefined ? [] : [shown(b.groups[i] ?? "")]),
    ]),
  };
}

/** Two numbers for each item. */
export const points: DrawnKind<Points> = { block: "points", svg: draw, rows, grid };

/** Points inside a polygon of the plot, for lassos: indices. */
export function pointsInside(
  b: Points,
  width: number,
  polygon: readonly (readonly [number, number])[],
): readonly number[] {
  const plot = plotOf(b, width);
  return range(b.x.length).filter((i) => {
    const [x, y] = [
      place(b.x[i] ?? Number.NaN, plot.domainX, plot.x),
      place(b.y[i] ?? Number.NaN, plot.domainY, plot.y),
    ];
    let isIn = false;
    polygon.forEach(([x1, y1], k) => {
      const [x0, y0] = polygon.at(k - 1) ?? [0, 0];
      if (y1 > y !== y0 > y && x < ((x0 - x1) * (y - y1)) / (y0 - y1) + x1) isIn = !isIn;
    });
    return isIn;
  });
}

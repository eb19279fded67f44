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
import { exact, extent, most } from "../description/numbers.ts";
import { cut, shown } from "../description/shown.ts";
import type { AnyBlock, Description, Numbers, Scale, State } from "../description/types.ts";
import { isDiverging, scaleOf } from "../ink/scale.ts";
import type { Theme } from "../ink/theme.ts";
import {
  type Box,
  cellsIn,
  type Drawing,
  type Drawn,
  type Frame,
  group,
  heading,
  line,
  px,
  text,
  textWidth,
} from "../layout/frame.ts";
import { padded, place, type Plot, levels, namesBelow } from "../layout/plot.ts";
import { make } from "../layout/tree.ts";
import type { DrawnKind, Grid, Rows } from "./block.ts";

/** One line. */
export interface Series {
  readonly name: string;
  readonly values: Numbers;
  readonly low?: Numbers;
  readonly high?: Numbers;
}

/** Numbers along an axis, as lines. */
export interface Lines extends AnyBlock {
  readonly block: "lines";
  readonly x: string;
  readonly scale: string;
  readonly series: readonly Series[];
}

const HEIGHT = 220;
const DASHES = ["", "6 3", "2 3", "9 3 2 3"];

/** Eight hues, then the same with dashes. */
export function strokeOf(
  theme: Theme,
  i: number,
): { readonly stroke: string; readonly "stroke-dasharray"?: string } {
  const stroke = theme.hues[i % theme.hues.length] ?? theme.ink;
  const dash = DASHES[Math.floor(i / theme.hues.length) % DASHES.length] ?? "";
  return dash === "" ? { stroke } : { stroke, "stroke-dasharray": dash };
}

const isHidden = (b: Lines, { name }: Series, state: State): boolean =>
  state.hidden.includes(`${b.id}.${name}`);

/** The lowest and the highest of the lines that are seen, with room around, though not beyond the ends of what begins at 0. */
function reachOf(b: Lines, scale: Scale, state: State): readonly [number, number] {
  const all = b.series
    .filter((series) => !isHidden(b, series, state))
    .flatMap(({ values, low, high }) =>
      [values, low, high].flatMap((each) => (each === undefined ? [] : extent(each))),
    );
  if (all.length === 0) return padded([scale.low, scale.high]);
  const ends = [Math.min(...all), Math.max(...all)] as const;
  const [low, high] = padded(ends);
  if (isDiverging(scale)) return [low, high];
  return [
    ends[0] >= scale.low ? Math.max(low, scale.low) : low,
    ends[1] <= scale.high ? Math.min(high, scale.high) : high,
  ];
}

function draw(d: Description, b: Lines, { theme, state, width }: Frame): Drawing {
  const axis = axisOf(d, b.x);
  const scale = scaleOf(d, b.scale, state);
  const names = b.series.map(({ name }) => cut(shown(name), 24));
  const side = Math.min(width * 0.3, most(names, (name) => textWidth(name, 11)) + 46);
  const plot: Plot = {
    x: [52, Math.max(80, width - side - 8)],
    y: [HEIGHT - 24, 22],
    domainX: [0, Math.max(1, countOf(axis) - 1)],
    domainY: reachOf(b, scale, state),
  };
  const at = (i: number, value: number): readonly [number, number] => [
    countOf(axis) === 1 ? (plot.x[0] + plot.x[1]) / 2 : place(i, plot.domainX, plot.x),
    place(value, plot.domainY, plot.y),
  ];
  const drawn = b.series.flatMap((series, k) =>
    isHidden(b, series, state) ? [] : curve(series, at, strokeOf(theme, k)),
  );
  const legend = namesDrawn(b, names, plot, { theme, state, width });
  const selected = selectedIndex(axis, state);
  const marker =
    selected === undefined
      ? null
      : line([at(selected, 0)[0], plot.y[1]], [at(selected, 0)[0], plot.y[0]], theme.mark, {
          "stroke-width": 1,
        });
  const height = Math.max(HEIGHT, 30 + names.length * 17);
  return {
    node: group([
      heading(
        plot.x[0],
        width,
        `${scale.title}${scale.unit === undefined ? "" : ` (${scale.unit})`} by ${axis.title}`,
        theme,
      ),
      ...levels(plot, theme),
      ...namesBelow(labelsOf(axis), plot, theme, width),
      marker,
      ...drawn,
      ...legend,
    ]),
    width,
    height,
    box: (row, col): Box => {
      const [x, y] = at(col, b.series[row]?.values[col] ?? Number.NaN);
      return [x - 5, Number.isFinite(y) ? y - 5 : plot.y[0] - 10, 10, 10];
    },
  };
}

/** Names of the lines, right of them. */
function namesDrawn(
  b: Lines,
  names: readonly string[],
  plot: Plot,
  { theme, state, width }: Frame,
): readonly Drawn[] {
  return names.flatMap((name, k): Drawn[] => {
    const y = 28 + k * 17;
    const series = b.series[k];
    const isGone = series !== undefined && isHidden(b, series, state);
    return [
      line([plot.x[1] + 10, y - 4], [plot.x[1] + 26, y - 4], "", {
        ...strokeOf(theme, k),
        "stroke-width": 2.5,
        ...(isGone && { opacity: 0.2 }),
      }),
      text(plot.x[1] + 31, y, cut(name, cellsIn(width - plot.x[1] - 32, 11)), {
        fill: isGone ? theme.soft : theme.ink,
      }),
    ];
  });
}

/** A line with gaps where numbers are missing, its interval around it, and dots where it is not dense. */
function curve(
  { values, low, high }: Series,
  at: (i: number, value: number) => readonly [number, number],
  stroke: Record<string, unknown>,
): readonly Drawn[] {
  const path = (numbers: Numbers): string => {
    let isOpen = false;
    let commands = "";
    numbers.forEach((value: number, i: number) => {
      const [x, y] = at(i, value);
      commands += Number.isFinite(value) ? `${isOpen ? "L" : "M"}${px(x)} ${px(y)}` : "";
      isOpen = Number.isFinite(value);
    });
    return commands;
  };
  const band: Drawn[] = [low, high].flatMap((edge) =>
    edge === undefined
      ? []
      : [make("path", { d: path(edge), fill: "none", ...stroke, "stroke-width": 1, opacity: 0.45 })],
  );
  const dots: Drawn[] = [];
  if (values.length <= 60) {
    values.forEach((value: number, i: number) => {
      const [cx, cy] = at(i, value);
      if (Number.isFinite(value))
        dots.push(make("circle", { cx: px(cx), cy: px(cy), r: 2.5, fill: stroke["stroke"] }));
    });
  }
  return [...band, make("path", { d: path(values), fill: "none", ...stroke, "stroke-width": 2 }), ...dots];
}

function grid(d: Description, b: Lines): Grid {
  const axis = axisOf(d, b.x);
  return {
    rows: b.series.length,
    cols: countOf(axis),
    value: (row, col) => b.series[row]?.values[col] ?? Number.NaN,
    sentence: (row, col) => {
      const own = b.series[row];
      const told = exact(own?.values[col], own?.low?.[col], own?.high?.[col]);
      return `${shown(own?.name ?? "")}, ${placeName(axis, col)}: ${told}`;
    },
    at: (_, col) => coordinate(axis, col),
    name: (row) => `${b.id}.${b.series[row]?.name ?? ""}`,
  };
}

function rows(d: Description, b: Lines): Rows {
  const axis = axisOf(d, b.x);
  const hasInterval = b.series.some(({ low }) => low !== undefined);
  return {
    columns: ["series", ...placeColumns(axis), "value", ...(hasInterval ? ["low", "high"] : [])],
    rows: b.series.flatMap(({ name, values, low, high }) =>
      axis.labels.map((_, i) => [
        shown(name),
        ...placeCells(axis, i),
        values[i] ?? Number.NaN,
        ...(hasInterval ? [low?.[i] ?? Number.NaN, high?.[i] ?? Number.NaN] : []),
      ]),
    ),
  };
}

/** Numbers along an axis. */
export const lines: DrawnKind<Lines> = { block: "lines", svg: draw, rows, grid };

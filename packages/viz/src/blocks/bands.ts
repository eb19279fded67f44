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
import { brief, decimals, extent, most } from "../description/numbers.ts";
import { shown } from "../description/shown.ts";
import type { AnyBlock, Description, Numbers } from "../description/types.ts";
import { scaleOf } from "../ink/scale.ts";
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
  rect,
  text,
} from "../layout/frame.ts";
import { wrap } from "../layout/legend.ts";
import { levels, padded, place, type Plot, namesBelow } from "../layout/plot.ts";
import { make } from "../layout/tree.ts";
import type { DrawnKind, Grid, Rows } from "./block.ts";

/** A number far from the others. */
export interface Outlier {
  /** Index on the axis. */
  readonly x: number;
  readonly value: number;
  readonly label: string;
  /** What selecting it selects besides its place on the axis: its position and channel, say. */
  readonly at?: Readonly<Record<string, number>>;
}

/** How numbers are distributed at each place of an axis: quantiles, and what lies far outside. */
export interface Bands extends AnyBlock {
  readonly block: "bands";
  readonly x: string;
  readonly scale: string;
  /** Which quantiles, rising, such as 0.05, 0.25, 0.5, 0.75, 0.95. */
  readonly levels: readonly number[];
  /** `[x, levels]` */
  readonly values: Numbers;
  readonly outliers?: readonly Outlier[];
}

const HEIGHT = 240;

/** Quantiles around the middle one, pair by pair. */
function boxesDrawn(
  b: Bands,
  count: number,
  [x, y, step]: readonly [(i: number) => number, (value: number) => number, number],
  theme: Theme,
): readonly Drawn[] {
  const n = b.levels.length;
  const boxes: Drawn[] = [];
  for (let i = 0; i < count; i += 1) {
    const at = (k: number): number => b.values[i * n + k] ?? Number.NaN;
    for (let k = 0; k < Math.floor(n / 2); k += 1) {
      if (!Number.isFinite(at(k)) || !Number.isFinite(at(n - 1 - k))) continue;
      const half = (step / 2) * ((k + 1) / Math.floor(n / 2));
      const box: Box = [x(i) - half, y(at(n - 1 - k)), half * 2, Math.max(1, y(at(k)) - y(at(n - 1 - k)))];
      boxes.push(rect(box, theme.positive, { opacity: px(0.25 + (0.5 * (k + 1)) / n) }));
    }
    if (n % 2 === 1 && Number.isFinite(at((n - 1) / 2))) {
      const middle = y(at((n - 1) / 2));
      boxes.push(
        line([x(i) - step / 2, middle], [x(i) + step / 2, middle], theme.ink, { "stroke-width": 2 }),
      );
    }
  }
  return boxes;
}

function draw(d: Description, b: Bands, { theme, state, width }: Frame): Drawing {
  const axis = axisOf(d, b.x);
  const scale = scaleOf(d, b.scale, state);
  const count = countOf(axis);
  const [low, high] = extent([...b.values, ...(b.outliers ?? []).map(({ value }) => value)]);
  const plot: Plot = {
    x: [76, width - 48],
    y: [HEIGHT - 24, 22],
    domainX: [0, Math.max(1, count - 1)],
    domainY: padded([low, high]),
  };
  const x = (i: number): number =>
    count === 1 ? (plot.x[0] + plot.x[1]) / 2 : place(i, plot.domainX, plot.x);
  const y = (value: number): number => place(value, plot.domainY, plot.y);
  const step = Math.max(4, Math.min(44, ((plot.x[1] - plot.x[0]) / Math.max(1, count)) * 0.62));
  const far = axis.labels.map((_, i) => outliersAt(b, i));
  const outliers = far.flatMap((own, i) =>
    own.map(({ value }, k) =>
      make("circle", {
        cx: px(x(i)),
        cy: px(y(value)),
        r: 3,
        fill: theme.negative,
        "data-cell": `${k + 1},${i}`,
      }),
    ),
  );
  const selected = selectedIndex(axis, state);
  const unit = scale.unit === undefined ? "" : ` (${scale.unit})`;
  const words = [`quantiles ${b.levels.map(brief).join(", ")}`, "dots: the farthest"];
  const foot = wrap(words, cellsIn(width - 52, 9)).map((each, i) =>
    text(52, HEIGHT + 8 + i * 13, each, { size: 10, sans: true, fill: theme.soft }),
  );
  return {
    node: group([
      heading(52, width, `${scale.title}${unit} by ${axis.title}`, theme),
      ...foot,
      ...levels({ ...plot, x: [52, width - 4] }, theme),
      ...namesBelow(labelsOf(axis), plot, theme, width),
      ...boxesDrawn(b, count, [x, y, step], theme),
      ...outliers,
      selected === undefined ? null : line([x(selected), plot.y[1]], [x(selected), plot.y[0]], theme.mark),
    ]),
    width,
    height: HEIGHT + foot.length * 13,
    box: (row, col) => {
      const own = far[col]?.[row - 1];
      if (row > 0) return own && [x(col) - 5, y(own.value) - 5, 10, 10];
      return [x(col) - step / 2, plot.y[1], step, plot.y[0] - plot.y[1]];
    },
  };
}

const outliersAt = ({ outliers = [] }: Bands, i: number): readonly Outlier[] =>
  outliers.filter(({ x }) => x === i);

/** The first row are the quantiles, and below them each place's outliers. */
function grid(d: Description, b: Bands): Grid {
  const axis = axisOf(d, b.x);
  const n = b.levels.length;
  const far = axis.labels.map((_, i) => outliersAt(b, i));
  const inWords = ({ label, value }: Outlier): string => `${shown(label)} ${decimals(value, 4)}`;
  return {
    rows: 1 + most(far, ({ length }) => length),
    cols: countOf(axis),
    value: (row, col) =>
      row === 0
        ? Math.max(...b.levels.map((_, k) => Math.abs(b.values[col * n + k] ?? 0)), 0)
        : (far[col]?.[row - 1]?.value ?? Number.NaN),
    sentence: (row, col) => {
      const where = placeName(axis, col);
      const own = far[col]?.[row - 1];
      if (row > 0) return `${where}: ${own === undefined ? "no further outlier" : inWords(own)}`;
      const quantiles = b.levels.map(
        (level, k) => `${brief(level)}: ${decimals(b.values[col * n + k] ?? Number.NaN, 4)}`,
      );
      const others = (far[col] ?? []).map(inWords);
      return `${where}: quantiles ${quantiles.join(", ")}${others.length === 0 ? "" : `; farthest ${others.join(", ")}`}`;
    },
    at: (row, col) => ({ ...far[col]?.[row - 1]?.at, ...coordinate(axis, col) }),
  };
}

function rows(d: Description, b: Bands): Rows {
  const axis = axisOf(d, b.x);
  const n = b.levels.length;
  const quantiles = axis.labels.flatMap((_, i) =>
    b.levels.map((level, k) => [
      ...placeCells(axis, i),
      `quantile ${level}`,
      b.values[i * n + k] ?? Number.NaN,
    ]),
  );
  const far = (b.outliers ?? []).map(({ x, value, label }) => [...placeCells(axis, x), shown(label), value]);
  return { columns: [...placeColumns(axis), "what", "value"], rows: [...quantiles, ...far] };
}

/** Distributions along an axis. */
export const bands: DrawnKind<Bands> = { block: "bands", svg: draw, rows, grid };

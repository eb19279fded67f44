import { check } from "../checks/checked.ts";
import { fields, flag, labels, maybe, number, numbers, string, strings, type Fit } from "../checks/fit.ts";
import { TITLES } from "../checks/shapes.ts";
import type { Matrix } from "../blocks/matrix-cells.ts";
import { describe, diverging } from "../description/describe.ts";
import { plainAxis, tokenAxis } from "../description/axes.ts";
import type { Description, Numbers } from "../description/types.ts";
import { checkSizes, type Titles, titlesOf } from "./view.ts";

/** What a sweep of patches changed. */
export interface PatchingData extends Titles {
  /** Numbers, or names, of the layers. */
  readonly layers: readonly (string | number)[];
  /** Tokens, for sweeps over positions; else names, such as heads. */
  readonly columns: readonly string[];
  readonly over: "position" | "head" | (string & {});
  /** The metric of each patched run, `[layer, column]`. */
  readonly values: Numbers;
  readonly low?: Numbers;
  readonly high?: Numbers;
  /** The metric without patches, and of the run that patches come from: between them lies all that can be recovered. */
  readonly from: number;
  readonly to: number;
  /** Shows the metric itself in place of the share recovered. */
  readonly raw?: boolean;
  readonly metric?: string;
  /** Whether `values` are changes of the metric, such as estimates by gradients, and not the metric. */
  readonly isChange?: boolean;
}

/**
 * How much of the way between two runs each patch recovers: 0 is nothing, 1 is all. The metric itself is told of each cell.
 *
 * @throws ViewError `VIEW_DATA`
 * @example
 * const d = patching({ layers: [0], columns: ["a", "b"], over: "position", values: [-9, 8], from: -9, to: 8 });
 * d.blocks[0].values; // => [0, 1]
 */
function draw(data: PatchingData): Description {
  check("patching", data, DATA);
  const {
    layers,
    columns,
    over,
    values,
    low,
    high,
    from,
    to,
    raw = false,
    metric = "metric",
    isChange = false,
  } = data;
  checkSizes("patching", "values", [values.length], [layers.length * columns.length]);
  const base = isChange ? 0 : from;
  const share = (value: number): number => (to === from ? Number.NaN : (value - base) / (to - from));
  const each = (list: Numbers): Float32Array => Float32Array.from(list, raw ? Number : share);
  const hasLayerNumbers = layers.every((layer) => typeof layer === "number");
  const isTokens = over === "position";
  const name = isTokens ? "pos" : over;
  const shares = each(values);
  const block: Matrix = {
    block: "matrix",
    id: "patches",
    rows: "layer",
    cols: name,
    scale: "patches",
    values: shares,
    quiet: raw ? 0 : 0.05,
    also: [
      {
        name: raw ? "recovered" : isChange ? `change of ${metric}` : metric,
        values: Float32Array.from(values, raw ? share : Number),
      },
    ],
    ...(low !== undefined && high !== undefined && { low: each(low), high: each(high) }),
  };
  const title = raw ? metric : `share ${isChange ? "estimated to be " : ""}recovered`;
  return describe({
    view: "patching",
    ...titlesOf(data, `Patching by layer and ${over}`),
    axes: [
      plainAxis(
        "layer",
        layers.map((layer) => (hasLayerNumbers ? `layer ${layer}` : layer)),
        { at: hasLayerNumbers ? layers.map(Number) : layers.map((_, i) => i) },
      ),
      isTokens ? tokenAxis("pos", columns, { title: "position" }) : plainAxis(name, columns, { title: over }),
    ],
    scales: {
      patches: raw
        ? diverging(shares, title, { centre: base })
        : diverging(shares, title, { reach: Math.max(1, cappedReach(shares)) }),
    },
    blocks: [block],
  });
}

const DATA: Fit = fields({
  ...TITLES,
  layers: labels,
  columns: strings,
  over: string,
  values: numbers,
  low: maybe(numbers),
  high: maybe(numbers),
  from: number,
  to: number,
  raw: maybe(flag),
  metric: maybe(string),
  isChange: maybe(flag),
});

/** As far as the values go, but not farther than 1.5: a single wild cell would make all others pale. */
function cappedReach(values: Float32Array): number {
  return Math.min(
    1.5,
    values.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0),
  );
}

/** How much of the way between two runs each patch recovers. */
export const patching: typeof draw = draw;

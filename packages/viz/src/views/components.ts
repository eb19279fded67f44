import { check } from "../checks/checked.ts";
import { fields, flag, maybe, number, numbers, string, strings, type Fit } from "../checks/fit.ts";
import { TITLES } from "../checks/shapes.ts";
import type { Bars } from "../blocks/bars.ts";
import type { Lines } from "../blocks/lines.ts";
import { plainAxis } from "../description/axes.ts";
import { describe, diverging } from "../description/describe.ts";
import type { Description, Numbers } from "../description/types.ts";
import { checkSizes, type Titles, titlesOf } from "./view.ts";

/** What each component adds to an output. */
export interface ComponentsData extends Titles {
  readonly names: readonly string[];
  readonly values: Numbers;
  readonly low?: Numbers;
  readonly high?: Numbers;
  /** What all should add up to. */
  readonly sum?: number;
  /** Whether each value holds those before it: drawn as a line. */
  readonly accumulated?: boolean;
  /** What the values are, such as "logit difference". */
  readonly quantity?: string;
  readonly unit?: string;
}

/**
 * Direct attribution to components as bars, the largest first, or the accumulated stream as a line.
 *
 * @throws ViewError `VIEW_DATA`
 * @example
 * components({ names: ["embed", "0.mlp"], values: [1, -0.5], sum: 0.5 }).blocks[0].block; // => "bars"
 */
function draw(data: ComponentsData): Description {
  check("components", data, DATA);
  const { names, values, low, high, sum, accumulated = false, quantity = "contribution", unit } = data;
  checkSizes("components", "values", [values.length], [names.length]);
  const interval = low !== undefined && high !== undefined ? { low, high } : {};
  const bars: Bars = {
    block: "bars",
    id: "components",
    axis: "component",
    scale: "value",
    values,
    sorted: true,
    ...interval,
    ...(sum !== undefined && { sum }),
  };
  const lines: Lines = {
    block: "lines",
    id: "components",
    x: "component",
    scale: "value",
    series: [{ name: quantity, values, ...interval }],
  };
  return describe({
    view: "components",
    ...titlesOf(data, accumulated ? "Accumulated stream" : "Components"),
    axes: [plainAxis("component", names)],
    scales: { value: diverging(values, quantity, unit === undefined ? {} : { unit }) },
    blocks: [accumulated ? lines : bars],
  });
}

const DATA: Fit = fields({
  ...TITLES,
  names: strings,
  values: numbers,
  low: maybe(numbers),
  high: maybe(numbers),
  sum: maybe(number),
  accumulated: maybe(flag),
  quantity: maybe(string),
  unit: maybe(string),
});

/** Direct attribution to components. */
export const components: typeof draw = draw;

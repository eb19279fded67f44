import { flag, maybe, number, numbers, string, type Fit } from "../../checks/fit.ts";
import type { Description } from "../../description/types.ts";
import { Faults } from "./faults.ts";
import type { Bars } from "../bars.ts";

const SHAPE: Readonly<Record<string, Fit>> = {
  axis: string,
  scale: string,
  values: numbers,
  low: maybe(numbers),
  high: maybe(numbers),
  sum: maybe(number),
  sorted: maybe(flag),
};

/** What does not fit in such a block. */
export function barsFaults(d: Description, b: Bars): readonly string[] {
  const found = new Faults(d, b);
  if (!found.fits(SHAPE)) return found.all;
  const count = found.axis("axis", b.axis);
  found.scale(b.scale);
  found.count("values", b.values, [count]);
  found.count("low", b.low, [count]);
  found.count("high", b.high, [count]);
  return found.all;
}

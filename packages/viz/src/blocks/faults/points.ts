import { listOf, maybe, number, numbers, string, strings, type Fit } from "../../checks/fit.ts";
import type { Description } from "../../description/types.ts";
import { Faults } from "./faults.ts";
import type { Points } from "../points.ts";

const SHAPE: Readonly<Record<string, Fit>> = {
  axis: string,
  x: numbers,
  y: numbers,
  titles: listOf(string, 2),
  groups: maybe(strings),
  of: maybe(number),
};

/** What does not fit in such a block. */
export function pointsFaults(d: Description, b: Points): readonly string[] {
  const found = new Faults(d, b);
  if (!found.fits(SHAPE)) return found.all;
  const count = found.axis("axis", b.axis);
  found.count("x", b.x, [count]);
  found.count("y", b.y, [count]);
  found.count("groups", b.groups, [count]);
  return found.all;
}

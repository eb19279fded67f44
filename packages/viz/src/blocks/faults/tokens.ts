import { fields, flag, listOf, maybe, numbers, string, type Fit } from "../../checks/fit.ts";
import type { Description } from "../../description/types.ts";
import { Faults } from "./faults.ts";
import type { Tokens } from "../tokens.ts";

const SHAPE: Readonly<Record<string, Fit>> = {
  axis: string,
  channels: listOf(fields({ name: string, scale: string, values: numbers })),
  title: maybe(string),
  bare: maybe(flag),
};

/** What does not fit in such a block. */
export function tokensFaults(d: Description, b: Tokens): readonly string[] {
  const found = new Faults(d, b);
  if (!found.fits(SHAPE)) return found.all;
  const count = found.axis("axis", b.axis);
  for (const { name, scale, values } of b.channels) {
    found.scale(scale);
    found.count(`the channel ${JSON.stringify(name)}`, values, [count]);
  }
  return found.all;
}

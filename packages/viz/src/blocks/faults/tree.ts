import { listOf, type Fit } from "../../checks/fit.ts";
import { ITEM } from "../../checks/shapes.ts";
import type { Description } from "../../description/types.ts";
import { Faults } from "./faults.ts";
import type { Tree } from "../tree.ts";

const SHAPE: Readonly<Record<string, Fit>> = { items: listOf(ITEM) };

/** What does not fit in such a block. */
export function treeFaults(d: Description, b: Tree): readonly string[] {
  const found = new Faults(d, b);
  if (!found.fits(SHAPE)) return found.all;
  const paths = new Set(b.items.map(({ path }) => path));
  if (paths.size !== b.items.length) found.add(`${b.items.length - paths.size} of its paths stand twice`);
  return found.all;
}

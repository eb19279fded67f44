import type { Description } from "../../description/types.ts";
import { Faults } from "./faults.ts";
import type { Tree } from "../tree.ts";

/** What does not fit in such a block. */
export function treeFaults(d: Description, b: Tree): readonly string[] {
  const found = new Faults(d, b);
  const paths = new Set(b.items.map(({ path }) => path));
  if (paths.size !== b.items.length) found.add(`${b.items.length - paths.size} of its paths stand twice`);
  return found.all;
}

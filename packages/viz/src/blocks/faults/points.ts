import type { Description } from "../../description/types.ts";
import { Faults } from "./faults.ts";
import type { Points } from "../points.ts";

/** What does not fit in such a block. */
export function pointsFaults(d: Description, b: Points): readonly string[] {
  const found = new Faults(d, b);
  const count = found.axis("axis", b.axis);
  found.count("x", b.x, [count], true);
  found.count("y", b.y, [count], true);
  found.count("groups", b.groups, [count]);
  return found.all;
}

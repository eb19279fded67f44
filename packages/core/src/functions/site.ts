import { checkArgument } from "@hookdict/tensordict";
import { noteMade } from "@hookdict/tensordict/tensors";
import { runningModel, whileRunning } from "./running.ts";

/**
 * Names a value inside the function of a {@link hookFunction}, and so makes it a site. Gives back the value, or what
 * the site's hooks put in its place; outside of a function model it is the identity.
 *
 * Dots in the name nest it: `site("block.0.hidden", h)`. A site with several passes in a run is captured as
 * `hidden`, `hidden#1`, `hidden#2`, ...
 *
 * **Ownership:** borrows the value; a replacement belongs to the run.
 *
 * @param axes Names of the value's axes, outermost first; the first that are given for a site hold.
 * @throws UsageError `FUNCTION_SITE_NAME` or `PATH_EMPTY`; what the site's hooks throw.
 * @example
 * const model = hookFunction((x: number) => site("twice", 2 * x) + 1);
 * model.call(20); // => 41
 */
export function site<T>(name: string, value: T, axes?: readonly string[]): T {
  checkArgument("site", "name", name, "text");
  checkArgument("site", "axes", axes, "a list of texts?");
  const slot = runningModel()?.place(name, axes).hookSlot ?? null;
  noteMade(value); // also where a hook ends the run here, or puts something else in its place
  if (slot === null) return value;
  return whileRunning(undefined, () => slot.run([value], identity)) as T; // hooks may not change the structure
}

function identity(value: unknown): unknown {
  return value;
}

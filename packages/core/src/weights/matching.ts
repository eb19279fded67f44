import { checkArgument, nearestNames } from "@hookdict/tensordict";
import { compilePattern, type Pattern } from "../sites/pattern.ts";
import { weightUnmatched } from "./errors.ts";
import type { Weight } from "./weight.ts";

/**
 * The weights of a model that a pattern matches, in the model's order.
 *
 * **Ownership:** *borrows* them to you.
 *
 * @throws MatchError `WEIGHT_UNMATCHED` when it matches none, or when a member of a list matches none, unless that is to be ignored.
 */
export function matchWeights(
  model: { readonly name: string; weights(): readonly Weight[] },
  pattern: Pattern,
  unmatched: "error" | "ignore" = "error",
): readonly Weight[] {
  checkArgument("matchWeights", "model", model, "a record");
  checkArgument("matchWeights", "model.weights", Reflect.get(model, "weights"), "a function");
  const all = model.weights();
  const matcher = compilePattern(pattern);
  const matched = all.filter((weight) => matcher.matches(weight));
  if (unmatched === "ignore") return matched;
  const dead = matched.length === 0 ? matcher.sources : matcher.unmatched(() => all, matched);
  if (dead.length === 0) return matched;
  const paths = all.map(({ path }) => path);
  throw weightUnmatched(model.name, dead, all.length, nearestNames(dead.join(" "), paths));
}

import { type Hookable, matchWeights, type Pattern, resolveTarget } from "@hookdict/core";
import { TensorDict } from "@hookdict/tensordict";
import { importanceNeeds, importanceUnknown } from "../errors.ts";
import type { CalibrationOptions, Importance, LossOptions } from "./importance.ts";
import { IMPORTANCES } from "./importances.ts";

/** What each importance needs to be told. */
export interface ImportanceOptions {
  readonly magnitude: object;
  readonly gradient: LossOptions;
  readonly snip: LossOptions;
  readonly wanda: CalibrationOptions;
}

/**
 * How much the values of weights count, for `Pruning`: `"magnitude"`, `"gradient"` and `"snip"` of a loss, `"wanda"` of what
 * passes the weights' sites.
 *
 * **Ownership:** *borrows* what the options give; *returns owned* scores of the weights' shapes, by their paths.
 *
 * @throws UsageError `IMPORTANCE_INVALID`, `LOSS_INVALID`, `WEIGHT_SITELESS`; MatchError `WEIGHT_UNMATCHED`
 * @example
 * const model = new (class extends Module {
 *   readonly gain = tensor1d([2, 3]);
 *   override forward(x: Tensor): Tensor { return sum(mul(x, this.gain)); }
 * })();
 * const x = tensor1d([5, 7]);
 * using scores = scoreWeights(model, "gain", "snip", { loss: () => model.call(x) });
 * (scores.get(["gain"]) as Tensor).arraySync(); // => [10, 21]
 */
export function scoreWeights<K extends keyof ImportanceOptions>(
  model: Hookable,
  pattern: Pattern,
  importance: K,
  ...[options]: object extends ImportanceOptions[K] ? [options?: object] : [options: ImportanceOptions[K]]
): TensorDict {
  const names = IMPORTANCES.map(({ name }) => name);
  const found = IMPORTANCES.find(({ name }) => name === importance);
  if (found === undefined) throw importanceUnknown(importance, names);
  const given: Readonly<Record<string, unknown>> = { ...options };
  for (const name of found.needs)
    if (typeof given[name] !== "function") throw importanceNeeds(importance, name, given[name]);
  const weights = matchWeights(resolveTarget(model), pattern);
  const scores = (found as Importance).score(model, weights, given); // checked above
  const result = new TensorDict();
  weights.forEach(({ path }, i) => result.set([path], scores[i]));
  return result;
}

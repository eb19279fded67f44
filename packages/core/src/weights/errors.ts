import { describeValue, LifetimeError, MatchError, ShapeError } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";

export function weightChanged(path: string, before: Tensor, after: unknown): ShapeError {
  return new ShapeError({
    code: "WEIGHT_CHANGED",
    what: `A change of ${path} gave ${describeValue(after)} in the place of ${describeValue(before)}.`,
    hint: "Return a tensor of the same shape and dtype.",
    fields: { path },
  });
}

export function weightDisposed(path: string): LifetimeError {
  return new LifetimeError({
    code: "WEIGHT_DISPOSED",
    what: `An edit was asked of ${path}, which is disposed.`,
    hint: "Edit the weights of a model that is alive.",
    fields: { path },
  });
}

export function weightUnmatched(
  model: string,
  patterns: readonly string[],
  count: number,
  nearest: readonly string[],
): MatchError {
  const listed = patterns.map((pattern) => JSON.stringify(pattern)).join(", ");
  const some = nearest.length === 0 ? "" : ` The nearest names are ${nearest.join(", ")}.`;
  return new MatchError({
    code: "WEIGHT_UNMATCHED",
    what: `No weight of ${model} matches ${listed}, among ${count} weights.`,
    hint:
      count === 0
        ? "Give a model that keeps its weights in public fields, or names them by ownWeights; a function's are not known."
        : `Correct the pattern.${some}`,
    fields: { model, patterns, count, nearest },
  });
}

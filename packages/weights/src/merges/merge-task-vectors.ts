import { checkOptions, option } from "@hookdict/contexts";
import { checkArgument, TensorDict } from "@hookdict/tensordict";
import { keptClone } from "@hookdict/tensordict/tensors";
import { type Tensor, tidy } from "@tensorflow/tfjs-core";
import { mergeInvalid } from "../errors.ts";
import { checkSame } from "../weights-of.ts";
import type { MergeOptions, Values } from "./merge.ts";
import { MERGES } from "./merges.ts";

/** Name of a way to merge. */
export type MergeMethod = "linear" | "ties" | "dareLinear" | "dareTies";

/** Options of {@link mergeTaskVectors}. */
export interface MergeTaskVectorsOptions extends MergeOptions {
  /** Default `"linear"`. */
  readonly method?: MergeMethod;
  /** What DARE keeps of each vector, 1 or 0 by the weights' paths; drawn by `seed` unless given. *Borrowed.* */
  readonly masks?: readonly TensorDict[];
}

const DECLARED = {
  method: option.oneOf("linear", "ties", "dareLinear", "dareTies"),
  weights: option.list(option.number()),
  density: option.of<number>(
    "a number above 0, and at most 1",
    (value) => typeof value === "number" && value > 0 && value <= 1,
  ),
  majoritySign: option.oneOf("total", "frequency"),
  trim: option.oneOf("each", "all"),
  seed: option.number({ integer: true }),
  masks: option.list(option.tensorDict()),
};

/**
 * One task vector of several: their weighted sum, or what TIES or DARE makes of them.
 *
 * **Ownership:** *borrows* the vectors and masks; *returns owned*.
 *
 * @throws UsageError `MERGE_INVALID`, `OPTION_INVALID`, `OPTION_UNKNOWN`; ShapeError `WEIGHTS_DIFFER`
 * @example
 * using a = new TensorDict({ gain: tensor1d([1, -4]) });
 * using b = new TensorDict({ gain: tensor1d([3, 1]) });
 * using merged = mergeTaskVectors([a, b], { method: "ties" });
 * (merged.get("gain") as Tensor).arraySync(); // => [2, -4]
 */
export function mergeTaskVectors(
  vectors: readonly TensorDict[],
  options: MergeTaskVectorsOptions = {},
): TensorDict {
  checkOptions("mergeTaskVectors", DECLARED, options);
  checkArgument("mergeTaskVectors", "vectors", vectors, "a list");
  for (const each of vectors) checkArgument("mergeTaskVectors", "a vector", each, "a TensorDict");
  const [first] = vectors;
  if (first === undefined) throw mergeInvalid("no task vectors", "one or more");
  const { weights = vectors.map(() => 1), method = "linear", masks } = options;
  if (weights.length !== vectors.length)
    throw mergeInvalid(`${weights.length} weights for ${vectors.length} task vectors`, "one for each");
  if (masks !== undefined && masks.length !== vectors.length)
    throw mergeInvalid(`${masks.length} masks for ${vectors.length} task vectors`, "one for each");
  for (const each of [...vectors, ...(masks ?? [])]) checkSame(each, first);
  const { density = 1, majoritySign = "total", trim = "each", seed = 0 } = options;
  const names = first.keys();
  const parts = (of: readonly TensorDict[]): readonly Values[] =>
    names.map((name) => of.map((dict) => dict.get<Tensor>([name])));
  const result = new TensorDict();
  tidy(() => {
    const merged = MERGES.find(({ name }) => name === method)?.merge(
      parts(vectors),
      { weights, density, majoritySign, trim, seed },
      masks && parts(masks),
    );
    names.forEach((name, i) => result.set([name], keptClone(merged?.[i] as Tensor))); // one for each name
  });
  return result;
}

import { type Hookable, type Pattern, resolveTarget } from "@hookdict/core";
import { checkArgument, isTensor, TensorDict } from "@hookdict/tensordict";
import { keptClone } from "@hookdict/tensordict/tensors";
import { dispose, sub, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { chosenWeights } from "./chosen-weights.ts";
import { weightsDiffer } from "./errors.ts";

/**
 * A model's weights as they are now, by their paths: edits that come or end later do not change them. They share memory with
 * the model's.
 *
 * **Ownership:** *returns owned*.
 *
 * @throws MatchError `WEIGHT_UNMATCHED`; UsageError `MODEL_NOT_HOOKABLE`
 * @example
 * const model = new (class extends Module {
 *   readonly gain = tensor1d([2, 3]);
 *   override forward(x: Tensor): Tensor { return mul(x, this.gain); }
 * })();
 * using weights = weightsOf(model);
 * weights.keys(); // => ["gain"]
 */
export function weightsOf(model: Hookable, pattern: Pattern = "**"): TensorDict {
  const result = new TensorDict();
  const owned: Tensor[] = [];
  try {
    const { chosen } = chosenWeights(resolveTarget(model), pattern, "error", (tensor) => owned.push(tensor));
    for (const { weight } of chosen) result.set([weight.path], keptClone(weight.tensor));
    return result;
  } finally {
    dispose(owned);
  }
}

/**
 * A task vector: fine-tuned weights less those that they came from. Both as {@link weightsOf} gives them; add, scale and
 * negate task vectors as any TensorDict.
 *
 * **Ownership:** *borrows* both; *returns owned*.
 *
 * @throws ShapeError `WEIGHTS_DIFFER` where one has weights that the other has not, or of another shape.
 * @see Ilharco et al., https://arxiv.org/abs/2212.04089
 * @example
 * using base = new TensorDict({ gain: tensor1d([1, 2]) });
 * using tuned = new TensorDict({ gain: tensor1d([1, 5]) });
 * using task = taskVector(tuned, base);
 * (task.get("gain") as Tensor).arraySync(); // => [0, 3]
 */
export function taskVector(tuned: TensorDict, base: TensorDict): TensorDict {
  checkSame(tuned, base);
  const result = new TensorDict();
  for (const name of base.keys())
    result.set(
      [name],
      tidy(() => sub(tuned.get<Tensor>([name]), base.get<Tensor>([name]))),
    );
  return result;
}

/** @throws ShapeError `WEIGHTS_DIFFER` */
export function checkSame(given: TensorDict, like: TensorDict): void {
  for (const each of [given, like]) checkArgument("taskVector", "weights", each, "a TensorDict");
  for (const name of new Set([...given.keys(), ...like.keys()])) {
    const [a, b] = [given, like].map((dict) => (dict.has([name]) ? dict.get([name]) : undefined));
    if (!isTensor(a) || !isTensor(b) || a.shape.join() !== b.shape.join()) throw weightsDiffer(name, a, b);
  }
}

import { tensor1d, tensor2d, type Tensor } from "@tensorflow/tfjs-core";
import {
  input,
  type LayersModel,
  layers,
  model,
  sequential,
  type Sequential,
  type SymbolicTensor,
} from "@tensorflow/tfjs-layers";

/** Gives a layer its weights and frees the tensors they came in. */
export function setWeights(
  layer: { setWeights(weights: Tensor[]): void },
  ...weights: readonly Tensor[]
): void {
  layer.setWeights([...weights]);
  for (const weight of weights) weight.dispose();
}

/** Frees a model's weights and its optimizer's, also those of layers that it shares or calls repeatedly. */
export function free(...models: readonly LayersModel[]): void {
  for (const { weights, optimizer } of models) {
    for (const weight of new Set(weights)) weight.dispose();
    optimizer?.dispose();
  }
}

/** [a, b] → `first`: [a + 3b + 5, 2a + 4b + 6] → `second`: their sum. */
export function chain(): LayersModel {
  const x = input({ shape: [2], name: "x" });
  const first = layers.dense({ units: 2, name: "first" });
  const second = layers.dense({ units: 1, name: "second" });
  const built = model({ inputs: x, outputs: second.apply(first.apply(x)) as SymbolicTensor, name: "chain" });
  setWeights(first, tensor2d([1, 2, 3, 4], [2, 2]), tensor1d([5, 6]));
  setWeights(second, tensor2d([1, 1], [2, 1]), tensor1d([0]));
  return built;
}

/** The same computation as {@link chain}, as a `tf.Sequential`. */
export function row(): Sequential {
  const first = layers.dense({ units: 2, inputShape: [2], name: "first" });
  const second = layers.dense({ units: 1, name: "second" });
  const built = sequential({ layers: [first, second], name: "row" });
  setWeights(first, tensor2d([1, 2, 3, 4], [2, 2]), tensor1d([5, 6]));
  setWeights(second, tensor2d([1, 1], [2, 1]), tensor1d([0]));
  return built;
}

/** A layer x → 2x that is called `times` times. */
export function repeated(times: number): LayersModel {
  const x = input({ shape: [1], name: "x" });
  const double = layers.dense({ units: 1, useBias: false, name: "double" });
  let y: SymbolicTensor = x;
  for (let i = 0; i < times; i++) y = double.apply(y) as SymbolicTensor;
  const built = model({ inputs: x, outputs: y, name: "repeated" });
  setWeights(double, tensor2d([2], [1, 1]));
  return built;
}

/** Two inputs: `sum` = a + b goes to both outputs, `tripled` = 3 · sum and `sum` itself. */
export function twoByTwo(): LayersModel {
  const a = input({ shape: [1], name: "a" });
  const b = input({ shape: [1], name: "b" });
  const sum = layers.add({ name: "sum" }).apply([a, b]) as SymbolicTensor;
  const tripled = layers.dense({ units: 1, useBias: false, name: "tripled" });
  const built = model({ inputs: [a, b], outputs: [tripled.apply(sum) as SymbolicTensor, sum], name: "two" });
  setWeights(tripled, tensor2d([3], [1, 1]));
  return built;
}

/** x → `inner` (a {@link chain} of its own, whose result is `inner.second`'s) → `outer`: times 10. */
export function nested(): LayersModel {
  const x = input({ shape: [2], name: "x" });
  const inner = chain();
  inner.name = "inner";
  const outer = layers.dense({ units: 1, useBias: false, name: "outer" });
  const built = model({ inputs: x, outputs: outer.apply(inner.apply(x)) as SymbolicTensor, name: "nested" });
  setWeights(outer, tensor2d([10], [1, 1]));
  return built;
}

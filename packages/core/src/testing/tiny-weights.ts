import { checkArgument } from "@hookdict/tensordict";
import { tensor, type Tensor } from "@tensorflow/tfjs-core";
import { seededValues } from "./seeded.ts";

/** Options of the tiny models. */
export interface TinyOptions {
  /** Chooses the weights. Default 0. */
  readonly seed?: number;
}

export const TINY_VOCABULARY = 7;
export const TINY_WIDTH = 4;
export const TINY_CLASSES = 2;

export type TinyWeightName = "table" | "mixKernel" | "mixBias" | "headKernel" | "headBias";

const SHAPES: Readonly<Record<TinyWeightName, readonly number[]>> = {
  table: [TINY_VOCABULARY, TINY_WIDTH],
  mixKernel: [TINY_WIDTH, TINY_WIDTH],
  mixBias: [TINY_WIDTH],
  headKernel: [TINY_WIDTH, TINY_CLASSES],
  headBias: [TINY_CLASSES],
};

/** One weight of the tiny models. */
export interface TinyWeight {
  readonly name: TinyWeightName;
  readonly shape: number[];
  readonly values: Float32Array;
}

/** @throws UsageError `ARGUMENT_INVALID` */
export function tinyWeights(options: TinyOptions): readonly TinyWeight[] {
  checkArgument("a tiny model", "options", options, "a record");
  const { seed = 0 } = options;
  checkArgument("a tiny model", "seed", seed, "a finite number");
  const names = Object.keys(SHAPES) as TinyWeightName[];
  return names.map((name, i) => {
    const shape = [...SHAPES[name]];
    const size = shape.reduce((product, dim) => product * dim, 1);
    return { name, shape, values: seededValues(size, 1000 * seed + i + 1) };
  });
}

/** The weights as tensors. **Ownership:** returns owned. */
export function tinyTensors(options: TinyOptions): Readonly<Record<TinyWeightName, Tensor>> {
  const entries = tinyWeights(options).map(({ name, shape, values }) => [name, tensor(values, shape)]);
  return Object.fromEntries(entries) as Record<TinyWeightName, Tensor>; // one for each name
}

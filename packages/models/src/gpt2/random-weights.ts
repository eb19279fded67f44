import type { Tensor } from "@tensorflow/tfjs-core";
import { NormalSource } from "../ops/normal.ts";
import { keptTensor } from "../ops/kept.ts";
import type { GPT2Config } from "./config.ts";
import { type WeightSpec, weightSpecs } from "./weights.ts";

/**
 * Random weights as GPT-2 was initialised: normal with `initializerRange`, smaller by `sqrt(2 nLayers)` where a layer
 * writes to the residual stream; gains 1, biases 0. The same seed gives the same weights.
 *
 * **Ownership:** *returns owned* tensors, by the name of their spec.
 *
 * @see Radford et al., Language Models are Unsupervised Multitask Learners, section 2.3.
 */
export function randomWeights(config: GPT2Config, seed: number): Map<string, Tensor[]> {
  const source = new NormalSource(seed);
  return new Map(weightSpecs(config).map((spec) => [spec.name, randomWeight(spec, config, source)]));
}

function randomWeight(spec: WeightSpec, config: GPT2Config, source: NormalSource): Tensor[] {
  return memoryShapes(spec).map((shape) => {
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
    if (spec.init === "ones") values.fill(1);
    else if (spec.init !== "zeros") source.fillArray(values, deviation(spec, config));
    return keptTensor(values, shape);
  });
}

function deviation(spec: WeightSpec, config: GPT2Config): number {
  return config.initializerRange / (spec.init === "residual" ? Math.sqrt(2 * config.nLayers) : 1);
}

function memoryShapes({ shape, layout }: WeightSpec): number[][] {
  if (layout === "plain") return [[...shape]];
  const third = [...shape.slice(0, -1), (shape.at(-1) ?? 0) / 3];
  return [third, third, third];
}

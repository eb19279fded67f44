import { mul, sub, type Tensor } from "@tensorflow/tfjs-core";
import { along, unit } from "./geometry.ts";
import type { SteeringMode } from "./mode.ts";

/** `x - factor (x u) u`, with `u` of length 1: without the direction where the factor is 1. Arditi et al., arXiv 2406.11717. */
export const ablateMode: SteeringMode = {
  name: "ablate",
  vectors: 1,
  steer({ value, vectors, factor }) {
    const direction = unit(vectors[0] as Tensor); // one is asked for
    return sub(value, mul(mul(along(value, direction), direction), factor));
  },
};

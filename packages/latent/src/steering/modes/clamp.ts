import { add, mul, sub, type Tensor } from "@tensorflow/tfjs-core";
import { along, unit } from "./geometry.ts";
import type { SteeringMode } from "./mode.ts";

/** `x + (factor - x u) u`, with `u` of length 1: as far along the direction as the factor says. */
export const clampMode: SteeringMode = {
  name: "clamp",
  vectors: 1,
  steer({ value, vectors, factor }) {
    const direction = unit(vectors[0] as Tensor); // one is asked for
    return add(value, mul(sub(factor, along(value, direction)), direction));
  },
};

import { add, div, mul, norm, type Tensor } from "@tensorflow/tfjs-core";
import type { SteeringMode } from "./mode.ts";

/** `x + factor v`, made as long as `x` was. */
export const keepNormMode: SteeringMode = {
  name: "keepNorm",
  vectors: 1,
  steer({ value, vectors, factor }) {
    const moved = add(value, mul(vectors[0] as Tensor, factor)); // one is asked for
    const length = (of: Tensor): Tensor => norm(of, "euclidean", -1, true);
    return mul(moved, div(length(value), add(length(moved), 1e-12))); // a value moved to 0 stays there
  },
};

import { add, div, mul, sigmoid, sub, type Tensor } from "@tensorflow/tfjs-core";
import type { TrainableKind } from "../kind.ts";

/** Learned how much of each dimension comes from the source: `sigmoid(mask / temperature)`. */
export const mask: TrainableKind = {
  name: "mask",
  hasSource: true,
  dims: ({ width }) => width,
  weights: ({ width }) => ({ mask: { shape: [width], deviation: 0, mean: 0 } }),
  change: ({ base, source = base, weights, chosen, temperature }) => {
    const share = mul(sigmoid(div(weights["mask"] as Tensor, temperature)), chosen); // made by `weights`
    return add(mul(base, sub(1, share)), mul(source, share));
  },
};

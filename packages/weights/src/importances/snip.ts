import { abs, mul, tidy } from "@tensorflow/tfjs-core";
import { gradientsOf } from "./gradient.ts";
import type { Importance, LossOptions } from "./importance.ts";

/** `|w dL/dw|`, L the loss. @see Lee et al., https://arxiv.org/abs/1810.02340 */
export const snip: Importance<LossOptions> = {
  name: "snip",
  needs: ["loss"],
  score: (_model, weights, { loss }) =>
    tidy(() => gradientsOf(weights, loss).map((each, i) => abs(mul(each, weights[i]?.tensor ?? each)))),
};

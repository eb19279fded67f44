import { cumprod, type CumprodAttrs, cumsum, div, mul } from "@tensorflow/tfjs-core";
import { type Gradient, only, savedTensor } from "./gradient.ts";

/** Products along an axis. As in TensorFlow (`_CumprodGrad`), it divides by the input, which must not be 0. */
export const cumprodGradient: Gradient = {
  kernelName: "Cumprod",
  inputsToSave: ["x"],
  gradFunc: (dy, saved, attributes) => {
    const { axis, exclusive, reverse } = attributes as unknown as CumprodAttrs;
    const x = savedTensor(saved, 0);
    return {
      x: () => div(cumsum(mul(cumprod(x, axis, exclusive, reverse), only(dy)), axis, exclusive, !reverse), x),
    };
  },
};

import { add, cast, mul, range, reshape, scatterND } from "@tensorflow/tfjs-core";
import { type Gradient, only, savedTensor } from "./gradient.ts";

/** The k largest along the last axis: their gradients go back to where they were. */
export const topKGradient: Gradient = {
  kernelName: "TopK",
  inputsToSave: ["x"],
  outputsToSave: [false, true],
  gradFunc: (dy, saved) => {
    const { shape } = savedTensor(saved, 0);
    const indices = savedTensor(saved, 1);
    return {
      x: () => {
        const size = shape.at(-1) ?? 1;
        const rows = shape.slice(0, -1).reduce((all, length) => all * length, 1);
        const starts = reshape(mul(range(0, rows, 1, "int32"), size), [rows, 1]);
        const places = add(starts, reshape(indices, [rows, -1]));
        const flat = scatterND(cast(reshape(places, [-1, 1]), "int32"), reshape(only(dy), [-1]), [
          rows * size,
        ]);
        return reshape(flat, [...shape]);
      },
    };
  },
};

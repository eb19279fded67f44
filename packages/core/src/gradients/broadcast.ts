import { getGradient, reshape, sum, type Tensor } from "@tensorflow/tfjs-core";
import { type Gradient, savedTensor } from "./gradient.ts";

/**
 * Operations whose gradient in TensorFlow.js 4.22 keeps the shape of the output where an input was broadcast to it, with
 * the names of the inputs, all of which are saved in this order.
 */
const INPUTS: readonly (readonly [string, readonly string[]])[] = Object.entries({
  Maximum: ["a", "b"],
  Minimum: ["a", "b"],
  SquaredDifference: ["a", "b"],
  BatchMatMul: ["a", "b"],
  Prelu: ["x", "alpha"],
});

const mended = new WeakSet<Gradient>();

/** The registered gradients of these operations, with sums over what was broadcast; nothing where all are mended. */
export function mendedGradients(): readonly Gradient[] {
  const found: Gradient[] = [];
  for (const [kernelName, inputs] of INPUTS) {
    const present = getGradient(kernelName);
    if (present === undefined || mended.has(present)) continue;
    const gradient = mend(present, inputs);
    mended.add(gradient);
    found.push(gradient);
  }
  return found;
}

function mend(present: Gradient, inputs: readonly string[]): Gradient {
  return {
    ...present,
    gradFunc: (dy, saved, attributes) => {
      const gradients = present.gradFunc(dy, saved, attributes);
      const summed = inputs.map((name, i) => {
        const { shape } = savedTensor(saved, i);
        return [name, () => sumTo(gradients[name]?.() as Tensor, shape)] as const; // it has one for each input
      });
      return { ...gradients, ...Object.fromEntries(summed) };
    },
  };
}

/** The gradient of what was broadcast from `shape`. */
function sumTo(gradient: Tensor, shape: readonly number[]): Tensor {
  const more = gradient.rank - shape.length;
  const axes = gradient.shape.flatMap((size, i) => (i < more || size !== shape[i - more] ? [i] : []));
  return axes.length === 0 ? gradient : reshape(sum(gradient, axes), [...shape]);
}

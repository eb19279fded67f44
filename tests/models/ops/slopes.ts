import { expectClose } from "@hookdict/core/testing";
import { add, grads, mul, randomNormal, sum, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";

// What the tests of operations share: their first and second derivatives against central differences.

/** Normal values, the same for a seed. */
export const normal = (shape: readonly number[], seed: number): Tensor =>
  randomNormal([...shape], 0, 1, "float32", seed);

/** Central differences of float32 sums of some hundred values with that step. */
const DIFFERENCES = { atol: 2e-2, rtol: 2e-2 };
const STEP = 2 ** -5;

/** The derivative of a scalar function at every element of one input, by central differences. */
function differences(f: (...inputs: Tensor[]) => Tensor, inputs: readonly Tensor[], which: number): Tensor {
  const at = inputs[which] as Tensor; // which names one
  const moved = (i: number, by: number): number =>
    tidy(() => {
      const values = at.dataSync().slice();
      values[i] = (values[i] ?? NaN) + by;
      return (
        f(...inputs.map((each, j) => (j === which ? tensor(values, at.shape) : each))).dataSync()[0] ?? NaN
      );
    });
  const all = Array.from({ length: at.size }, (_, i) => (moved(i, STEP) - moved(i, -STEP)) / (2 * STEP));
  return tensor(all, at.shape);
}

/** Asserts that the derivatives of every input, and the derivatives of those, are what differences give. */
export function assertSlopes(fn: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]): void {
  // Neither zero nor constant in any input.
  const loss = (...given: Tensor[]): Tensor => {
    const y = fn(...given);
    return sum(mul(mul(y, y), normal(y.shape, 90)));
  };
  const first = (...given: Tensor[]): Tensor[] => grads(loss)(given);
  const steep = (...given: Tensor[]): Tensor =>
    first(...given)
      .map((each, i) => sum(mul(each, normal(each.shape, 91 + i))))
      .reduce((a, b) => add(a, b));
  for (const [f, slopes] of [
    [loss, first(...inputs)],
    [steep, grads(steep)(inputs)],
  ] as const)
    for (const [i, slope] of slopes.entries()) expectClose(slope, differences(f, inputs, i), DIFFERENCES);
}

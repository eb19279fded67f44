import { runWithHooks } from "@hookdict/contexts";
import { expectClose } from "@hookdict/core/testing";
import { ModelWeights, Norm } from "@hookdict/models";
import {
  add,
  grad,
  grads,
  mul,
  sum,
  tensor,
  tensor1d,
  tensor2d,
  type Tensor,
  tidy,
} from "@tensorflow/tfjs-core";
import { suite } from "../gate/suite.ts";

// Its steps are computed together and may be changed one by one: each must still follow from the one before it.
const test = suite("a layer norm");
const inTidy = (name: string, body: () => void): void => test(name, () => tidy(body));

const EPSILON = 0.5;
const GAIN = [1, -2, 0.5];
const BIAS = [0.25, 0, 1];
const ROWS = [
  [1, 2, 4],
  [-1, 0.5, 3],
];

/** The layer by plain arithmetic. */
function expected(change: { scale?: number; normalized?: number } = {}): number[][] {
  return ROWS.map((row) => {
    const mean = row.reduce((a, b) => a + b) / 3;
    const variance = row.reduce((total, each) => total + (each - mean) ** 2, 0) / 3;
    const scale = Math.sqrt(variance + EPSILON) * (change.scale ?? 1);
    return row.map(
      (each, i) => ((each - mean) / scale) * (change.normalized ?? 1) * (GAIN[i] ?? NaN) + (BIAS[i] ?? NaN),
    );
  });
}

const layer = (gain: Tensor = tensor1d(GAIN), bias: Tensor = tensor1d(BIAS)): Norm => {
  const weights = new Map([
    ["ln.weight", gain],
    ["ln.bias", bias],
  ]);
  return new Norm(new ModelWeights(weights), "ln", { kind: "layer", epsilon: EPSILON });
};

/** A function of all outputs whose derivatives are neither zero nor constant. */
const weigh = (y: Tensor): Tensor => sum(mul(mul(y, y), add(tensor2d(ROWS), 2)));

/** The derivative of `f` at every element of `at`, by central differences. */
function slopes(f: (at: Tensor) => Tensor, at: Tensor): Tensor {
  const step = 2 ** -6;
  const moved = (i: number, by: number): number => {
    const values = at.dataSync().slice();
    values[i] = (values[i] ?? NaN) + by;
    return f(tensor(values, at.shape)).dataSync()[0] ?? NaN;
  };
  const all = Array.from({ length: at.size }, (_, i) => (moved(i, step) - moved(i, -step)) / (2 * step));
  return tensor(all, at.shape);
}

/** Central differences of float32 values with that step. */
const SLOPE = { rtol: 5e-3, atol: 5e-3 };

inTidy("follows its formula", () => {
  expectClose(layer().call(tensor2d(ROWS)), tensor2d(expected()), { atol: 1e-5 });
});

inTidy("computes on from a changed scale, and from a changed quotient", () => {
  for (const [path, name] of [
    ["hook_scale", "scale"],
    ["hook_normalized", "normalized"],
  ] as const) {
    const output = runWithHooks(layer(), [tensor2d(ROWS)], [[path, (value) => mul(value, 3)]]);
    expectClose(output, tensor2d(expected({ [name]: 3 })), { atol: 1e-5 });
  }
});

inTidy("has the derivatives that differences give, of input and weights", () => {
  const f = (x: Tensor, gain: Tensor, bias: Tensor): Tensor => weigh(layer(gain, bias).call(x));
  const at = [tensor2d(ROWS), tensor1d(GAIN), tensor1d(BIAS)] as const;
  const [x, gain, bias] = grads(f)([...at]);
  expectClose(
    x ?? at[0],
    slopes((each) => f(each, at[1], at[2]), at[0]),
    SLOPE,
  );
  expectClose(
    gain ?? at[1],
    slopes((each) => f(at[0], each, at[2]), at[1]),
    SLOPE,
  );
  expectClose(
    bias ?? at[2],
    slopes((each) => f(at[0], at[1], each), at[2]),
    SLOPE,
  );
});

inTidy("has second derivatives", () => {
  const f = (x: Tensor): Tensor => weigh(layer().call(x));
  const steepness = (x: Tensor): Tensor => sum(mul(grad(f)(x), tensor2d([[1, 0, 2], [-1, 3, 1]]))); // prettier-ignore
  expectClose(grad(steepness)(tensor2d(ROWS)), slopes(steepness, tensor2d(ROWS)), { rtol: 2e-2, atol: 2e-2 });
});

test.run();

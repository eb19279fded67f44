import { expectClose } from "@hookdict/core/testing";
import { divideByScale, multiplyByGain, rmsNormSteps } from "@hookdict/models/ops";
import { mul, tensor2d, tensor1d, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { suite } from "../../gate/suite.ts";
import { assertSlopes, normal } from "./slopes.ts";

const test = suite("an RMS norm in steps");
const check = (name: string, body: () => void): void => test(name, () => tidy(body));

/** float32. */
const TOLERANCE = { atol: 1e-6 };

check("divides by the root of the mean square, and multiplies by the gain", () => {
  const { scale, normalized, output } = rmsNormSteps(tensor2d([[3, 4]]), tensor1d([2, 10]), 0.5);
  const root = Math.sqrt((3 * 3 + 4 * 4) / 2 + 0.5);
  expectClose(scale, tensor2d([[root]]), TOLERANCE);
  expectClose(normalized, tensor2d([[3 / root, 4 / root]]), TOLERANCE);
  expectClose(output, tensor2d([[(2 * 3) / root, (10 * 4) / root]]), { atol: 1e-5 });
});

const norm = (x: Tensor, gain: Tensor): Tensor => {
  const steps = rmsNormSteps(x, gain, 0.1);
  const normalized = divideByScale(x, steps.scale, steps.normalized);
  return multiplyByGain(normalized, gain, steps.output);
};

check("its steps have the derivatives of what they give together", () =>
  assertSlopes(norm, normal([2, 3, 4], 1), normal([4], 2)),
);

check("a changed scale goes on into the steps after it", () => {
  const doubled = (x: Tensor, gain: Tensor): Tensor =>
    multiplyByGain(divideByScale(x, mul(rmsNormSteps(x, gain, 0.1).scale, 2)), gain);
  const [x, gain] = [normal([2, 4], 1), normal([4], 2)];
  expectClose(mul(doubled(x, gain), 2), norm(x, gain), TOLERANCE);
  assertSlopes(doubled, x, gain);
});

test.run();

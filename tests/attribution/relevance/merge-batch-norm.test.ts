import { BatchNorm, LayerwiseRelevancePropagation, Linear } from "@hookdict/attribution";
import { Module } from "@hookdict/core";
import { tensor1d, tensor2d, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";

const test = suite("merged batch norms");

/** A linear layer and a batch norm that changes it. */
class Normed extends Module {
  readonly linear: Linear;
  readonly norm: BatchNorm;

  constructor() {
    super();
    const each = (...values: number[]): Tensor => tensor1d(values);
    this.linear = new Linear({
      kernel: tensor2d([
        [0.1, -0.7],
        [0.3, 0.9],
      ]),
      bias: each(0.2, 0),
    });
    const [gamma, beta, mean, variance] = [each(1.3, 0.7), each(0, 0.4), each(0.1, 0.2), each(2, 3)] as const;
    this.norm = new BatchNorm({ gamma, beta, mean, variance });
  }

  override forward(x: Tensor): Tensor {
    return tidy(() => this.norm.call(this.linear.call(x)));
  }

  dispose(): void {
    const { kernel, bias } = this.linear;
    for (const tensor of [kernel, bias, ...Object.values(this.norm.weights)]) tensor?.dispose();
  }
}

test("a merged norm takes its share as a part of the layer before, whose weights stay what they are", () => {
  const model = new Normed();
  const x = tensor2d([[0.3, 1.7]]);
  const { kernel, bias } = model.linear;
  const share = (mergeBatchNorm: boolean): number[] => {
    const method = new LayerwiseRelevancePropagation({ mergeBatchNorm, start: "one" });
    using hooked = method.prepare(model);
    assert.is(model.linear.kernel, kernel);
    assert.is(model.linear.bias, bias);
    using result = hooked.attribute([x] as never, { target: 0 });
    return [...result.get<Tensor>(["attr", "input"]).dataSync()];
  };
  // Contributions to the first unit, of the layer alone, and with the norm: x W g / s, (b - m) g / s + beta.
  const [up, down, slope] = [0.3 * 0.1, 1.7 * 0.3, 1.3 / Math.sqrt(2 + 1e-3)];
  const apart = up + down + 0.2;
  const joint = (up + down + 0.2 - 0.1) * slope;
  const near = (a: readonly number[], b: readonly number[]): boolean =>
    a.every((each, i) => Math.abs(each - (b[i] ?? NaN)) < 1e-5);
  assert.ok(near(share(false), [up / apart, down / apart]));
  assert.ok(near(share(true), [(up * slope) / joint, (down * slope) / joint]));
  x.dispose();
  model.dispose();
});

test.run();

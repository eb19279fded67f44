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

test("merging is undone to the last bit, and the very tensors are back", () => {
  const model = new Normed();
  const x = tensor2d([[0.3, 1.7]]);
  const { kernel, bias } = model.linear;
  const output = (): Tensor => (model as never as { call(given: Tensor): Tensor }).call(x);
  const [before, weights] = [output(), [...kernel.dataSync()]];
  {
    using hooked = new LayerwiseRelevancePropagation({ mergeBatchNorm: true }).prepare(model);
    assert.ok(model.norm.isMerged);
    hooked.attribute([x] as never, { target: 0 }).dispose();
  }
  const after = output();
  assert.is(model.linear.kernel, kernel);
  assert.is(model.linear.bias, bias);
  assert.not.ok(model.norm.isMerged);
  assert.equal([...after.dataSync()], [...before.dataSync()]);
  assert.equal([...kernel.dataSync()], weights);
  for (const each of [before, after, x]) each.dispose();
  model.dispose();
});

test.run();

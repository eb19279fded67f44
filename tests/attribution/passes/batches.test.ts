import { DeepLift, IntegratedGradients, Saliency } from "@hookdict/attribution";
import { Module, TensorDictModule } from "@hookdict/core";
import { TensorDict } from "@hookdict/tensordict";
import { mul, reshape, sum, tensor, tensor1d, tensor2d, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { withNet } from "../models.ts";

const test = suite("batches of any rank");

const SIZES: Readonly<Record<string, readonly number[]>> = {
  "[4]": [4],
  "[2, 2]": [2, 2],
  "[1, 2, 2]": [1, 2, 2],
};
const values = [1, 2, 3, -1, 0.5, 1, -2, 2];
const target = [0, 1, 1, 0];

for (const [name, batchSize] of Object.entries(SIZES))
  test(`results have the batch ${name} of the inputs`, () => {
    withNet((net) => {
      const flat = tensor2d(values, [4, 2]);
      const x = tensor(values, [...batchSize, 2]);
      const baseline = tensor(
        values.map((each) => each / 2),
        [...batchSize, 2],
      );
      const half = mul(flat, 0.5);
      for (const make of [
        (b: Tensor): DeepLift => new DeepLift({ baseline: b, delta: true }),
        (b: Tensor): IntegratedGradients => new IntegratedGradients({ baseline: b, steps: 3, delta: true }),
        (b: Tensor): IntegratedGradients => new IntegratedGradients({ baseline: b, at: "relu", steps: 3 }),
      ]) {
        using plain = make(half).prepare(net);
        using wanted = plain.attribute([flat], { target });
        using hooked = make(baseline).prepare(net);
        using found = hooked.attribute([x], { target, batchSize });
        assert.equal(found.batchSize, batchSize);
        for (const key of wanted.keys({ nested: true, leavesOnly: true })) {
          const [a, b] = [wanted.get<Tensor>(key), found.get<Tensor>(key)];
          assert.equal(b.shape, [...batchSize, ...a.shape.slice(1)]);
          assert.equal([...b.dataSync()], [...a.dataSync()]);
        }
      }
      for (const each of [flat, x, baseline, half]) each.dispose();
    });
  });

test("an example without a batch has attributions without one", () => {
  withNet((net) => {
    const x = tensor1d([1, 2]);
    using hooked = new Saliency({ absolute: false }).prepare(net);
    using result = hooked.attribute([x], { target: 0, batchSize: [] });
    assert.equal(result.batchSize, []);
    assert.equal(result.get<Tensor>(["attr", "input"]).shape, [2]);
    assert.equal([...result.get<Tensor>(["attr", "input"]).dataSync()], [-1, 4]);
    x.dispose();
  });
});

class Weigh extends Module {
  override forward(a: Tensor, b: Tensor): Tensor {
    return sum(mul(a, b), 1);
  }
}

test("a TensorDict is explained by its keys, with its batch", () => {
  const model = new TensorDictModule(new Weigh() as never, ["a", ["of", "b"]], ["score"]);
  using td = new TensorDict(
    { a: tensor([1, 2, 3, 4], [2, 1, 2]), of: { b: tensor([5, 6, 7, 8], [2, 1, 2]) } },
    { batchSize: [2, 1] },
  );
  using hooked = new Saliency().prepare(model);
  const score = (output: TensorDict): Tensor => reshape(output.get<Tensor>("score"), [-1]);
  using result = hooked.attribute([td] as never, { target: score as never });
  assert.equal(result.batchSize, [2, 1]);
  assert.equal([...result.get<Tensor>(["attr", "a"]).dataSync()], [5, 6, 7, 8]);
  assert.equal(result.get<Tensor>(["attr", "of.b"]).shape, [2, 1, 2]);
  assert.equal([...result.get<Tensor>(["attr", "of.b"]).dataSync()], [1, 2, 3, 4]);
  assert.equal([...td.keys({ nested: true, leavesOnly: true })].length, 2); // nothing of the caller's changes
});

test("a batch that does not fit is one error", () => {
  withNet((net, x) => {
    using hooked = new Saliency().prepare(net);
    const error = thrown(() => hooked.attribute([x], { target: 0, batchSize: [3] })) as Error & {
      code: string;
    };
    assert.is(error.code, "ATTRIBUTION_BATCH");
    assert.is(
      error.message,
      "The batch size [3] does not fit inputs of shapes [2, 2]. Give the sizes with which the shapes of all inputs begin: [] for an example alone, [n] for a batch, [n, m] for a batch of batches.",
    );
  });
});

test.run();

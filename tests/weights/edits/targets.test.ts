import { isTarget, target } from "@hookdict/contexts";
import { Module } from "@hookdict/core";
import { TensorDict } from "@hookdict/tensordict";
import { Pruning, RankOneEdit, WeightEditing, weightsOf } from "@hookdict/weights";
import {
  matMul,
  mul,
  neg,
  scalar,
  sum,
  type Tensor,
  tensor1d,
  tensor2d,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";

const test = suite("edits of entries of a weight");

class Linear extends Module {
  readonly kernel: Tensor = tensor2d([
    [1, 2],
    [3, 4],
    [-0, 0.1],
  ]);
  readonly gain: Tensor = tensor1d([2, 3]);
  override forward(x: Tensor): Tensor {
    return mul(matMul(x as never, this.kernel as never), this.gain);
  }
  [Symbol.dispose](): void {
    this.kernel.dispose();
    this.gain.dispose();
  }
}

const row = target({ path: "kernel", kind: "parameter", axis: 0, indices: [1] });
const column = target({ path: "kernel", kind: "parameter", axis: -1, indices: [0] });
const kernelOf = (model: Linear): number[] => [...model.kernel.dataSync()];
const BEFORE = [1, 2, 3, 4, 0, Math.fround(0.1)];

function editing(
  of: Parameters<typeof weightsOf>[1],
  change: (value: Tensor) => Tensor,
): InstanceType<typeof WeightEditing> {
  return new WeightEditing({ name: "mine", of: of ?? "**", change });
}

test("an edit of a target sees and changes its entries alone, and is undone to the last bit", () => {
  using model = new Linear();
  const bits = new Uint32Array(model.kernel.dataSync().slice().buffer);
  const seen: number[][] = [];
  {
    using _ = editing([row, "gain"], (value) => {
      seen.push([...value.dataSync()]);
      return neg(value);
    }).prepare(model);
    assert.equal(kernelOf(model), [1, 2, -3, -4, -0, Math.fround(0.1)]);
    assert.equal([...model.gain.dataSync()], [-2, -3]);
    assert.equal(seen, [
      [2, 3],
      [3, 4],
    ]);
  }
  assert.equal(new Uint32Array(model.kernel.dataSync().slice().buffer), bits);
});

test("edits of entries and of the whole stack in their order, and end in any", () => {
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 0, 2],
    [1, 2, 0],
  ]) {
    using model = new Linear();
    const standing = [
      editing(row, (value) => mul(value, 10)).prepare(model),
      editing("kernel", (value) => mul(value, value)).prepare(model),
      editing(column, zerosLike).prepare(model),
    ];
    assert.equal(kernelOf(model), [0, 4, 0, 1600, 0, Math.fround(0.1) ** 2].map(Math.fround));
    const kept = new Set([0, 1, 2]);
    for (const at of order) {
      standing[at]?.dispose();
      kept.delete(at);
      const wanted = BEFORE.map((value, i) => {
        const own = kept.has(0) && Math.floor(i / 2) === 1 ? value * 10 : value;
        const whole = kept.has(1) ? Math.fround(own * own) : own;
        return kept.has(2) && i % 2 === 0 ? 0 : whole;
      });
      assert.equal(
        kernelOf(model).map((value) => (value === 0 ? 0 : value)),
        wanted,
      );
    }
  }
});

test("pruning, low rank and reading take targets", () => {
  using model = new Linear();
  using read = weightsOf(model, [row, "gain"]);
  assert.equal(read.keys(), ["gain", row.path]);
  assert.equal([...read.get<Tensor>([row.path]).dataSync()], [3, 4]);
  {
    using pruned = new Pruning(row, { amount: 0.5 }).prepare(model);
    assert.equal(kernelOf(model), [1, 2, 0, 4, -0, Math.fround(0.1)]);
    assert.equal([...pruned.context.masks.get<Tensor>([row.path]).dataSync()], [0, 1]);
  }
  const [key, value] = [tensor1d([1]), tensor1d([7, 8])];
  {
    using _ = new RankOneEdit(row, { key, value }).prepare(model);
    assert.equal(kernelOf(model).slice(2, 4), [7, 8]);
  }
  for (const one of [key, value]) one.dispose();
  assert.equal(kernelOf(model).slice(2, 4), [3, 4]);
});

test("what does not fit is refused, and nothing has changed", () => {
  using model = new Linear();
  const told = (
    of: Parameters<typeof weightsOf>[1],
    change = zerosLike as (value: Tensor) => Tensor,
  ): readonly [string, string] => failure(() => editing(of, change).prepare(model));
  assert.equal(
    told(row, (value) => sum(value)),
    [
      "WEIGHT_CHANGED",
      `A change of ${row.path} gave float32 [] in the place of float32 [1, 2]. Return a tensor of the same shape and dtype.`,
    ],
  );
  assert.is(told(target({ ...row.data, indices: [3] }))[0], "TARGET_INDEX");
  assert.is(told(target({ ...row.data, path: "kernels" }))[0], "TARGET_ABSENT");
  assert.is(told([row, "kernels"])[0], "WEIGHT_UNMATCHED");
  assert.is(told(target({ ...row.data, kind: "activation" }))[0], "WEIGHT_UNMATCHED");
  assert.equal(kernelOf(model), [1, 2, 3, 4, -0, Math.fround(0.1)]);
});

test("a target selects from values and puts back into them by itself", () => {
  const second = target({ path: "any", kind: "activation", axis: 0, indices: [-1], output: ["a", 1] });
  const [x, y, z] = [scalar(1), tensor1d([1, 2, 3]), tensor1d([9])];
  const record = { a: [x, y] };
  const part = second.select(record);
  assert.equal([...part.dataSync()], [3]);
  const made = second.replace(record, z) as typeof record;
  assert.equal([...(made.a[1] as Tensor).dataSync()], [1, 2, 9]);
  assert.is(made.a[0], x);
  assert.ok(isTarget(second) && !isTarget("any") && !isTarget(() => true));
  for (const one of [x, y, z, part, made.a[1] as Tensor]) one.dispose();
  using _none = new TensorDict();
});

test.run();

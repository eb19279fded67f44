import { headCircuits, subspaceAffinities } from "@hookdict/circuits";
import { loadModel } from "@hookdict/models";
import { tensor, type Tensor } from "@tensorflow/tfjs-core";
import { assert, rejected, suite } from "../../gate/suite.ts";
import { familyFolder } from "../../models/families/variants.ts";

const test = suite("circuits of heads");

test("heads that share keys have a circuit each", async () => {
  using model = await loadModel(familyFolder("llama"));
  using circuits = headCircuits(model);
  const { dModel } = model.config;
  const heads = model.config.blocks[0]?.attention.nHeads ?? 0;
  assert.equal(circuits.qk.shape, [model.blocks.length, heads, dModel, dModel]);
  assert.equal(circuits.ov.shape, circuits.qk.shape);
});

test("affinity is 1 for one subspace, 0 for orthogonal ones, and the squared cosine between", async () => {
  const heads = (rows: number[][][]): Tensor => tensor([rows]);
  // Written: the plane of the first two directions, and the third direction twice over.
  const written = heads([[[1, 0, 0], [0, 2, 0]], [[0, 0, 1], [0, 1, 1]]]); // prettier-ignore
  const read = heads([[[1, 1], [1, -1], [0, 0]], [[0, 0], [0, 1], [1, 0]]]); // prettier-ignore
  const found = await subspaceAffinities(written, read);
  const at = (from: number, to: number): number => found[0]?.[from]?.[0]?.[to] ?? NaN;
  assert.ok(Math.abs(at(0, 0) - 1) < 1e-6);
  assert.ok(Math.abs(at(1, 1) - 1) < 1e-6);
  assert.ok(Math.abs(at(0, 1) - 1 / 2) < 1e-6); // one direction of two is shared
  const other = heads([[[0], [0], [1]], [[0], [1], [1]]]); // prettier-ignore
  const lines = await subspaceAffinities(written, other);
  assert.ok(Math.abs((lines[0]?.[0]?.[0]?.[0] ?? NaN) - 0) < 1e-6);
  assert.ok(Math.abs((lines[0]?.[0]?.[0]?.[1] ?? NaN) - 1 / 2) < 1e-6); // 45 degrees
  const flat = tensor([1, 2]);
  const error = await rejected(subspaceAffinities(written, flat));
  assert.is((error as Error & { code: string }).code, "CIRCUIT_STACK");
  for (const each of [written, read, other, flat]) each.dispose();
});

test("directions of no length are no part of a subspace, and heads need not be as many", async () => {
  // TransformerLens 4.3's projection_kernel, by the smaller rank: the third row is the sum of the others.
  const written = tensor([[[[1, 2, 0, 1, 0, 0], [0, 1, 1, 0, 2, 0], [1, 3, 1, 1, 2, 0]], [Array(6).fill(0), Array(6).fill(0), Array(6).fill(0)]]]); // prettier-ignore
  const read = tensor([
    [
      [
        [1, 0],
        [2, 1],
        [0, 1],
        [1, 0],
        [0, 2],
        [0, 1],
      ],
    ],
  ]);
  const third = tensor([
    [
      [
        [1, 0, 2],
        [0, 1, 1],
        [1, 1, 3],
        [0, 0, 0],
        [1, 2, 4],
        [2, 0, 4],
      ],
    ],
  ]);
  const near = (got: number | undefined, want: number): void =>
    assert.ok(Math.abs((got ?? NaN) - want) < 1e-6, `${got} for ${want}`);
  const [heads] = await subspaceAffinities(written, read);
  near(heads?.[0]?.[0]?.[0], 0.9210526347);
  assert.is(heads?.[1]?.[0]?.[0], 0);
  near((await subspaceAffinities(written, third))[0]?.[0]?.[0]?.[0], 0.5);
  // Heads that are wider than the model read everything.
  const wide = tensor([[[[1, 0, 2], [3, 1, 0]], [[1, 2, 3], [2, 4, 6]]]]); // prettier-ignore
  const one = tensor([[[[1, 0]]]]);
  near((await subspaceAffinities(one, wide))[0]?.[0]?.[0]?.[0], 1);
  near((await subspaceAffinities(one, wide))[0]?.[0]?.[0]?.[1], 0.2);
  for (const each of [wide, one]) each.dispose();
  for (const each of [written, read, third]) each.dispose();
});

test.run();

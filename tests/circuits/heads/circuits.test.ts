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

test.run();

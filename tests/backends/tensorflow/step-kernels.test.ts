import {
  add,
  concat,
  engine,
  gather,
  matMul,
  mul,
  type NamedAttrMap,
  type NamedTensorMap,
  ones,
  randomNormal,
  reshape,
  slice,
  softmax,
  tensor1d,
  type Tensor,
  tidy,
  transpose,
  zeros,
} from "@tensorflow/tfjs-core";
import { expectClose } from "@hookdict/core/testing";
import { assert, suite, thrown } from "../../gate/suite.ts";

// Kernels that compute several parts of attention at once, for a step of generation, against the operations that they stand for.
const test = suite("kernels of a step of generation");
const check = (name: string, body: () => void): void => test(name, () => tidy(body));

const run = (kernel: string, inputs: NamedTensorMap, attributes: NamedAttrMap): Tensor[] =>
  engine().runKernel(kernel, inputs, attributes) as unknown as Tensor[]; // they give several

const normal = (shape: readonly number[], seed: number): Tensor =>
  randomNormal([...shape], 0, 1, "float32", seed);
const TOLERANCE = { atol: 3e-5 };

for (const [batch, pos, dIn, heads, keyHeads, dHead] of [
  [1, 1, 6, 3, 3, 2],
  [2, 1, 7, 4, 2, 3],
  [8, 1, 320, 6, 2, 40],
  [3, 5, 9, 2, 1, 4],
  [2, 2, 0, 2, 1, 3],
] as const)
  for (const hasBias of [true, false])
    check(`queries, keys and values of [${batch}, ${pos}, ${dIn}]${hasBias ? " with biases" : ""}`, () => {
      const x = normal([batch, pos, dIn], 1);
      const counts = [heads, keyHeads, keyHeads];
      const weights = counts.map((count, i) => normal([dIn, count * dHead], i + 2));
      const biases = counts.map((count, i) => normal([count * dHead], i + 5));
      const named = (name: string, list: readonly Tensor[]): NamedTensorMap =>
        Object.fromEntries(["q", "k", "v"].map((of, i) => [name + of, list[i] as Tensor]));
      const inputs = { x, ...named("w", weights), ...(hasBias ? named("b", biases) : {}) };
      const got = run("HookdictProjections", inputs, { heads, keyHeads });
      assert.is(got.length, 3);
      for (const [i, count] of counts.entries()) {
        const product = matMul(reshape(x, [batch * pos, dIn]), weights[i] as Tensor);
        const wanted = reshape(hasBias ? add(product, biases[i] as Tensor) : product, [
          batch,
          pos,
          count,
          dHead,
        ]);
        expectClose(got[i] as Tensor, wanted, TOLERANCE);
      }
    });

for (const [batch, dest, heads, keyHeads, dHead, room, begin] of [
  [1, 1, 1, 1, 1, 1, 0],
  [1, 1, 3, 3, 4, 9, 5],
  [2, 1, 4, 2, 20, 150, 130],
  [2, 3, 4, 1, 5, 8, 5],
  [8, 1, 2, 2, 64, 200, 0],
] as const)
  check(`attention of [${batch}, ${dest}, ${heads}, ${dHead}] behind ${begin} columns`, () => {
    const of = (count: number, seed: number): Tensor => normal([batch, count, keyHeads, dHead], seed);
    const [keyStore, valueStore, keys, values] = [of(room, 1), of(room, 2), of(dest, 3), of(dest, 4)];
    const queries = normal([batch, dest, heads, dHead], 5);
    const [src, at] = [begin + dest, tensor1d([begin], "int32")];
    const mask = mul(normal([dest, src], 6), 2);
    const joined = (store: Tensor, rows: Tensor): Tensor => {
      const all = concat([slice(store, [0, 0], [-1, begin]), rows], 1);
      const served = Array.from({ length: heads }, (_, head) => Math.floor((head * keyHeads) / heads));
      return gather(transpose(all, [0, 2, 1, 3]), tensor1d(served, "int32"), 1); // [batch, head, src, dHead]
    };
    const [allKeys, allValues] = [joined(keyStore, keys), joined(valueStore, values)];
    const behind = [keyStore, valueStore].map((store) => slice(store, [0, src], [-1, -1]).dataSync().slice());
    const byHead = transpose(queries, [0, 2, 1, 3]);
    const scores = add(mul(matMul(byHead, allKeys, false, true), 0.5), mask);
    const pattern = softmax(scores);
    const wanted = [transpose(matMul(pattern, allValues), [0, 2, 1, 3]), scores, pattern];
    const inputs = { queries, keyStore, valueStore, at, keys, values, mask };
    const got = run("HookdictAttend", inputs, { scale: 0.5 });
    assert.is(got.length, 3);
    for (const [i, each] of wanted.entries()) expectClose(got[i] as Tensor, each, TOLERANCE);
    for (const [store, rows] of [
      [keyStore, keys],
      [valueStore, values],
    ] as const)
      assert.equal(slice(store, [0, begin], [-1, dest]).dataSync(), rows.dataSync(), "written in place");
    assert.equal(
      [keyStore, valueStore].map((store) => slice(store, [0, src], [-1, -1]).dataSync()),
      behind,
    );
  });

check("what does not fit is refused before anything is written", () => {
  const store = zeros([1, 4, 2, 3]);
  const row = ones([1, 1, 2, 3]);
  const inputs = {
    queries: row,
    keyStore: store,
    valueStore: store,
    at: tensor1d([3], "int32"),
    keys: row,
    values: row,
    mask: zeros([1, 4]),
  };
  for (const [wrong, message] of [
    [{ at: tensor1d([4], "int32") }, /there is room for the rows/],
    [{ at: tensor1d([-1], "int32") }, /there is room for the rows/],
    [{ mask: zeros([1, 5]) }, /queries, stores and mask fit/],
    [{ mask: zeros([2, 4]) }, /queries, stores and mask fit/],
    [{ queries: ones([1, 1, 3, 3]) }, /queries, stores and mask fit/],
    [{ keys: ones([1, 1, 1, 3]) }, /rows are like the store's/],
  ] as const)
    assert.match(thrown(() => run("HookdictAttend", { ...inputs, ...wrong }, { scale: 1 })).message, message);
  assert.equal([...store.dataSync()], Array<number>(24).fill(0));
  const x = ones([1, 1, 3]);
  const [w, narrow] = [ones([3, 4]), ones([2, 4])];
  assert.match(
    thrown(() => run("HookdictProjections", { x, wq: w, wk: narrow, wv: w }, { heads: 2, keyHeads: 2 }))
      .message,
    /x's rows are as long as the weights have rows, heads divide the results/,
  );
  assert.match(
    thrown(() => run("HookdictProjections", { x, wq: w, wk: w, wv: w }, { heads: 3, keyHeads: 2 })).message,
    /heads divide the results/,
  );
});

test.run();

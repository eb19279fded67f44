import {
  add,
  concat,
  div,
  engine,
  expandDims,
  matMul,
  mul,
  moments,
  type NamedAttrMap,
  type NamedTensorMap,
  randomNormal,
  reshape,
  scalar,
  sigmoid,
  slice,
  softmax,
  sqrt,
  square,
  sub,
  tensor1d,
  tensor2d,
  type Tensor,
  type Tensor2D,
  transpose,
  tidy,
  unstack,
  zeros,
} from "@tensorflow/tfjs-core";
import { expectClose } from "@hookdict/core/testing";
import { assert, suite, thrown } from "../../gate/suite.ts";

// The kernels that the built native backend has beyond TensorFlow.js's own, against the operations that they stand for.
const test = suite("fused kernels of the native backend");
const check = (name: string, body: () => void): void => test(name, () => tidy(body));

function run(kernel: string, inputs: NamedTensorMap, attributes: NamedAttrMap = {}): Tensor {
  return engine().runKernel(kernel, inputs, attributes);
}

/** Sums of at most 100 products of normal numbers, in float32. */
const TOLERANCE = { atol: 1e-5 };

const normal = (shape: readonly number[], seed: number): Tensor =>
  randomNormal([...shape], 0, 1, "float32", seed);

for (const shape of [[7], [2, 3, 5], [1, 0, 4]])
  check(`a layer norm of [${shape.join(", ")}] gives its three steps`, () => {
    const n = shape.at(-1) ?? 0;
    const [x, gain, bias] = [normal(shape, 1), normal([n], 2), normal([n], 3)];
    const steps = run("HookdictLayerNorm", { x, gain, bias }, { epsilon: 0.5 }) as unknown as Tensor[]; // as listed
    const { mean, variance } = moments(x, -1, true);
    const scale = sqrt(add(variance, 0.5));
    const normalized = div(sub(x, mean), scale);
    const wanted = [scale, normalized, add(mul(normalized, gain), bias)];
    assert.is(steps.length, 3);
    for (const [i, step] of steps.entries()) {
      assert.equal(step.shape, wanted[i]?.shape);
      expectClose(step, wanted[i] ?? scale, TOLERANCE);
    }
  });

check("a layer norm of values far from zero loses nothing to cancellation", () => {
  const x = tensor1d([10000, 10001, 10002, 10003]);
  const [scale] = run("HookdictLayerNorm", { x, gain: x, bias: x }, { epsilon: 0 }) as unknown as Tensor[];
  expectClose(scale ?? x, tensor1d([Math.sqrt((1.5 ** 2 + 0.5 ** 2) / 2)]), TOLERANCE);
});

check("a linear layer keeps the leading axes and splits the last one by heads", () => {
  const [x, weight, bias] = [normal([2, 3, 8], 1), normal([8, 6], 2), normal([6], 3)];
  const wanted = reshape(add(matMul(reshape(x, [6, 8]) as never, weight), bias), [2, 3, 2, 3]);
  const got = run("HookdictLinear", { x, weight, bias }, { columns: 1, heads: 2 });
  assert.equal(got.shape, [2, 3, 2, 3]);
  expectClose(got, wanted, TOLERANCE);
});

check("a linear layer reads several axes as one, and changes none of its inputs", () => {
  const [x, weight, bias] = [normal([2, 3, 2, 4], 1), normal([8, 6], 2), normal([6], 3)];
  const before = [x, weight, bias].map((each) => each.dataSync().slice());
  const got = run("HookdictLinear", { x, weight, bias }, { columns: 2, heads: 0 });
  const wanted = reshape(add(matMul(reshape(x, [6, 8]) as never, weight), bias), [2, 3, 6]);
  assert.equal(got.shape, [2, 3, 6]);
  expectClose(got, wanted, TOLERANCE);
  assert.equal(
    [x, weight, bias].map((each) => each.dataSync()),
    before,
  );
});

check("attention scores are scaled, masked and by head", () => {
  const [queries, keys] = [normal([2, 5, 3, 4], 1), normal([2, 5, 3, 4], 2)];
  const mask = normal([5, 5], 3);
  const byHead = (each: Tensor): Tensor => transpose(each, [0, 2, 1, 3]);
  const wanted = add(mul(matMul(byHead(queries), byHead(keys), false, true), 0.5), mask);
  const got = run("HookdictScores", { queries, keys, mask }, { scale: 0.5 });
  assert.equal(got.shape, [2, 3, 5, 5]);
  expectClose(got, wanted, TOLERANCE);
});

check("GELU follows its formula at every size, and what is no number stays none", () => {
  const x = tensor1d([-Infinity, -100, -9, -1, -1e-3, 0, 1e-3, 1, 9, 100, Infinity, NaN]);
  const finite = normal([1003], 1);
  const logit = mul(finite, add(mul(square(finite), 0.0713548162726), 1.5957691216057308));
  expectClose(run("HookdictGelu", { x: finite }), mul(finite, sigmoid(logit)), TOLERANCE);
  const values = [...run("HookdictGelu", { x }).dataSync()];
  assert.ok(Number.isNaN(values.at(-1)));
  assert.equal(values.slice(-3, -1), [100, Infinity]);
  assert.ok(Number.isNaN(values[0]), "-Infinity times 0");
  assert.ok(Math.abs(values[1] ?? NaN) < 1e-30);
});

check("GELU of the lowest numbers is zero", () => {
  const y = run("HookdictGelu", { x: tensor1d([-1e19, -1e30, -3e38]) });
  assert.equal([...y.dataSync()].map(Math.abs), [0, 0, 0]);
});

check("a layer norm of rows without values writes their scale, which is no number", () => {
  const [x, gain] = [zeros([2, 0]), zeros([0])];
  const [scale] = run("HookdictLayerNorm", { x, gain, bias: gain }, { epsilon: 1 }) as unknown as Tensor[];
  assert.equal([...(scale ?? x).dataSync()], [NaN, NaN]);
});

check("a softmax takes masked scores, and gives NaN for rows that have no largest value", () => {
  const rows = tensor2d([
    [-Infinity, 0, 0],
    [1000, 1000, -1000],
    [NaN, 0, 0],
    [-Infinity, -Infinity, -Infinity],
  ]);
  const values = [...softmax(rows).dataSync()];
  assert.equal(values.slice(0, 6), [0, 0.5, 0.5, 0.5, 0.5, 0]);
  assert.ok(values.slice(6).every((each) => Number.isNaN(each)));
});

check("a softmax has rows that sum to 1, of any length", () => {
  for (const n of [1, 3, 16, 131]) {
    const x = normal([2, n], n);
    const exponents = [...x.dataSync()].map((each) => Math.exp(each));
    const sums = [0, 1].map((row) => exponents.slice(row * n, (row + 1) * n).reduce((a, b) => a + b, 0));
    const wanted = exponents.map((each, i) => each / (sums[Math.floor(i / n)] ?? NaN));
    expectClose(softmax(x), tensor2d(wanted, [2, n]), TOLERANCE);
  }
});

// What several threads share: parts of 16,384 elements, the last one shorter.
const LARGE = [5, 40_009];

check("large tensors come out as small ones do, whichever thread takes which part", () => {
  const rows = (x: Tensor): Tensor[] => unstack(x).map((row) => expandDims(row));
  const [x, gain, mask] = [normal(LARGE, 1), normal(LARGE.slice(1), 2), normal(LARGE, 3)];
  const large: Record<string, (x: Tensor, mask: Tensor) => Tensor> = {
    "layer norm": (each) => {
      const [, , output] = run(
        "HookdictLayerNorm",
        { x: each, gain, bias: gain },
        { epsilon: 1 },
      ) as unknown as Tensor[];
      return output ?? each;
    },
    GELU: (each) => run("HookdictGelu", { x: each }),
    softmax: (each) => softmax(each),
    sum: (each, other) => add(each, other),
  };
  for (const [name, op] of Object.entries(large)) {
    const parts = rows(x).map((row, i) => op(row, slice(mask, i, 1)));
    for (let i = 0; i < 20; i++) assert.equal(op(x, mask).dataSync(), concat(parts).dataSync(), name);
  }
});

check("sums of one shape, of shapes that are stretched, and of other dtypes", () => {
  const [x, y] = [normal([2, 3], 1), normal([2, 3], 2)];
  const sums = [...x.dataSync()].map((each, i) => Math.fround(each + (y.dataSync()[i] ?? NaN)));
  assert.equal([...add(x, y).dataSync()], sums);
  assert.equal(add(x, y).shape, [2, 3]);
  assert.equal([...add(tensor2d([[1], [2]]), tensor2d([[10, 20]])).dataSync()], [11, 21, 12, 22]);
  const integers = add(tensor1d([1, 2], "int32"), tensor1d([3, -4], "int32"));
  assert.equal([integers.dtype, ...integers.dataSync()], ["int32", 4, -2]);
  assert.equal(add(tensor1d([1], "int32"), tensor1d([0.5])).dtype, "float32");
  assert.equal(add(scalar(1), scalar(2)).arraySync(), 3);
  assert.equal(add(zeros([0, 3]), zeros([0, 3])).shape, [0, 3]);
});

check("the middle axes of four are exchanged, of empty tensors too", () => {
  const x = normal([2, 3, 4, 5], 1);
  const swapped = transpose(x, [0, 2, 1, 3]);
  const [before, after] = [x.arraySync(), swapped.arraySync()] as [number[][][][], number[][][][]]; // four axes
  for (let i = 0; i < 2; i++)
    for (let j = 0; j < 3; j++)
      for (let k = 0; k < 4; k++) assert.equal(after[i]?.[k]?.[j], before[i]?.[j]?.[k]);
  assert.equal(transpose(zeros([2, 0, 3, 4]), [0, 2, 1, 3]).shape, [2, 3, 0, 4]);
});

check("inputs that do not fit together are an error, and free what was made on the way", () => {
  const [x, weight, short] = [normal([2, 8], 1), normal([8, 6], 2), normal([5], 3)];
  const cube = normal([1, 2, 4, 6], 4);
  const cases: readonly (readonly [string, NamedTensorMap, NamedAttrMap, RegExp])[] = [
    [
      "HookdictLinear",
      { x, weight, bias: short },
      { columns: 1, heads: 0 },
      /the bias is as long as the result's rows/,
    ],
    ["HookdictLinear", { x, weight, bias: short }, { columns: 3, heads: 0 }, /fewer axes than columns take/],
    ["HookdictLayerNorm", { x, gain: short, bias: short }, { epsilon: 1 }, /gain and bias are as long as/],
    [
      "HookdictLinear",
      { x, weight: normal([7, 6], 2) },
      { columns: 1, heads: 0 },
      /rows are as long as the weight/,
    ],
    ["HookdictLinear", { x, weight }, { columns: 1, heads: 4 }, /heads divide the rows/],
    ["HookdictRmsNorm", { x, gain: short }, { epsilon: 1 }, /gain is as long as x's rows/],
    ["HookdictGated", { gate: x, up: short }, { kind: 0 }, /gate and up are of one shape/],
    ["HookdictGated", { gate: x, up: x }, { kind: 7 }, /there is no such kind/],
    [
      "HookdictRotate",
      { x: cube, cos: short, sin: short },
      { adjacent: 0 },
      /angles are as many as positions/,
    ],
    ["HookdictScores", { queries: cube, keys: cube, mask: x }, { scale: 1 }, /queries, keys and mask fit/],
    ["HookdictValues", { pattern: cube, values: normal([1, 5, 3, 2], 5) }, {}, /pattern and values fit/],
    [
      "HookdictWriteColumns",
      { store: cube, at: tensor1d([2], "int32"), rows: normal([1, 1, 4, 6], 5) },
      {},
      /there is room for the rows/,
    ],
    [
      "HookdictWriteColumns",
      { store: cube, at: tensor1d([0], "int32"), rows: normal([1, 1, 4, 5], 5) },
      {},
      /rows are like the store's/,
    ],
  ];
  const before = engine().memory().numTensors;
  for (const [kernel, inputs, attributes, message] of cases)
    assert.match(thrown(() => run(kernel, inputs, attributes)).message, message);
  assert.is(engine().memory().numTensors, before);
});

for (const [what, rows] of [
  ["small", 3],
  ["large", 3000],
] as const)
  for (const hasBias of [true, false])
    check(`a ${what} linear layer ${hasBias ? "with a bias" : "without one"} is one product`, () => {
      const [x, weight, bias] = [normal([1, rows, 2, 4], 1), normal([8, 18], 2), normal([18], 3)];
      const inputs = hasBias ? { x, weight, bias } : { x, weight };
      const got = run("HookdictLinear", inputs, { columns: 2, heads: 3 });
      const product = matMul(reshape(x, [rows, 8]) as never, weight);
      assert.equal(got.shape, [1, rows, 3, 6]);
      expectClose(got, reshape(hasBias ? add(product, bias) : product, got.shape), TOLERANCE);
    });

// Products of few rows: by four rows and what is left, in parts of the matrix and blocks of its columns.
for (const rows of [1, 2, 3, 4, 5, 7, 8, 9]) {
  check(`${rows} rows times a large matrix, as it is and transposed, with the same sums every time`, () => {
    const [x, weight, bias] = [normal([rows, 131], 1), normal([131, 1103], 2), normal([1103], 3)];
    const wide = concat([x, normal([40, 131], 4)]); // so many that TensorFlow's own operation runs
    const wanted = slice(matMul(wide as Tensor2D, weight as Tensor2D), 0, rows);
    const products = (): Tensor[] => [
      matMul(x as Tensor2D, weight as Tensor2D),
      matMul(x as Tensor2D, transpose(weight) as Tensor2D, false, true),
      sub(run("HookdictLinear", { x, weight, bias }, { columns: 1, heads: 0 }), bias),
      run("HookdictLinear", { x, weight }, { columns: 1, heads: 0 }),
    ];
    const first = products();
    for (const each of first) expectClose(each, wanted, { atol: 1e-4 });
    for (const [i, each] of products().entries()) assert.equal(each.dataSync(), first[i]?.dataSync());
  });
}

for (const dest of [1, 3, 16])
  check(`${dest} queries, whose keys and values are read in order, give what many queries do`, () => {
    const [queries, keys, values] = [
      normal([2, dest, 6, 20], 1),
      normal([2, 700, 3, 20], 2),
      normal([2, 700, 3, 20], 3),
    ];
    const mask = normal([dest, 700], 4);
    const more = concat([queries, normal([2, 30, 6, 20], 5)], 1);
    const moreMask = concat([mask, normal([30, 700], 6)]);
    const all = run("HookdictScores", { queries: more, keys, mask: moreMask }, { scale: 0.5 });
    const scores = run("HookdictScores", { queries, keys, mask }, { scale: 0.5 });
    expectClose(scores, slice(all, 0, [2, 6, dest, 700]), { atol: 1e-4 });
    const pattern = softmax(scores);
    const mixed = run("HookdictValues", { pattern: softmax(all), values });
    expectClose(run("HookdictValues", { pattern, values }), slice(mixed, 0, [2, dest, 6, 20]), TOLERANCE);
  });

check("columns are written into a store, and keys and values read from it, with room behind them", () => {
  const [earlier, rows] = [normal([2, 5, 3, 4], 1), normal([2, 2, 3, 4], 2)];
  const store = concat([earlier, zeros([2, 4, 3, 4])], 1);
  const written = run("HookdictWriteColumns", { store, at: tensor1d([5], "int32"), rows });
  const whole = concat([earlier, rows], 1);
  assert.equal(written.dataSync(), concat([whole, zeros([2, 2, 3, 4])], 1).dataSync());
  assert.equal(store.dataSync(), written.dataSync(), "its memory is the store's");
  for (const dest of [2, 20]) {
    const [queries, mask] = [normal([2, dest, 6, 4], 3), normal([dest, 7], 4)];
    const scores = run("HookdictScores", { queries, keys: whole, mask }, { scale: 0.5 });
    expectClose(run("HookdictScores", { queries, keys: written, mask }, { scale: 0.5 }), scores, TOLERANCE);
    const mixed = run("HookdictValues", { pattern: scores, values: whole });
    expectClose(run("HookdictValues", { pattern: scores, values: written }), mixed, TOLERANCE);
  }
});

check("rows are written into a store, and copies of it stay as they are", () => {
  const [store, rows] = [normal([6, 2, 3], 1), normal([2, 2, 3], 2)];
  const before = store.dataSync().slice();
  const copies = [run("HookdictCopy", { x: store }), run("HookdictCopy", { x: slice(store, 2, 3) })];
  const written = run("HookdictWriteRows", { store, at: tensor1d([4, 2], "int32"), rows });
  assert.equal(written.dataSync().slice(12, 18), rows.dataSync().slice(6));
  assert.equal(written.dataSync().slice(24, 30), rows.dataSync().slice(0, 6));
  assert.equal(copies[0]?.dataSync(), before);
  assert.equal(copies[1]?.dataSync(), before.slice(12, 30));
});

check("a batch of rows without elements stays one", () => {
  const [x, weight] = [zeros([0, 4, 8]), normal([8, 6], 2)];
  assert.equal(run("HookdictLinear", { x, weight }, { columns: 1, heads: 2 }).shape, [0, 4, 2, 3]);
  const [queries, keys] = [zeros([0, 2, 4, 3]), zeros([0, 5, 2, 3])];
  const scores = run("HookdictScores", { queries, keys, mask: zeros([2, 5]) }, { scale: 1 });
  assert.equal(scores.shape, [0, 4, 2, 5]);
  assert.equal(run("HookdictValues", { pattern: scores, values: keys }).shape, [0, 2, 4, 3]);
});

test.run();

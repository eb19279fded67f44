import {
  add,
  div,
  engine,
  gather,
  matMul,
  mean,
  mul,
  type NamedAttrMap,
  type NamedTensorMap,
  ones,
  randomNormal,
  relu,
  reshape,
  sigmoid,
  sqrt,
  square,
  sub,
  type Tensor,
  tensor,
  tensor1d,
  tidy,
  transpose,
  zeros,
} from "@tensorflow/tfjs-core";
import { expectClose } from "@hookdict/core/testing";
import { assert, suite, thrown } from "../../gate/suite.ts";

// Kernels that compute parts of a layer which follow one another, against the operations that they stand for.
const test = suite("kernels of a layer on the native backend");
const check = (name: string, body: () => void): void => test(name, () => tidy(body));

const run = (kernel: string, inputs: NamedTensorMap, attributes: NamedAttrMap): Tensor[] =>
  engine().runKernel(kernel, inputs, attributes) as unknown as Tensor[]; // they give several

/** Matrices have small numbers, so that sums of many products do not grow. */
const normal = (shape: readonly number[], seed: number): Tensor =>
  randomNormal([...shape], 0, shape.length === 2 ? 0.1 : 1, "float32", seed);
const TOLERANCE = { atol: 1e-4 };
const EPSILON = 0.01;

/** Scale, what is divided by it, and that with gain and shift: of a layer norm, or of an RMS norm where there is no shift. */
function normed(x: Tensor, gain: Tensor, shift: Tensor | undefined): [Tensor, Tensor, Tensor] {
  const rest = shift === undefined ? x : sub(x, mean(x, -1, true));
  const scale = sqrt(add(mean(square(rest), -1, true), EPSILON));
  const normalized = div(rest, scale);
  const gained = mul(normalized, gain);
  return [scale, normalized, shift === undefined ? gained : add(gained, shift)];
}

function times(x: Tensor, weight: Tensor, bias: Tensor | undefined): Tensor {
  const [dIn = 0, dOut = 0] = weight.shape;
  const product = reshape(matMul(reshape(x, [-1, dIn]), weight), [...x.shape.slice(0, -1), dOut]);
  return bias === undefined ? product : add(product, bias);
}

function expectAll(got: readonly Tensor[], wanted: readonly Tensor[]): void {
  assert.is(got.length, wanted.length);
  for (const [i, each] of wanted.entries()) expectClose(got[i] as Tensor, each, TOLERANCE);
}

const SHAPES = [
  [1, 1, 6, 3, 3, 2, 10],
  [2, 1, 9, 4, 2, 3, 5],
  [8, 1, 320, 6, 2, 40, 130],
  [2, 3, 16, 2, 1, 8, 33],
] as const;
const WITH = [
  [true, true],
  [true, false],
  [false, true],
  [false, false],
] as const;
const nameOf = (isLayer: boolean, hasBias: boolean): string =>
  `${isLayer ? "a layer" : "an RMS"} norm, ${hasBias ? "" : "no "}biases`;

for (const [batch, pos, width, heads, keyHeads, dHead, dMlp] of SHAPES)
  for (const [isLayer, hasBias] of WITH) {
    const shape = [batch, pos, width];
    const named = nameOf(isLayer, hasBias);
    check(`queries, keys and values behind a norm of [${shape.join()}]: ${named}`, () => {
      const [x, gain] = [normal(shape, 1), normal([width], 2)];
      const shift = isLayer ? normal([width], 3) : undefined;
      const counts = [heads, keyHeads, keyHeads];
      const weights = counts.map((count, i) => normal([width, count * dHead], 4 + i));
      const biases = hasBias ? counts.map((count, i) => normal([count * dHead], 7 + i)) : [];
      const [wq, wk, wv] = weights as [Tensor, Tensor, Tensor];
      const [bq, bk, bv] = biases;
      const inputs = { x, gain, ...(shift && { shift }), wq, wk, wv, ...(bq && bk && bv && { bq, bk, bv }) };
      const steps = normed(x, gain, shift);
      const made = counts.map((count, i) =>
        reshape(times(steps[2], weights[i] as Tensor, biases[i]), [batch, pos, count, dHead]),
      );
      const got = run("HookdictNormProjections", inputs, { epsilon: EPSILON, heads, keyHeads });
      expectAll(got, [...steps, ...made]);
    });

    for (const [kind, isGated, activation] of [
      [0, true, (z: Tensor) => mul(z, sigmoid(z))],
      [1, true, tanhGelu],
      [1, false, tanhGelu],
      [2, false, (z: Tensor) => relu(z)],
    ] as const)
      check(
        `an MLP behind a sum and a norm of [${shape.join()}]: ${named}, activation ${kind}, gated: ${isGated}`,
        () => {
          const [x, y, gain] = [normal(shape, 1), normal(shape, 2), normal([width], 3)];
          const shift = isLayer ? normal([width], 4) : undefined;
          const [wGate, wIn] = [normal([width, dMlp], 5), normal([width, dMlp], 6)];
          const wOut = normal([dMlp, width], 7);
          const bias = (size: number, seed: number): Tensor | undefined =>
            hasBias ? normal([size], seed) : undefined;
          const [bGate, bIn, bOut] = [bias(dMlp, 8), bias(dMlp, 9), bias(width, 10)];
          const sum = add(x, y);
          const steps = normed(sum, gain, shift);
          const up = times(steps[2], wIn, bIn);
          const gate = times(steps[2], wGate, bGate);
          const post = isGated ? mul(activation(gate), up) : activation(up);
          const out = times(post, wOut, bOut);
          const inputs = {
            x,
            y,
            gain,
            wIn,
            wOut,
            ...(shift && { shift }),
            ...(isGated && { wGate, ...(bGate && { bGate }) }),
            ...(bIn && bOut && { bIn, bOut }),
          };
          const got = run("HookdictMlp", inputs, { epsilon: EPSILON, kind });
          expectAll(got, [sum, ...steps, ...(isGated ? [gate] : []), up, post, out, add(sum, out)]);
        },
      );
  }

function tanhGelu(z: Tensor): Tensor {
  return mul(z, sigmoid(mul(z, add(mul(square(z), 0.07135481627), 1.5957691216))));
}

for (const hasBias of [true, false])
  check(`attention and the product of what it gives, ${hasBias ? "with" : "without"} a bias`, () => {
    const [heads, dHead, dModel] = [4, 3, 7];
    const of = (count: number, seed: number): Tensor => normal([2, count, 2, dHead], seed);
    const given = { keys: of(1, 3), values: of(1, 4), queries: normal([2, 1, heads, dHead], 5) };
    const [weight, bias] = [normal([heads * dHead, dModel], 6), normal([dModel], 7)];
    const inputs = { ...given, at: tensor1d([2], "int32"), mask: zeros([1, 3]) };
    const stores = (): NamedTensorMap => ({ keyStore: of(5, 1), valueStore: of(5, 2) });
    const wanted = run("HookdictAttend", { ...inputs, ...stores() }, { scale: 0.5 });
    const further = { weight, ...(hasBias && { bias }) };
    const got = run("HookdictAttend", { ...inputs, ...stores(), ...further }, { scale: 0.5 });
    const z = reshape(wanted[0] as Tensor, [2, 1, heads * dHead]);
    expectAll(got, [...wanted, times(z, weight, hasBias ? bias : undefined)]);
  });

for (const shape of [[1], [2, 3], [2, 1, 4]])
  check(`rows of a table for numbers [${shape.join()}]`, () => {
    const table = normal([5, 3], 1);
    const count = shape.reduce((product, each) => product * each, 1);
    const ids = tensor(
      Int32Array.from({ length: count }, (_, i) => (i * 3 + 4) % 5),
      shape,
      "int32",
    );
    const got = run("HookdictEmbed", { table, ids }, {}) as unknown as Tensor; // it gives one
    assert.equal(got.shape, [...shape, 3]);
    assert.equal(got.dataSync(), gather(table, ids).dataSync());
    for (const id of [-1, 5])
      assert.match(
        thrown(() => run("HookdictEmbed", { table, ids: tensor1d([id], "int32") }, {})).message,
        /the table has a row of each number/,
      );
  });

for (const shape of [[4], [1, 1, 4], [2, 4, 4], [3, 3, 4]])
  check(`[${shape.join()}] by a matrix transposed`, () => {
    const [x, rows] = [normal(shape, 1), normal([13, 4], 2)];
    const got = run("HookdictLinearTransposed", { x, rows }, {}) as unknown as Tensor; // it gives one
    assert.equal(got.shape, [...shape.slice(0, -1), 13]);
    expectClose(reshape(got, [-1, 13]), matMul(reshape(x, [-1, 4]), transpose(rows)), TOLERANCE);
  });

check("what is not a number stays so behind ReLU", () => {
  const [x, one] = [ones([1, 1, 2]), ones([2])];
  const inputs = { x, y: zeros([1, 1, 2]), gain: mul(one, NaN), wIn: ones([2, 2]), wOut: ones([2, 2]) };
  const got = run("HookdictMlp", inputs, { epsilon: EPSILON, kind: 2 });
  assert.equal([...(got[5] as Tensor).dataSync()], [NaN, NaN]);
});

check("what does not fit is refused", () => {
  const [x, gain, w] = [ones([1, 1, 2]), ones([2]), ones([2, 2])];
  const projections = { x, gain, wq: w, wk: w, wv: w };
  const mlp = { x, y: x, gain, wIn: w, wOut: w };
  const heads = { epsilon: EPSILON, heads: 1, keyHeads: 1 };
  const store = zeros([1, 2, 1, 2]);
  const row = ones([1, 1, 1, 2]);
  const attention = {
    queries: row,
    keyStore: store,
    valueStore: store,
    keys: row,
    values: row,
    at: tensor1d([0], "int32"),
    mask: zeros([1, 1]),
  };
  for (const [kernel, inputs, attributes, message] of [
    ["HookdictNormProjections", { ...projections, gain: ones([3]) }, heads, /as long as x's rows/],
    ["HookdictNormProjections", { ...projections, wk: ones([3, 2]) }, heads, /the weights have rows/],
    ["HookdictNormProjections", projections, { ...heads, keyHeads: 3 }, /heads divide the results/],
    ["HookdictNormProjections", projections, { ...heads, heads: 0 }, /there are heads/],
    [
      "HookdictNormProjections",
      { ...projections, bq: gain, bk: ones([3]), bv: gain },
      heads,
      /each bias is as long as its result's rows/,
    ],
    ["HookdictMlp", { ...mlp, y: ones([1, 2, 2]) }, { epsilon: EPSILON, kind: 1 }, /of one shape/],
    ["HookdictMlp", mlp, { epsilon: EPSILON, kind: 0 }, /there is no such kind/],
    ["HookdictMlp", { ...mlp, wGate: w }, { epsilon: EPSILON, kind: 2 }, /there is no such kind/],
    [
      "HookdictMlp",
      { ...mlp, wGate: ones([2, 3]) },
      { epsilon: EPSILON, kind: 1 },
      /gate and up are of one shape/,
    ],
    ["HookdictMlp", { ...mlp, wOut: ones([2, 3]) }, { epsilon: EPSILON, kind: 1 }, /gives what it was given/],
    ["HookdictAttend", { ...attention, weight: ones([3, 2]) }, { scale: 1 }, /the weights have rows/],
    ["HookdictAttend", { ...attention, weight: w, bias: ones([3]) }, { scale: 1 }, /each bias is as long/],
  ] as const)
    assert.match(thrown(() => run(kernel, inputs, attributes)).message, message, kernel);
  assert.equal([...store.dataSync()], [0, 0, 0, 0], "nothing is written before");
});

test.run();

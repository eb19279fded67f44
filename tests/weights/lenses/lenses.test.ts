import { GPT2, loadModel } from "@hookdict/models";
import {
  accumulatedBias,
  compositionScores,
  FactoredMatrix,
  lowRank,
  outliers,
  type OutliersOptions,
  ovCircuit,
  positiveFraction,
  qkCircuit,
  spectrum,
  topTokens,
  weightLens,
} from "@hookdict/weights";
import { eye, matMul, norm, slice, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { fileURLToPath } from "node:url";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure, failure } from "../../support/failure.ts";
import { take, takeOne } from "../../support/values.ts";
import { Made } from "../models.ts";

const test = suite("lenses on weights");

const made = new Made();
test.after.each(() => made.clear());
const checkpoint = fileURLToPath(new URL("../../../examples/ioi-patching/model", import.meta.url));

const near = (got: number, want: number, atol = 1e-4): void =>
  assert.ok(Math.abs(got - want) <= atol, `${got} is not ${want}`);

test("composition scores are norms of products that are never formed", async () => {
  using model = await loadModel(checkpoint);
  using qk = qkCircuit(model.W_Q, model.W_K);
  using ov = ovCircuit(model.W_V, model.W_O);
  const lengthOf = (of: Tensor): number => takeOne(norm(of));
  for (const mode of ["Q", "K", "V"] as const) {
    const scores = compositionScores({ qk, ov }, mode);
    assert.equal(scores.shape, [4, 4, 4, 4]);
    const at = takeOne(slice(scores, [0, 2, 3, 1], [1, 1, 1, 1]));
    const reversed = takeOne(slice(scores, [3, 1, 0, 2], [1, 1, 1, 1]));
    scores.dispose();
    const [left, read] = [ov, mode === "V" ? ov : qk].map((all, i) => {
      using one = all.at(i === 0 ? 0 : 3, i === 0 ? 2 : 1);
      return one.product();
    }) as [Tensor, Tensor];
    const both = matMul(left as never, read as never, false, mode === "K");
    near(at, lengthOf(both) / (lengthOf(left) * lengthOf(read)));
    assert.is(reversed, 0);
    for (const each of [left, read, both]) each.dispose();
  }
});

test("a circuit that copies has positive eigenvalues, one that turns has half of them", async () => {
  using copying = ovCircuit(made.of([1, 0, 0, 1, 0, 0], [3, 2]), made.of([2, 0, 0, 0, 3, 0], [2, 3]));
  const eigenvalues = await copying.eigenvalues();
  assert.equal(eigenvalues.arraySync(), [[3, 0], [2, 0]]); // prettier-ignore
  near(takeOne(positiveFraction(eigenvalues)), 1);
  eigenvalues.dispose();
  near(takeOne(positiveFraction(made.of([0, 1, 0, -1, 1, 0, 1, 0], [4, 2]))), 0.5);
});

test("heads that write nothing have scores of 0, not none", () => {
  const [ones, silent] = [made.of(Array<number>(6).fill(1), [2, 1, 3, 1]), made.of([0, 0, 0, 1, 1, 1], [2, 1, 1, 3])]; // prettier-ignore
  using qk = qkCircuit(ones, ones);
  using ov = ovCircuit(ones, silent);
  for (const mode of ["Q", "K", "V"] as const)
    assert.equal(take(compositionScores({ qk, ov }, mode)), [0, 0, 0, 0]);
  near(takeOne(positiveFraction(made.of([0, 0, 0, 0], [2, 2]))), 0);
});

test("biases add up from layer to layer", () => {
  const [attention, mlp] = [made.of([1, 2, 3, 4], [2, 2]), made.of([10, 20, 30, 40], [2, 2])];
  assert.equal(take(accumulatedBias(attention, mlp)), [0, 0, 11, 22, 44, 66]);
});

test("a spectrum says how many directions count, and a low rank keeps the first", async () => {
  const matrix = made.of([3, 0, 0, 0, 4, 0], [2, 3]);
  const { singularValues, energy, stableRank, effectiveRank } = await spectrum(matrix);
  assert.equal([take(singularValues), take(stableRank)], [[4, 3], [Math.fround(25 / 16)]]); // prettier-ignore
  const shares = take(energy);
  near(shares[0] ?? NaN, 16 / 25, 1e-6);
  const entropy = -shares.reduce((sum, share) => sum + share * Math.log(share), 0);
  near(takeOne(effectiveRank), Math.exp(entropy), 1e-5);
  using close = await lowRank(matrix, 1);
  take(close.product()).forEach((value, i) => near(value, [0, 0, 0, 0, 4, 0][i] ?? NaN));
});

test("outliers are far from the mean of their pool, the most extreme first", async () => {
  const scores = made.of([0, 1, 0, -9, 0, 8, 0, 9]);
  const found = async (options: OutliersOptions): Promise<number[]> =>
    (await outliers(scores, options)).map(({ index }) => index);
  assert.equal(await found({ threshold: 1 }), [7, 5]);
  assert.equal(await found({ threshold: 1, most: 1 }), [7]);
  assert.equal(await found({ threshold: 1, side: "negative" }), [3]);
  assert.equal(await found({ threshold: 0.5, pool: 3 }), [7]); // 9, 8, 1: 1 is the far one
  const [first] = await outliers(scores, { threshold: 1 });
  near(first?.z ?? NaN, 1.4148, 1e-3); // (9 - 1.125) / 5.5662
  assert.equal(await outliers(made.of([2, 2, 2]), { threshold: 0 }), []);
  assert.equal(await outliers(made.of(Array<number>(7).fill(0.1)), { threshold: 0 }), []); // their sum is rounded
});

test("vectors speak for tokens; those without a sign are turned to the larger side", () => {
  const unembedding = made.of([1, 0, -5, 0, 2, 0], [2, 3]);
  const vectors = made.of([1, 1, 0, -1], [2, 2]);
  const plain = topTokens(vectors, unembedding, { count: 2 });
  const turned = topTokens(vectors, unembedding, { count: 1, isOriented: true });
  assert.equal([take(plain.tokens), take(plain.logits)], [[1, 0, 0, 2], [2, 1, 0, 0]]); // prettier-ignore
  assert.equal([take(turned.tokens), take(turned.logits)], [[2, 1], [5, 2]]); // prettier-ignore
});

test("the lens on a feature finds what it reads and writes, and earlier features", async () => {
  const one = tidy(() => eye(4));
  const feature = { encoder: made.of([9, 0, 0, -9]), decoder: made.of([0, 0, 9, 0]) };
  const earlierDecoders = [
    made.of([0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], [3, 4]),
    made.of([5, 0, 0, 0, 0, 1, 0, 0], [2, 4]),
  ];
  const found = await weightLens({
    ...feature,
    earlierDecoders,
    embedding: one,
    unembedding: one,
    tokenThreshold: 1,
    featureThreshold: 0.5,
    most: 1,
  });
  one.dispose();
  const at = (of: readonly { readonly index: number }[]): number[] => of.map(({ index }) => index);
  assert.equal(
    [found.embeddingPositive, found.embeddingNegative, found.outputPositive, found.outputNegative].map(at),
    [[0], [3], [2], []],
  );
  assert.equal(found.earlierFeatures.map(({ layer, index, score }) => [layer, index, score]), [
    [1, 0, 45],
    [0, 1, 9],
  ]); // prettier-ignore
});

test("what does not fit is one clear error", async () => {
  using model = GPT2.fromConfig({ nLayers: 1, nHeads: 2, dModel: 4, dVocab: 5, nPositions: 3 });
  const matrix = made.of([1, 2, 3, 4, 5, 6], [2, 3]);
  const vector = made.of([1, 2]);
  using circuit = new FactoredMatrix(matrix, made.of([1, 2, 3], [3, 1]));
  const cases: readonly (readonly [readonly [string, string], string, string])[] = [
    [failure(() => compositionScores({ qk: circuit, ov: circuit }, "Q")), "COMPOSITION_INVALID", 'compositionScores was given the mode "Q", QK [2, 1] and OV [2, 1]. Give "Q", "K" or "V", and circuits [layer, head, dModel, dModel].'],
    [failure(() => positiveFraction(matrix)), "MATRIX_INVALID", "The eigenvalues cannot be float32 [2, 3]. Give real and imaginary parts, [..., n, 2]."],
    [failure(() => accumulatedBias(matrix, vector)), "MATRIX_INVALID", "The biases of MLPs cannot be float32 [2]. Give a float32 tensor that is alive, [..., rows, columns], not empty."],
    [failure(() => topTokens(matrix, matrix)), "LENS_INVALID", "A lens was given vectors [2, 3] with the unembedding [2, 3]. Give vectors [..., n, dModel] and an unembedding [dModel, dVocab]."],
    [failure(() => topTokens(matrix, model.W_E)), "LENS_INVALID", "A lens was given vectors [2, 3] with the unembedding [5, 4]. Give vectors [..., n, dModel] and an unembedding [dModel, dVocab]."],
    [await asyncFailure(lowRank(matrix, 3)), "LENS_INVALID", "A lens was given the rank 3 for [2, 3]. Give a whole number from 1 to 2."],
    [await asyncFailure(spectrum(vector)), "MATRIX_INVALID", "The matrix cannot be float32 [2]. Give a float32 tensor that is alive, [..., rows, columns], not empty."],
    [await asyncFailure(outliers(matrix, { threshold: 1 })), "LENS_INVALID", "A lens was given scores that are no list. Give a tensor [n]."],
    [await asyncFailure(outliers(made.of([1, NaN]), { threshold: 1 })), "LENS_INVALID", "A lens was given the score NaN at 1. Give finite scores."],
    [await asyncFailure(outliers(vector, { threshold: -1 })), "LENS_INVALID", "A lens was given threshold: -1. Give a number from 0 on."],
    [await asyncFailure(outliers(vector, { threshold: 1, pool: 1 })), "LENS_INVALID", "A lens was given pool: 1. Give a whole number from 2 on."],
    [await asyncFailure(outliers(vector, { threshold: 1, side: "left" as "positive" })), "LENS_INVALID", 'A lens was given the side "left". Give "positive" or "negative".'],
    [await asyncFailure(weightLens({ encoder: vector, decoder: vector, embedding: matrix, unembedding: matrix })), "LENS_INVALID", "A lens was given [2] with the embedding [2, 3]. Give a vector [dModel], and matrices with dModel as their rows' length, or as the unembedding's columns'."],
  ]; // prettier-ignore
  assert.equal(cases.map(([got]) => got), cases.map(([, code, message]) => [code, message])); // prettier-ignore
});

test.run();

import {
  accumulatedBias,
  compositionScores,
  type CompositionMode,
  FactoredMatrix,
  lowRank,
  type Outlier,
  ovCircuit,
  positiveFraction,
  qkCircuit,
  spectrum,
  weightLens,
  weightsOf,
} from "@hookdict/weights";
import {
  matMul,
  norm,
  scalar,
  sqrt,
  square,
  sum,
  type Tensor,
  tensor1d,
  tidy,
  transpose,
} from "@tensorflow/tfjs-core";
import { modelOf } from "../../methods/attribute.ts";
import type { Compute } from "../../methods/cases.ts";
import { checkpoint } from "./checkpoint.ts";

const factored: Compute = async ({ input }) => {
  using m = new FactoredMatrix(input("A"), input("B"));
  using n = new FactoredMatrix(input("C"), input("D"));
  using square_ = new FactoredMatrix(input("square_A"), input("square_B"));
  using both = m.matMul(n);
  using flipped = m.transpose();
  using even = await m.even();
  const [l, r] = [await m.collapseLeft(), await m.collapseRight()];
  const found = {
    product: m.product(),
    BA: square_.swapped(),
    singular_values: await m.singularValues(),
    norm: m.norm(),
    times_vector: m.times(input("v")),
    product_of_two: both.product(),
    product_hidden_dim: scalar(both.inner, "int32"),
    transpose: flipped.product(),
    collapse_l_gram: matMul(l, l, true),
    collapse_r_gram: matMul(r, r, false, true),
    even_row_norms: norm(even.right, "euclidean", 1),
    even_column_norms: norm(even.left, "euclidean", 0),
  };
  for (const each of [l, r]) each.dispose();
  return found;
};

const factoredEigenvalues: Compute = async ({ input }) => {
  using m = new FactoredMatrix(input("A"), input("B"));
  return { eigenvalues: await m.eigenvalues() };
};

const circuitEigenvalues: Compute = async (given) => {
  const { options } = given;
  const model = await checkpoint(given);
  const name = String(options["circuit"]);
  using base = name.includes("Q") ? qkCircuit(model.W_Q, model.W_K) : ovCircuit(model.W_V, model.W_O);
  using whole = name.startsWith("W_E") ? throughVocabulary(base, model, name) : base.scale(1);
  const eigenvalues = await whole.eigenvalues();
  return {
    eigenvalues,
    positive_fraction: positiveFraction(eigenvalues),
    modulus: tidy(() => sqrt(sum(square(eigenvalues), -1))),
    singular_values: await whole.singularValues(),
    norm: whole.norm(),
  };
};

function throughVocabulary(
  base: FactoredMatrix,
  model: { readonly W_E: Tensor; readonly W_U: Tensor },
  name: string,
): FactoredMatrix {
  using read = base.leftMatMul(model.W_E);
  const right = name.endsWith("W_U") ? model.W_U.clone() : transpose(model.W_E);
  try {
    return read.matMul(right);
  } finally {
    right.dispose();
  }
}

const composition: Compute = async (given) => {
  const { options } = given;
  const model = await checkpoint(given);
  using qk = qkCircuit(model.W_Q, model.W_K);
  using ov = ovCircuit(model.W_V, model.W_O);
  return { scores: compositionScores({ qk, ov }, options["mode"] as CompositionMode) };
};

const biases: Compute = async (given) => {
  const model = await checkpoint(given);
  return { bias: accumulatedBias(model.b_O, model.b_out) };
};

const svd: Compute = async (given) => {
  const { layer, rank } = given.options as { readonly layer: string; readonly rank: number };
  using weights = weightsOf(modelOf(given));
  const kernel = weights.get<Tensor>([`${layer}.kernel`]);
  const { singularValues, energy, stableRank, effectiveRank } = await spectrum(kernel);
  using close = await lowRank(kernel, rank);
  return {
    singular_values: singularValues,
    energy,
    stable_rank: stableRank,
    effective_rank: effectiveRank,
    [`rank${rank}_kernel`]: close.product(),
  };
};

const lens: Compute = async (given) => {
  const {
    options,
    input,
    case: { inputs },
  } = given;
  const model = await checkpoint(given);
  const { token_threshold, feature_threshold, token_pool, feature_pool } = options as Record<string, number>;
  const found = await weightLens({
    encoder: input("encoder"),
    decoder: input("decoder"),
    embedding: model.W_E,
    unembedding: model.W_U,
    earlierDecoders: Object.keys(inputs)
      .filter((role) => role.startsWith("earlier_decoder"))
      .map(input),
    ...(token_threshold !== undefined && { tokenThreshold: token_threshold }),
    ...(feature_threshold !== undefined && { featureThreshold: feature_threshold }),
    ...(token_pool !== undefined && { tokenPool: token_pool }),
    ...(feature_pool !== undefined && { featurePool: feature_pool }),
  });
  return {
    ...tail("embedding_positive", found.embeddingPositive),
    ...tail("embedding_negative", found.embeddingNegative),
    ...tail("output_positive", found.outputPositive),
    ...tail("output_negative", found.outputNegative),
    ...tail("earlier_features", found.earlierFeatures),
  };
};

function tail(role: string, found: readonly Outlier[]): Record<string, Tensor> {
  return {
    [`${role}/index`]: tensor1d(
      found.map(({ index }) => index),
      "int32",
    ),
    [`${role}/score`]: tensor1d(found.map(({ score }) => score)),
    [`${role}/z`]: tensor1d(found.map(({ z }) => z)),
  };
}

export const matrices: Readonly<Record<string, Compute>> = {
  factored_matrix: factored,
  factored_matrix_eigenvalues: factoredEigenvalues,
  circuit_eigenvalues: circuitEigenvalues,
  composition_scores: composition,
  accumulated_bias: biases,
  weight_svd: svd,
  weight_lens: lens,
};

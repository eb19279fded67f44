import type { ProcessingOptions, Transformer } from "@hookdict/models";
import { ovCircuit, qkCircuit } from "@hookdict/weights";
import {
  concat,
  expandDims,
  gather,
  matMul,
  norm,
  range,
  reshape,
  slice,
  squeeze,
  type Tensor,
  tidy,
} from "@tensorflow/tfjs-core";
import type { Compute, Given } from "../../methods/cases.ts";
import { checkpoint } from "./checkpoint.ts";

/** The steps of `processed` by TransformerLens's names. */
const STEPS: Readonly<Record<string, keyof ProcessingOptions>> = {
  fold_ln: "foldLayerNorm",
  center_writing_weights: "centerWritingWeights",
  center_unembed: "centerUnembed",
  fold_value_biases: "foldValueBiases",
  refactor_factored_attn_matrices: "refactorAttentionMatrices",
};

const processing: Compute = async (given) => {
  const model = await checkpoint(given);
  const asked = Object.entries(given.options).filter(([name]) => name !== "sketch");
  const unknown = asked.find(([name]) => !(name in STEPS));
  if (unknown !== undefined) throw new Error(`no step ${unknown[0]}`);
  using processed = model.processed(Object.fromEntries(asked.map(([name, value]) => [STEPS[name], value])));
  return Object.fromEntries(
    Object.keys(given.case.expected).map((role) => [role, tidy(() => computed(processed, role, given))]),
  );
};

/** What a role asks for. **Ownership:** *returns owned*. */
function computed(model: Transformer, role: string, given: Given): Tensor {
  const [, ids] = /^logits(\d+)$/.exec(role) ?? [];
  if (ids !== undefined) return model.call(given.input(`ids${ids}`));
  const [kind = "", ...rest] = role.split("/");
  const layer = Number(rest[0]);
  const [, what, every] = /^(?:(QK|OV)_)?every_(\d+)th$/.exec(kind) ?? [];
  if (every !== undefined) return sketch(sketched(model, what, rest), Number(every));
  switch (kind) {
    case "norm":
      return norm(weightAt(model, rest.join("/")));
    case "W_Q_column_norms":
      return norm(layerOf(withBias(model.W_Q, model.b_Q), layer), "euclidean", 1);
    case "W_V_column_norms":
      return norm(layerOf(model.W_V, layer), "euclidean", 1);
    case "W_O_gram":
      return matMul(layerOf(model.W_O, layer), layerOf(model.W_O, layer), false, true);
    default:
      return layerOf(model[kind as "b_O"], layer);
  }
}

/** A product of a layer's heads, or a weight by its path. */
function sketched(model: Transformer, what: string | undefined, rest: readonly string[]): Tensor {
  if (what === undefined) return weightAt(model, rest.join("/"));
  const circuit =
    what === "QK"
      ? qkCircuit(withBias(model.W_Q, model.b_Q), withBias(model.W_K, model.b_K))
      : ovCircuit(model.W_V, model.W_O);
  return productOf(circuit, Number(rest[0]));
}

/** The biases as a further row of the matrices. */
function withBias(weight: Tensor, bias: Tensor): Tensor {
  return concat([weight, expandDims(bias, 2)], 2);
}

function productOf(circuit: { product(): Tensor; dispose(): void }, layer: number): Tensor {
  const product = circuit.product();
  circuit.dispose();
  return layerOf(product, layer);
}

function layerOf(stacked: Tensor, layer: number): Tensor {
  const [, ...rest] = stacked.shape;
  return squeeze(slice(stacked, [layer, ...rest.map(() => 0)], [1, ...rest]), [0]);
}

function sketch(weight: Tensor, step: number): Tensor {
  return gather(reshape(weight, [-1]), range(0, weight.size, step, "int32"));
}

/** A weight by TransformerLens's path of it. */
function weightAt(model: Transformer, path: string): Tensor {
  const [, place, part] = /^(.*ln\d?(?:_final)?)\.([wb])$/.exec(path) ?? [];
  if (place !== undefined) return model.weights.get(`${place}.${part === "w" ? "weight" : "bias"}`);
  const [, layer, name = ""] = /^(?:blocks\.(\d+)\.)?.*\.(\w+)$/.exec(path) ?? [];
  const value = model[name as "W_Q"];
  return layer === undefined ? value : layerOf(value, Number(layer));
}

export const processings: Readonly<Record<string, Compute>> = { weight_processing: processing };

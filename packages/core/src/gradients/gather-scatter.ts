import {
  cast,
  equal,
  gatherND,
  mul,
  ones,
  reshape,
  scatterND,
  sub,
  sum,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { type Gradient, none, only, savedTensor } from "./gradient.ts";

/** `params[indices]`: the gradient is added up where the elements came from. */
export const gatherNdGradient: Gradient = {
  kernelName: "GatherNd",
  inputsToSave: ["params", "indices"],
  gradFunc: (dy, saved) => {
    const params = savedTensor(saved, 0);
    const indices = savedTensor(saved, 1);
    return { params: () => scatterND(indices, only(dy), [...params.shape]), indices: none(indices) };
  },
};

/** `updates` added up at `indices`: each gets the gradient from its place. */
export const scatterNdGradient: Gradient = {
  kernelName: "ScatterNd",
  inputsToSave: ["indices"],
  gradFunc: (dy, saved) => {
    const indices = savedTensor(saved, 0);
    return { indices: none(indices), updates: () => gatherND(only(dy), indices) };
  },
};

/** `tensor` with `updates` at `indices`: what is overwritten has no gradient. */
export const tensorScatterUpdateGradient: Gradient = {
  kernelName: "TensorScatterUpdate",
  inputsToSave: ["indices", "updates"],
  gradFunc: (dy, saved) => {
    const indices = savedTensor(saved, 0);
    const updates = savedTensor(saved, 1);
    const shape = [...updates.shape];
    // Not by updating with zeros: the cpu backend overwrites what it is given.
    const isLeft = (): Tensor => equal(scatterND(indices, ones(shape), [...only(dy).shape]), 0);
    return {
      tensor: () => mul(only(dy), cast(isLeft(), "float32")),
      indices: none(indices),
      updates: () => gatherND(only(dy), indices),
    };
  },
};

/** Values at `sparseIndices`, one for all or one for each, and a default value everywhere else. */
export const sparseToDenseGradient: Gradient = {
  kernelName: "SparseToDense",
  inputsToSave: ["sparseIndices", "sparseValues"],
  gradFunc: (dy, saved) => {
    const indices = savedTensor(saved, 0);
    const { shape, rank } = savedTensor(saved, 1);
    const each = (): Tensor => gatherND(only(dy), asRows(indices));
    return {
      sparseIndices: none(indices),
      sparseValues: () => (rank === 0 ? sum(each()) : reshape(each(), [...shape])),
      defaultValue: () => sub(sum(only(dy)), sum(each())),
    };
  },
};

/** Indices `[n, rank]`; those of a single axis may come as `[n]` or as one number. */
function asRows(indices: Tensor): Tensor {
  return indices.rank === 2 ? indices : reshape(indices, [indices.size, 1]);
}

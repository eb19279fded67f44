import { abs, cast, complex, fill, neg, softmax, type Tensor, transpose } from "@tensorflow/tfjs-core";
import { checkDim } from "../shape/sizes.ts";
import { mapLeaves } from "../tree/map.ts";
import type { DictNode } from "../tree/node.ts";
import { absComplex, negComplex } from "./complex.ts";
import { dtypeInvalid, leafDtype } from "./errors.ts";
import { mapNumbers } from "./leafwise.ts";
import { asFloat, asNumbers, castTo } from "./numbers.ts";

const DTYPES = ["float32", "int32", "bool", "complex64"] as const;

/** The negative of numbers of any dtype. */
export function negative(tensor: Tensor): Tensor {
  return tensor.dtype === "complex64" ? negComplex(tensor) : neg(asNumbers(tensor));
}

/** The absolute value of numbers of any dtype. */
export function magnitude(tensor: Tensor): Tensor {
  return tensor.dtype === "complex64" ? absComplex(tensor) : abs(asNumbers(tensor));
}

/** Every tensor of numbers cast to a dtype. */
export function castLeaves(root: DictNode, dtype: unknown): DictNode {
  const wanted = DTYPES.find((name) => name === dtype);
  if (wanted === undefined) throw dtypeInvalid(dtype);
  return mapLeaves(root, root.batchSize, (tensor, path) => {
    if (tensor.dtype === "string") return tensor;
    if (tensor.dtype === "complex64" && (wanted === "float32" || wanted === "int32")) {
      throw leafDtype("to", path, tensor.dtype);
    }
    return castTo(tensor, wanted);
  });
}

/** Softmax along a batch dim. */
export function softmaxLeaves(root: DictNode, dim: number): DictNode {
  const at = checkDim("softmax", dim, root.batchSize.length);
  return mapNumbers("softmax", root, (tensor, path) => {
    if (tensor.dtype === "complex64") throw leafDtype("softmax", path, tensor.dtype);
    const order = tensor.shape.map((_, i) => (i === at ? tensor.rank - 1 : i === tensor.rank - 1 ? at : i));
    return transpose(softmax(transpose(asFloat(tensor), order)), order);
  });
}

/** One number in every tensor of numbers. */
export function fillLeaves(root: DictNode, value: number): DictNode {
  return mapLeaves(root, root.batchSize, (tensor) => {
    if (tensor.dtype === "string") return tensor;
    const { shape, dtype } = tensor;
    if (dtype === "complex64") return complex(fill(shape, value), fill(shape, 0));
    return dtype === "bool" ? cast(fill(shape, value, "int32"), "bool") : fill(shape, value, dtype);
  });
}

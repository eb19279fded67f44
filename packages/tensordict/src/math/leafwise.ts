import { broadcastTo, reshape, type Tensor } from "@tensorflow/tfjs-core";
import { changeBatch } from "../shape/change.ts";
import { broadcastSizes } from "../shape/sizes.ts";
import { expanded } from "../shape/rearrange.ts";
import { isHookdictError } from "../errors/base.ts";
import { find } from "../tree/keys.ts";
import { freeNode, requireLive } from "../tree/lifetime.ts";
import { mapLeaves, requireSameKeys } from "../tree/map.ts";
import { type AnyTensorDict, type DictNode, isTensorDict, sameSizes } from "../tree/node.ts";
import { isTensor } from "../values/structure.ts";
import { COMPLEX, combineComplex } from "./complex.ts";
import { leafDtype, leafFailed, operandInvalid, operandShape } from "./errors.ts";
import { asNumbers, numberFor } from "./numbers.ts";

/**
 * What a leaf is combined with: a number; a tensor, whose dims are batch dims (it holds for all dims after the batch);
 * or the leaf at the same key.
 */
export type Operand = number | Tensor | AnyTensorDict;

/** An operation of TensorFlow.js on two tensors. */
export type BinaryOp = (a: Tensor, b: Tensor) => Tensor;

/** The same tree with every tensor combined with an operand. */
export function combineLeaves(action: string, root: DictNode, operand: Operand, op: BinaryOp): DictNode {
  if (isTensor(operand)) return combineBatch(action, root, operand, op);
  if (isTensorDict(operand)) {
    requireSameKeys(action, root, requireLive(operand.dictNode, action));
    return mapNumbers(action, root, (tensor, path) =>
      combined(action, path, tensor, find(operand.dictNode, path)?.value as Tensor, op),
    ); // the keys are the same
  }
  if (typeof operand !== "number") throw operandInvalid(action, operand);
  const isFraction = action === "pow" && operand < 0; // also of whole numbers
  return mapNumbers(action, root, (tensor, path) =>
    combined(action, path, tensor, numberFor(isFraction ? "float32" : tensor.dtype, operand), op),
  );
}

/** A tensor is aligned with the batch dims as PyTorch broadcasts: the batch may grow to what both make together. */
function combineBatch(action: string, root: DictNode, operand: Tensor, op: BinaryOp): DictNode {
  if (operand.isDisposed || operand.dtype === "string") throw operandInvalid(action, operand);
  const { batchSize } = root;
  const wide = broadcastSizes(batchSize, operand.shape);
  if (wide === undefined) throw operandShape(action, operand.shape, batchSize);
  const grown = sameSizes(wide, batchSize) ? root : changeBatch(root, expanded(batchSize, wide));
  try {
    return mapNumbers(action, grown, (tensor, path) => {
      const features = tensor.shape.slice(wide.length).map(() => 1);
      return combined(action, path, tensor, reshape(operand, [...operand.shape, ...features]), op);
    });
  } finally {
    if (grown !== root) freeNode(grown);
  }
}

function combined(action: string, path: readonly string[], a: Tensor, b: Tensor, op: BinaryOp): Tensor {
  if (b.dtype === "string") throw leafDtype(action, path, b.dtype);
  if (a.dtype !== "complex64" && b.dtype !== "complex64") return inFewDims(asNumbers(a), asNumbers(b), op);
  const complexOp = COMPLEX[action];
  if (complexOp !== undefined) return combineComplex(complexOp, a, b);
  if (action === "eq" || action === "ne") return op(a, b);
  throw leafDtype(action, path, "complex64");
}

/** Most dims that every backend broadcasts: wasm's kernels give memory for more. */
const MOST_DIMS = 6;

/** An operation on two tensors, of more dims than kernels know as on lists. */
function inFewDims(a: Tensor, b: Tensor, op: BinaryOp): Tensor {
  const shape = Math.max(a.rank, b.rank) > MOST_DIMS ? broadcastSizes(a.shape, b.shape) : undefined;
  if (shape === undefined) return op(a, b);
  const flat = (tensor: Tensor): Tensor =>
    reshape(
      broadcastTo(reshape(tensor, [...shape.slice(tensor.rank).map(() => 1), ...tensor.shape]), [...shape]),
      [-1],
    );
  return reshape(op(flat(a), flat(b)), [...shape]);
}

/** The same tree with every tensor replaced; an error names the key. */
export function mapNumbers(
  action: string,
  root: DictNode,
  op: (tensor: Tensor, path: readonly string[]) => Tensor,
): DictNode {
  return mapLeaves(root, root.batchSize, (tensor, path) => numeric(action, tensor, path, op));
}

/** What an operation makes of a leaf that holds numbers; an error names the key. */
export function numeric(
  action: string,
  tensor: Tensor,
  path: readonly string[],
  op: (tensor: Tensor, path: readonly string[]) => Tensor,
): Tensor {
  if (tensor.dtype === "string") throw leafDtype(action, path, tensor.dtype);
  try {
    return op(tensor, path);
  } catch (cause) {
    throw isHookdictError(cause) ? cause : leafFailed(action, path, cause);
  }
}

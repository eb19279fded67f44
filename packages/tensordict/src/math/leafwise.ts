import { cast, scalar, Tensor } from "@tensorflow/tfjs-core";
import { leafDtype, leafFailed } from "./errors.ts";
import { find } from "../tree/lookup.ts";
import { type AnyTensorDict, type DictNode, isTensorDict } from "../tree/node.ts";
import { mapLeaves, requireSameKeys } from "../tree/map.ts";

/** What a leaf is combined with: a number, a tensor that is broadcast against it, or the leaf at the same key. */
export type Operand = number | Tensor | AnyTensorDict;

/** An operation of TensorFlow.js on two tensors. */
export type BinaryOp = (a: Tensor, b: Tensor) => Tensor;

/** The same tree with every tensor combined with an operand. */
export function combineLeaves(action: string, root: DictNode, operand: Operand, op: BinaryOp): DictNode {
  if (isTensorDict(operand)) requireSameKeys(action, root, operand.dictNode);
  return mapNumbers(action, root, (tensor, path) => op(tensor, operandFor(tensor, path, operand)));
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
    throw leafFailed(action, path, cause);
  }
}

function operandFor(tensor: Tensor, path: readonly string[], operand: Operand): Tensor {
  if (typeof operand === "number") return numberFor(tensor, operand);
  return operand instanceof Tensor ? operand : (find(operand.dictNode, path)?.value as Tensor); // the keys are the same
}

/** Whole numbers leave whole numbers whole, where TensorFlow.js would make them float32. */
function numberFor(tensor: Tensor, value: number): Tensor {
  const isWhole = tensor.dtype === "int32" || tensor.dtype === "bool";
  return scalar(value, isWhole && Number.isInteger(value) ? "int32" : "float32");
}

/** A tensor as numbers that can be divided: TensorFlow.js would divide two int32 tensors to a whole number. */
export function asFloat(tensor: Tensor): Tensor {
  return tensor.dtype === "int32" || tensor.dtype === "bool" ? cast(tensor, "float32") : tensor;
}

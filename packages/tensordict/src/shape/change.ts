import {
  complex,
  engine,
  imag,
  real,
  reshape,
  tensor as makeTensor,
  type Tensor,
} from "@tensorflow/tfjs-core";
import type { DictNode } from "../tree/node.ts";
import { NonTensor } from "../values/non-tensor.ts";
import { mapLeaves } from "../tree/map.ts";
import { elementCount, mapIndices, positionOf } from "./sizes.ts";

/** What an operation does to the leading dims that all leaves share. */
export interface BatchChange {
  readonly batchSize: readonly number[];
  /** Does it to a numeric tensor. */
  readonly tensor: (tensor: Tensor) => Tensor;
  /** Where the element at an index of the new batch was in the old one. */
  readonly from: (index: readonly number[]) => readonly number[];
}

/** The same tree with the batch dims of every leaf changed. */
export function changeBatch(root: DictNode, change: BatchChange): DictNode {
  const batchSize = Object.freeze([...change.batchSize]);
  const old = root.batchSize;
  // Only what is no number is moved element by element, so only then the positions are needed.
  let known: readonly number[] | undefined;
  const positions = (): readonly number[] =>
    (known ??= mapIndices(batchSize, (index) => positionOf(old, change.from(index))));
  return mapLeaves(
    root,
    batchSize,
    (tensor) =>
      tensor.dtype === "string"
        ? pickStrings(tensor, old.length, batchSize, positions())
        : throughParts(tensor, change.tensor),
    (leaf) => (leaf.shape === null ? leaf : pickValues(leaf, leaf.shape, old.length, batchSize, positions())),
  );
}

/** Applies `change` to a tensor; to both parts of a complex one, for which most kernels do not exist. */
export function throughParts(tensor: Tensor, change: (tensor: Tensor) => Tensor): Tensor {
  if (tensor.dtype !== "complex64") return change(tensor);
  const [re, im] = partsOf(tensor);
  return complex(change(re), change(im));
}

/** Real and imaginary part. tfjs-core's `reshape` changes the shape of parts that other tensors share, so it is set. */
export function partsOf(tensor: Tensor): [re: Tensor, im: Tensor] {
  return [reshape(real(tensor), tensor.shape), reshape(imag(tensor), tensor.shape)];
}

/** The elements of a string tensor, as bytes: not every text is valid UTF-8. */
export function stringsOf(tensor: Tensor): readonly Uint8Array[] {
  return engine().readSync(tensor.dataId) as Uint8Array[]; // what tfjs-core gives for dtype string
}

export function stringTensor(items: readonly Uint8Array[], shape: readonly number[]): Tensor {
  return makeTensor(items as Uint8Array[], [...shape], "string"); // tfjs-core takes strings as bytes too
}

/** A leaf of one value per element; where no dims are left, of one value. */
export function valuesLeaf(shape: readonly number[], items: readonly unknown[]): NonTensor {
  return new NonTensor(shape.length === 0 ? null : Object.freeze([...shape]), Object.freeze([...items]));
}

function pickStrings(
  tensor: Tensor,
  dims: number,
  batchSize: readonly number[],
  positions: readonly number[],
): Tensor {
  const rest = tensor.shape.slice(dims);
  return stringTensor(pickBlocks(stringsOf(tensor), elementCount(rest), positions), [...batchSize, ...rest]);
}

function pickValues(
  leaf: NonTensor,
  shape: readonly number[],
  dims: number,
  batchSize: readonly number[],
  positions: readonly number[],
): NonTensor {
  const rest = shape.slice(dims);
  return valuesLeaf([...batchSize, ...rest], pickBlocks(leaf.items, elementCount(rest), positions));
}

/** Blocks of `size` items, by their positions. */
function pickBlocks<T>(items: readonly T[], size: number, positions: readonly number[]): T[] {
  return positions.flatMap((position) => items.slice(position * size, (position + 1) * size));
}

import type { Tensor } from "@tensorflow/tfjs-core";
import type { AnyTensorDict, DictNode } from "./tree/node.ts";
import { type BatchChange, changeBatch } from "./shape/change.ts";
import { chooseNode } from "./shape/choose.ts";
import { chunkNode, splitNode, unbindNode } from "./shape/part.ts";
import {
  expanded,
  flattened,
  permuted,
  reshaped,
  squeezed,
  transposed,
  unflattened,
  unsqueezed,
} from "./shape/rearrange.ts";
import { type IndexPart, type NestedList, takeAlong, takeMasked, takeParts } from "./shape/select.ts";
import { StructuredTensorDict } from "./structured.ts";
import type { TensorDict } from "./tensordict.ts";
import type { AnyRank } from "./types.ts";

/**
 * The part of a TensorDict that works on its batch dims: what each method does, it does to the leading dims that all
 * leaves share, and the dims after them stay as they are. Values that are no tensors go along: one value for the whole
 * batch stays that, one value per element is picked, moved and repeated with its element. Not for use by itself.
 *
 * **Ownership:** every method borrows this and returns owned.
 */
export abstract class ShapedTensorDict<S extends object> extends StructuredTensorDict<S> {
  #changed(action: string, change: (batchSize: readonly number[]) => BatchChange): TensorDict<AnyRank<S>> {
    const node = this.node(action);
    return this.wrap(changeBatch(node, change(node.batchSize)));
  }

  #parts(nodes: readonly DictNode[]): TensorDict<AnyRank<S>>[] {
    return nodes.map((node) => this.wrap(node));
  }

  /**
   * What lies at an index of the first batch dims, one argument per dim: a number drops the dim, a range
   * `{ from, to, step }` or a list of indices keeps it. Negative indices count from the end.
   *
   * @throws ShapeError `INDEX_RANGE`, `INDEX_COUNT`; UsageError `RANGE_STEP`.
   * @example no-run
   * td.at(0);
   * td.at({ from: 1 }, [2, 0]);
   */
  at(...parts: readonly IndexPart[]): TensorDict<AnyRank<S>> {
    return this.#changed("at", (batchSize) => takeParts(batchSize, parts));
  }

  /** Elements `from` to before `to` of the first batch dim, every `step`th. @throws as `at`. */
  slice(from: number, to: number = Infinity, step = 1): TensorDict<AnyRank<S>> {
    return this.#changed("slice", (batchSize) => takeParts(batchSize, [{ from, to, step }]));
  }

  /**
   * The elements where a mask over the first batch dims is true, along one dim.
   *
   * @param mask Booleans as nested lists or a bool tensor, which is read with `dataSync`.
   * @throws ShapeError `MASK_SHAPE`.
   */
  mask(mask: Tensor | NestedList<boolean>): TensorDict<AnyRank<S>> {
    return this.#changed("mask", (batchSize) => takeMasked(batchSize, mask));
  }

  /**
   * `torch.gather` over the batch dims: the batch size becomes the index's shape, and an element comes from the same
   * place except that its `dim` is what the index says.
   *
   * @param index As many dims as the batch: nested lists or an int32 tensor, which is read with `dataSync`.
   * @throws ShapeError `GATHER_INDEX`, `INDEX_RANGE`, `DIM_RANGE`.
   */
  gather(dim: number, index: Tensor | NestedList<number>): TensorDict<AnyRank<S>> {
    return this.#changed("gather", (batchSize) => takeAlong(batchSize, dim, index));
  }

  /** Other batch dims over as many elements; one size may be -1. @throws ShapeError `RESHAPE_SIZE`. */
  reshape(batchSize: readonly number[]): TensorDict<AnyRank<S>> {
    return this.#changed("reshape", (old) => reshaped(old, batchSize));
  }

  /** Batch dims `start` to `end` merged into one. @throws ShapeError `DIM_RANGE`. */
  flatten(start = 0, end = -1): TensorDict<AnyRank<S>> {
    return this.#changed("flatten", (batchSize) => flattened(batchSize, start, end));
  }

  /** One batch dim taken apart: the reverse of `flatten`. @throws ShapeError `RESHAPE_SIZE`, `DIM_RANGE`. */
  unflatten(dim: number, sizes: readonly number[]): TensorDict<AnyRank<S>> {
    return this.#changed("unflatten", (batchSize) => unflattened(batchSize, dim, sizes));
  }

  /** A batch dim of size 1 more. @throws ShapeError `DIM_RANGE`. */
  unsqueeze(dim: number): TensorDict<AnyRank<S>> {
    return this.#changed("unsqueeze", (batchSize) => unsqueezed(batchSize, dim));
  }

  /** Without the batch dim, or without all batch dims, of size 1. Other sizes stay. @throws ShapeError `DIM_RANGE`. */
  squeeze(dim?: number): TensorDict<AnyRank<S>> {
    return this.#changed("squeeze", (batchSize) => squeezed(batchSize, dim));
  }

  /** Two batch dims swapped. @throws ShapeError `DIM_RANGE`. */
  transpose(first: number, second: number): TensorDict<AnyRank<S>> {
    return this.#changed("transpose", (batchSize) => transposed(batchSize, first, second));
  }

  /** The batch dims in another order. @throws ShapeError `PERMUTE_DIMS`, `DIM_RANGE`. */
  permute(dims: readonly number[]): TensorDict<AnyRank<S>> {
    return this.#changed("permute", (batchSize) => permuted(batchSize, dims));
  }

  /** Dims of size 1 repeated, and new dims in front; -1 keeps a size. @throws ShapeError `EXPAND_SIZE`. */
  expand(batchSize: readonly number[]): TensorDict<AnyRank<S>> {
    return this.#changed("expand", (old) => expanded(old, batchSize));
  }

  /**
   * Parts along a batch dim: of one size (the last may be smaller), or of the sizes listed.
   *
   * @throws ShapeError `SPLIT_SIZES`, `DIM_RANGE`.
   */
  split(sizes: number | readonly number[], dim = 0): TensorDict<AnyRank<S>>[] {
    return this.#parts(splitNode(this.node("split"), sizes, dim));
  }

  /** At most `count` parts of equal size along a batch dim. @throws as `split`. */
  chunk(count: number, dim = 0): TensorDict<AnyRank<S>>[] {
    return this.#parts(chunkNode(this.node("chunk"), count, dim));
  }

  /** One TensorDict per index of a batch dim, without that dim: the reverse of `stack`. @throws as `split`. */
  unbind(dim = 0): TensorDict<AnyRank<S>>[] {
    return this.#parts(unbindNode(this.node("unbind"), dim));
  }

  /**
   * The elements of this where `condition` is true, and of `other` where it is false.
   *
   * @param condition Bool, of the batch size.
   * @param other A TensorDict with the same keys, dtypes and shapes, or a number (which strings and values that are no
   * tensors ignore).
   * @throws ShapeError `MASK_SHAPE`, `SHAPES_DIFFER`; KeyError `KEYS_DIFFER`.
   */
  where(condition: Tensor, other: AnyTensorDict | number): TensorDict<AnyRank<S>> {
    const node = this.node("where");
    return this.wrap(chooseNode(node, condition, typeof other === "number" ? other : other.dictNode));
  }
}

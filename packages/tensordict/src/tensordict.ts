import { type AnyTensorDict, type DictNode, isTensorDict as hasBrand } from "./tree/node.ts";
import { StoredTensorDict } from "./stored.ts";
import { showAsText } from "./text/inspect.ts";
import { LazyStack } from "./shape/lazy-stack.ts";
import type { SourceLocation } from "./io/location.ts";
import { openSaved, type SavedTensorDict } from "./file/saved.ts";
import { type HostTensorDict, hostToNode } from "./host/host.ts";
import { catNodes, stackNodes } from "./shape/join.ts";
import type { TensorDictOptions } from "./tree/start.ts";
import type { AnyRank, Content, OpenSchema, SchemaFrom } from "./types.ts";

/**
 * Tensors (and other values) under nested keys, with the leading dims that all of them share.
 *
 * **Ownership:** takes what is stored in it; `get` borrows it to you; disposing frees it. In a `using` block that
 * happens at the end.
 *
 * @typeParam S What lies under which key, such as `{ obs: Tensor2D; next: TensorDict<{ obs: Tensor2D }> }`. Open unless
 * given: any key, any value.
 * @example
 * using td = new TensorDict({ obs: tf.zeros([3, 4]), next: { obs: tf.ones([3, 4]) } }, { batchSize: [3] });
 * td.get(["next", "obs"]).shape; // => [3, 4]
 */
export class TensorDict<S extends object = OpenSchema> extends StoredTensorDict<S> {
  static {
    showAsText(this);
  }

  /**
   * **Ownership:** takes the values of `content`, as `set` does. When it throws, nothing is taken.
   *
   * @throws UsageError `CONTENT_INVALID`, `BATCH_SIZE_INVALID`, and whatever `set` throws.
   */
  // oxlint-disable-next-line no-useless-constructor -- it narrows what the content may be
  constructor(content?: NoInfer<Content<S>>, options?: TensorDictOptions) {
    super(content, options);
  }

  /**
   * A TensorDict with the schema of its content, so that keys and values are checked by the compiler from here on.
   *
   * @example
   * using td = TensorDict.of({ obs: tf.zeros([3]) as tf.Tensor1D });
   * td.get("obs"); // a Tensor1D; td.get("ob") does not compile
   */
  static of<const R extends object>(content: R, options?: TensorDictOptions): TensorDict<SchemaFrom<R>> {
    return new TensorDict<SchemaFrom<R>>(content as Content<SchemaFrom<R>>, options); // the schema is the content's
  }

  /**
   * The dicts along a new batch dim. They need the same keys (the first's order counts), dtypes and shapes. A value
   * that is no tensor becomes a list with one value per dict.
   *
   * **Ownership:** borrows; returns owned.
   *
   * @throws KeyError `KEYS_DIFFER`; ShapeError `SHAPES_DIFFER`, `DIM_RANGE`; UsageError `NOTHING_TO_JOIN`.
   */
  static stack<S extends object>(dicts: readonly TensorDict<S>[], dim = 0): TensorDict<AnyRank<S>> {
    return wrapNode(stackNodes(dicts.map(nodeOf), dim));
  }

  /**
   * The dicts one after the other along a batch dim. A value that is no tensor and the same in all stays one value.
   *
   * **Ownership:** borrows; returns owned.
   *
   * @throws as `stack`.
   */
  static cat<S extends object>(dicts: readonly TensorDict<S>[], dim = 0): TensorDict<AnyRank<S>> {
    return wrapNode(catNodes(dicts.map(nodeOf), dim));
  }

  /**
   * The dicts along a new batch dim as they are: keys, dtypes and shapes may differ, and nothing is copied.
   *
   * **Ownership:** takes the dicts; returns owned.
   *
   * @throws ShapeError `SHAPES_DIFFER` when batch sizes differ, `DIM_RANGE`; UsageError `NOTHING_TO_JOIN`.
   */
  static lazyStack<S extends object>(dicts: readonly TensorDict<S>[], dim = 0): LazyStack<S> {
    return new LazyStack(dicts, dim, wrapNode);
  }

  /**
   * `stack` where the dicts have the same keys, dtypes and shapes, `lazyStack` where they do not.
   *
   * **Ownership:** takes the dicts in both cases; returns owned.
   *
   * @throws as `lazyStack`.
   */
  static maybeDenseStack<S extends object>(
    dicts: readonly TensorDict<S>[],
    dim = 0,
  ): TensorDict<AnyRank<S>> | LazyStack<S> {
    const lazy = TensorDict.lazyStack(dicts, dim);
    return lazy.isDense ? lazy.run((all) => all.dense()) : lazy;
  }

  /** A host copy on the current backend. **Ownership:** borrows; returns owned. @throws ShapeError `BATCH_MISMATCH`. */
  static fromHost(host: HostTensorDict): TensorDict {
    return wrapNode(hostToNode(host));
  }

  /**
   * Reads a whole safetensors file: what `save` has written, or one level of the tensors of any other.
   *
   * **Ownership:** returns owned.
   *
   * @param from A path on disk (Node), a URL, a `File` or `Blob`, bytes, or a source of one's own.
   * @throws FormatError naming the file and what is wrong with it; nothing is read before all of that is checked.
   */
  static async load(from: SourceLocation): Promise<TensorDict> {
    await using saved = await TensorDict.open(from);
    return await saved.load();
  }

  /** Opens a safetensors file to read by key. **Ownership:** close what it returns. @throws as `load`. */
  static async open(from: SourceLocation): Promise<SavedTensorDict> {
    return openSaved(from, wrapNode);
  }

  protected override wrap<T extends object>(node: DictNode): TensorDict<T> {
    return wrapNode(node);
  }
}

/** A node's TensorDict is always of this class; what its schema is, the caller knows. */
function wrapNode<T extends object>(node: DictNode): TensorDict<T> {
  return (node.facade ?? new TensorDict(node as never)) as TensorDict<T>;
}

function nodeOf({ dictNode }: AnyTensorDict): DictNode {
  return dictNode;
}

/** Whether `value` is a TensorDict, also of another copy of the package. */
export function isTensorDict(value: unknown): value is TensorDict {
  return hasBrand(value);
}

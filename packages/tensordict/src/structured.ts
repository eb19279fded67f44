import type { Tensor } from "@tensorflow/tfjs-core";
import { autoBatchSize } from "./shape/batch.ts";
import { TensorDictContainer } from "./container.ts";
import { flattenNode, unflattenNode } from "./tree/flatten.ts";
import { type Key, pathKey } from "./tree/keys.ts";
import type { AnyTensorDict } from "./tree/node.ts";
import { type PickOptions, pickNode } from "./tree/pick.ts";
import { renameKey } from "./tree/rename.ts";
import { checkBatchSize } from "./tree/start.ts";
import { applyLeaves, type LeafFunction, mapEntries, mapLeaves } from "./tree/map.ts";
import type { TensorDict } from "./tensordict.ts";
import { bytesOf, formatNode, nodeToJson } from "./text.ts";
import type { AnyRank, Changes, OpenKey, OpenSchema, Selected, TypedKey } from "./types.ts";
import { updateNode } from "./tree/update.ts";

/** Options of `map` and `apply`. */
export interface MapOptions {
  /** Batch size of the result. Default that of the source. */
  readonly batchSize?: readonly number[];
}

/** The part of a TensorDict that works on its tree. Not for use by itself. */
export abstract class StructuredTensorDict<S extends object> extends TensorDictContainer<S> {
  /**
   * Merges values in, all or none: nested levels are merged, leaves replaced.
   *
   * **Ownership:** takes the tensors of records, borrows TensorDicts (their leaves are shared).
   *
   * @throws like `set`; every mismatch is reported together.
   * @example
   * td.update({ reward: tensor, next: { obs: other } });
   */
  update(values: Changes<S> | AnyTensorDict): this {
    updateNode(this.dictNode, values);
    return this;
  }

  /**
   * The part under some keys, or under keys that match globs: one glob per level, `**` for any number of levels. Inside a
   * name, dots separate segments as in paths of sites. A key that is there means itself.
   *
   * **Ownership:** borrows this; returns owned. Tensors are shared.
   *
   * @throws KeyError `KEY_UNMATCHED` unless the last argument is `{ strict: false }`.
   * @example
   * cache.select(["fwd", "blocks.*.hook_resid_pre"], "metric");
   */
  select<const P extends readonly TypedKey<S>[]>(...keys: P): TensorDict<Selected<S, P[number]>>;
  select(...keys: readonly OpenKey<S>[]): TensorDict;
  select(...keys: readonly [...OpenKey<S>[], PickOptions]): TensorDict;
  select(...keys: readonly unknown[]): unknown {
    return this.wrap(pickNode(this.node("select"), ...splitOptions(keys, true)));
  }

  /** All but what `select` would take. **Ownership** and errors as there. */
  exclude(...keys: readonly TypedKey<S>[]): TensorDict;
  exclude(...keys: readonly OpenKey<S>[]): TensorDict;
  exclude(...keys: readonly [...OpenKey<S>[], PickOptions]): TensorDict;
  exclude(...keys: readonly unknown[]): TensorDict {
    return this.wrap(pickNode(this.node("exclude"), ...splitOptions(keys, false)));
  }

  /**
   * One level: the names that lead to each leaf, joined. A nested TensorDict without leaves leaves nothing.
   *
   * **Ownership:** borrows this; returns owned. Tensors are shared.
   *
   * @throws KeyError `KEY_COLLISION`.
   * @example
   * new TensorDict({ a: { b: 1 } }).flattenKeys().keys(); // => ["a.b"]
   */
  flattenKeys(separator = "."): TensorDict {
    return this.wrap(flattenNode(this.node("flattenKeys"), separator));
  }

  /** The reverse of `flattenKeys`: names of this level become nested ones. @throws KeyError `KEY_COLLISION`. */
  unflattenKeys(separator = "."): TensorDict {
    return this.wrap(unflattenNode(this.node("unflattenKeys"), separator));
  }

  /**
   * Moves a value to another key, where it comes last.
   *
   * @throws KeyError `KEY_COLLISION` when something is there, and what `get` and `set` throw.
   */
  renameKey(from: OpenKey<S>, to: OpenKey<S>): this {
    renameKey(this.dictNode, from, to);
    return this;
  }

  /**
   * The same tree with every tensor replaced; other values stay.
   *
   * **Ownership:** `fn` borrows the tensor, what it returns is taken, what else it makes is freed. Returns owned.
   *
   * @throws ShapeError `BATCH_MISMATCH` when a result does not begin with the batch size.
   * @example
   * td.map((tensor) => tf.mul(tensor, 2));
   */
  map(fn: (tensor: Tensor, key: Key) => Tensor, options: MapOptions = {}): TensorDict<AnyRank<S>> {
    const node = this.node("map");
    const size = options.batchSize === undefined ? node.batchSize : checkBatchSize(options.batchSize);
    return this.wrap(mapLeaves(node, size, (tensor, path) => fn(tensor, pathKey(path))));
  }

  /**
   * A tree of what `fn` makes of every leaf, tensor or not; `undefined` leaves it out.
   *
   * **Ownership:** as in `map`.
   */
  mapEntries(fn: (key: Key, value: unknown) => unknown): TensorDict {
    return this.wrap(mapEntries(this.node("mapEntries"), fn, (value) => this.show(value)));
  }

  /**
   * Every tensor together with those at the same keys of other TensorDicts; other values are those of this one.
   *
   * **Ownership:** borrows all; as in `map`.
   *
   * @throws KeyError `KEYS_DIFFER`.
   * @example
   * clean.apply((a, key, b) => tf.sub(a, b), corrupt);
   */
  apply(fn: LeafFunction, ...others: readonly AnyTensorDict[]): TensorDict<AnyRank<S>> {
    const node = this.node("apply");
    const nodes = others.map((other) => other.dictNode);
    return this.wrap(applyLeaves(node, nodes, node.batchSize, fn));
  }

  /** The same TensorDict, with keys and values that the compiler does not check. */
  asOpen(): TensorDict<OpenSchema> {
    return this.wrap(this.dictNode);
  }

  /** Makes the batch size, here and below, all leading dims that the leaves share, at most `mostDims`. */
  autoBatchSize(mostDims: number = Infinity): this {
    autoBatchSize(this.dictNode, mostDims);
    return this;
  }

  /** Bytes of the distinct tensors' data; strings count as nothing. */
  get bytes(): number {
    return bytesOf(this.node("bytes"));
  }

  /** The tree on one screen: keys, dtypes, shapes, bytes. */
  override toString(): string {
    return formatNode(this.dictNode);
  }

  /** Batch sizes, dtypes, shapes and plain values, for `JSON.stringify`. Numbers come from `await td.data()`. */
  toJSON(): Record<string, unknown> {
    return nodeToJson(this.node("toJSON"));
  }
}

function splitOptions(
  keys: readonly unknown[],
  keep: boolean,
): readonly [readonly Key[], boolean, PickOptions] {
  const last = keys.at(-1);
  const hasOptions = typeof last === "object" && !Array.isArray(last);
  const named = hasOptions ? keys.slice(0, -1) : keys;
  return [named as readonly Key[], keep, hasOptions ? (last as PickOptions) : {}]; // told apart by the line above
}

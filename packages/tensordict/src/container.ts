import type { Tensor } from "@tensorflow/tfjs-core";
import { dictDisposed, disposeNested, runAsync } from "./tree/errors.ts";
import { setBatchSize } from "./shape/batch.ts";
import { startNode, type TensorDictOptions } from "./tree/start.ts";
import { type EntryOptions, listEntries } from "./tree/entries.ts";
import type { Key } from "./tree/keys.ts";
import { lockNode, unlockNode } from "./tree/lock.ts";
import { find, require } from "./tree/lookup.ts";
import {
  type AnyTensorDict,
  type DictNode,
  isNode,
  type NodeValue,
  pathOf,
  TENSOR_DICT,
} from "./tree/node.ts";
import { isNonTensor } from "./non-tensor.ts";
import { cloneNode, freeNode } from "./tree/ownership.ts";
import type { TensorDict } from "./tensordict.ts";
import type { OpenKey, OptionalKey, SettableAt, TypedKey, ValueAt } from "./types.ts";
import { remove, takeOut, write } from "./tree/write.ts";

/** The part of a TensorDict that stores, lends, hands out and frees. Not for use by itself. */
export abstract class TensorDictContainer<S extends object> implements AnyTensorDict {
  static {
    Object.defineProperty(TensorDictContainer.prototype, TENSOR_DICT, { value: true });
  }

  /** @internal */
  readonly dictNode: DictNode;

  constructor(content: unknown, options: TensorDictOptions | undefined) {
    this.dictNode = startNode(content, options);
    this.dictNode.facade = this;
  }

  /** The TensorDict of a node; always the same one. */
  protected abstract wrap<T extends object>(node: DictNode): TensorDict<T>;

  /** The node, for an action that a disposed TensorDict refuses. */
  protected node(action: string): DictNode {
    if (this.dictNode.disposed) throw dictDisposed(action);
    return this.dictNode;
  }

  /** What a user gets for a stored value. */
  protected show(value: NodeValue): unknown {
    if (isNode(value)) return this.wrap(value);
    return isNonTensor(value) ? value.value : value;
  }

  /**
   * What lies under a key: a tensor, a nested TensorDict, or the value of a non-tensor leaf.
   *
   * **Ownership:** borrows it to you, for as long as it is in the TensorDict.
   *
   * @throws KeyError `KEY_MISSING`, `KEY_THROUGH_LEAF`, `KEY_INVALID`; LifetimeError `DICT_DISPOSED`, `LEAF_DISPOSED`.
   * @example
   * const td = new TensorDict({ next: { reward: scalar(3) } });
   * td.get(["next", "reward"]).dataSync(); // => [3]
   * td.get("mask", null); // => null
   */
  get<const P extends TypedKey<S>>(key: P): ValueAt<S, P>;
  get<const P extends TypedKey<S>, D>(key: P, fallback: D): ValueAt<S, P> | D;
  get<T = Tensor>(key: OpenKey<S>): T;
  get<T = Tensor, D = undefined>(key: OpenKey<S>, fallback: D): T | D;
  get(key: Key, ...fallback: readonly unknown[]): unknown {
    const node = this.node("get");
    const place = fallback.length > 0 ? find(node, key) : require(node, key);
    return place === undefined ? fallback[0] : this.show(place.value);
  }

  /**
   * Stores a value under a key, and frees what was there. Missing levels on the way are made. A record becomes a nested
   * TensorDict; anything that is no tensor, TensorDict or record becomes a non-tensor leaf.
   *
   * **Ownership:** takes the value, also out of the surrounding `tf.tidy`. What a TensorDict owns already is shared
   * instead: this one stores a reference clone. When it throws, nothing is taken and nothing has changed.
   *
   * @throws ShapeError `BATCH_MISMATCH` naming every tensor whose shape does not begin with the batch size; KeyError
   * `KEY_INVALID`, `KEY_THROUGH_LEAF`, `KEY_TOO_DEEP`; UsageError `VALUE_INVALID`, `VALUE_HOLDS_TENSOR`, `DICT_CYCLE`;
   * LifetimeError `DICT_LOCKED`, `DICT_DISPOSED`, `TENSOR_DISPOSED`.
   * @example
   * td.set(["next", "obs"], tensor).set("name", "episode 3");
   */
  set<const P extends TypedKey<S>>(key: P, value: SettableAt<S, P>): this;
  set(key: OpenKey<S>, value: unknown): this;
  set(key: Key, value: unknown): this {
    write(this.dictNode, key, value);
    return this;
  }

  /** Whether something lies under a key. @throws KeyError `KEY_INVALID`; LifetimeError `DICT_DISPOSED`. */
  has(key: Key): boolean {
    return find(this.node("has"), key) !== undefined;
  }

  /** Removes and frees what lies under a key. @throws like `get`, and LifetimeError `DICT_LOCKED`. */
  delete<const P extends OptionalKey<S>>(key: P): this;
  delete(key: OpenKey<S>): this;
  delete(key: Key): this {
    remove(this.dictNode, key, "delete");
    return this;
  }

  /**
   * Removes what lies under a key and hands it out.
   *
   * **Ownership:** returns owned: no scope and no TensorDict frees it any more.
   *
   * @throws like `get` unless there is a fallback, and LifetimeError `DICT_LOCKED`.
   */
  pop<const P extends OptionalKey<S>>(key: P): ValueAt<S, P>;
  pop<const P extends OptionalKey<S>, D>(key: P, fallback: D): ValueAt<S, P> | D;
  pop<T = Tensor>(key: OpenKey<S>): T;
  pop<T = Tensor, D = undefined>(key: OpenKey<S>, fallback: D): T | D;
  pop(key: Key, ...fallback: readonly unknown[]): unknown {
    if (fallback.length > 0 && find(this.node("pop"), key) === undefined) return fallback[0];
    return this.show(takeOut(this.dictNode, key, "pop").value);
  }

  /**
   * Hands out what lies under a key, like `pop`, also when the schema says that it is always there: the way to keep one
   * tensor of a cache that is about to be disposed.
   *
   * **Ownership:** returns owned.
   *
   * @throws like `get`, and LifetimeError `DICT_LOCKED`.
   */
  release<const P extends TypedKey<S>>(key: P): ValueAt<S, P>;
  release<T = Tensor>(key: OpenKey<S>): T;
  release(key: Key): unknown {
    return this.show(takeOut(this.dictNode, key, "release").value);
  }

  /**
   * The keys, in order of insertion: names, or with `nested` also the keys in nested TensorDicts (one name as a string,
   * several as an array, parents before children); `leavesOnly` leaves out the TensorDicts themselves.
   */
  keys(options?: EntryOptions & { readonly nested?: false }): string[];
  keys(options: EntryOptions): Key[];
  keys(options?: EntryOptions): Key[] {
    return listEntries(this.node("keys"), options).map(([key]) => key);
  }

  /** The values in the order of `keys`. **Ownership:** borrows them to you. */
  values(options?: EntryOptions): unknown[] {
    return listEntries(this.node("values"), options).map(([, value]) => this.show(value));
  }

  /** Keys and values in the order of `keys`. **Ownership:** borrows the values to you. */
  entries(options?: EntryOptions & { readonly nested?: false }): [string, unknown][];
  entries(options: EntryOptions): [Key, unknown][];
  entries(options?: EntryOptions): [Key, unknown][] {
    return listEntries(this.node("entries"), options).map(([key, value]) => [key, this.show(value)]);
  }

  /** The entries of this level, as of a `Map`. */
  [Symbol.iterator](): Iterator<[string, unknown]> {
    return this.entries()[Symbol.iterator]();
  }

  /** Number of keys of this level. */
  get size(): number {
    return this.node("size").leaves.size;
  }

  /** Leading dims that all leaves share, outermost first. */
  get batchSize(): readonly number[] {
    return this.node("batchSize").batchSize;
  }

  /**
   * A nested TensorDict with fewer batch dims gets the new batch size too.
   *
   * @throws ShapeError `BATCH_SIZE_CHANGE` naming every leaf that does not begin with it.
   */
  set batchSize(batchSize: readonly number[]) {
    setBatchSize(this.dictNode, batchSize);
  }

  /** Refuses writes from now on, here and in all nested TensorDicts. */
  lock(): this {
    lockNode(this.node("lock"));
    return this;
  }

  /** Allows writes again, here and below. @throws LifetimeError `UNLOCK_NESTED` inside a locked TensorDict. */
  unlock(): this {
    unlockNode(this.node("unlock"));
    return this;
  }

  get isLocked(): boolean {
    return this.dictNode.locked;
  }

  /**
   * The same content under new handles, not locked. Tensors are immutable, so the data are shared: it costs no memory.
   *
   * **Ownership:** borrows this; returns owned.
   */
  clone(): TensorDict<S> {
    return this.wrap(cloneNode(this.node("clone")));
  }

  get isDisposed(): boolean {
    return this.dictNode.disposed;
  }

  /**
   * Frees every tensor in it, locked or not. Disposing twice is nothing.
   *
   * @throws LifetimeError `DISPOSE_NESTED` for one that lies in another.
   */
  dispose(): void {
    const node = this.dictNode;
    if (node.parent !== undefined) throw disposeNested(pathOf(node));
    freeNode(node);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /**
   * Calls `fn` with this TensorDict and disposes it afterwards, also when `fn` throws: a `using` block for where there
   * is none.
   *
   * @throws UsageError `RUN_ASYNC` when `fn` returns a promise.
   */
  run<R>(fn: (td: this) => R): R {
    try {
      const result = fn(this);
      if (result instanceof Promise) throw runAsync();
      return result;
    } finally {
      this.dispose();
    }
  }

  /** Like `run`, for a function that returns a promise: disposes when that is settled. */
  async runAsync<R>(fn: (td: this) => Promise<R>): Promise<R> {
    try {
      return await fn(this);
    } finally {
      this.dispose();
    }
  }
}

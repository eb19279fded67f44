/* oxlint-disable max-lines -- one class is what users see: each method is a line over a free function, its comment the rest */
import { checkArgument, checkOptionNames } from "./values/arguments.ts";
import { showAsText } from "./text/inspect.ts";
import {
  add,
  div,
  greater,
  greaterEqual,
  less,
  lessEqual,
  mul,
  pow,
  sub,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { saveNode } from "./file/save.ts";
import { hostToRecord } from "./host/data.ts";
import { type HostTensorDict, hostToNode, nodeToHost } from "./host/host.ts";
import type { SourceLocation } from "./io/location.ts";
import type { UrlLike } from "./io/platform.ts";
import type { ByteSink } from "./io/source.ts";
import { LazyStack } from "./lazy-stack.ts";
import { castLeaves, fillLeaves, magnitude, negative, softmaxLeaves } from "./math/elementwise.ts";
import { type BinaryOp, combineLeaves, mapNumbers, type Operand } from "./math/leafwise.ts";
import { asFloat, choose, isDifferent, isEqual } from "./math/numbers.ts";
import { type ReduceDims, reduceLeaves, type ReduceOptions } from "./math/reduce.ts";
import { quantileOf, REDUCTIONS, varianceOf, type VarianceOptions } from "./math/reductions.ts";
import { SavedTensorDict } from "./saved.ts";
import { SavedFile } from "./file/saved.ts";
import { autoBatchSize, setBatchSize } from "./shape/batch.ts";
import { type BatchChange, changeBatch } from "./shape/change.ts";
import { assignNode } from "./shape/assign.ts";
import { joinKeys, splitKeys } from "./shape/join-keys.ts";
import { padNode } from "./shape/pad.ts";
import { padSequenceNodes, sequenceMask } from "./shape/pad-sequence.ts";
import { flipped, interleaved, repeated, rolled } from "./shape/repeat.ts";
import { chooseNode } from "./shape/choose.ts";
import { catNodes, stackNodes } from "./shape/join.ts";
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
import type { NestedList } from "./shape/lists.ts";
import { type IndexPart, takeAlong, takeMasked, takeParts } from "./shape/select.ts";
import { type EntryOptions, listEntries } from "./tree/entries.ts";
import { dictExpected } from "./tree/argument-errors.ts";
import { disposeNested, runAsync } from "./tree/errors.ts";
import { flattenNode, unflattenNode } from "./tree/flatten.ts";
import { find, type Key, pathKey, require } from "./tree/keys.ts";
import { cloneNode, freeNode, requireLive } from "./tree/lifetime.ts";
import { lockNode, unlockNode } from "./tree/lock.ts";
import { applyLeaves, type LeafFunction, mapEntries, mapLeaves, requireFunction } from "./tree/map.ts";
import {
  type AnyTensorDict,
  type DictNode,
  isNode,
  isTensorLeaf,
  isTensorDict as hasBrand,
  type NodeValue,
  pathOf,
  TENSOR_DICT,
} from "./tree/node.ts";
import { pickNode, type PickOptions } from "./tree/pick.ts";
import { bytesOf, formatNode, nodeToJson } from "./tree/print.ts";
import { renameKey } from "./tree/rename.ts";
import { optionsOf } from "./tree/options.ts";
import { checkBatchSize, startNode, type TensorDictOptions } from "./tree/start.ts";
import { updateNode } from "./tree/update.ts";
import { remove, takeFrom, takeOut, write } from "./tree/write.ts";
import type {
  AnyRank,
  Changes,
  Content,
  DataOf,
  OpenKey,
  OpenSchema,
  OptionalKey,
  SchemaFrom,
  Selected,
  SettableAt,
  TypedKey,
  ValueAt,
} from "./types.ts";

/** Dtypes that numbers can be cast to. */
export type NumericDtype = "float32" | "int32" | "bool" | "complex64";

/** Options of `map` and `apply`. */
export interface MapOptions {
  /** Batch size of the result. Default that of the source. */
  readonly batchSize?: readonly number[];
}

/**
 * Tensors (and other values) under nested keys, with the leading dims that all of them share.
 *
 * **Ownership:** takes what is stored in it; `get` borrows it to you; disposing frees it. In a `using` block that
 * happens at the end.
 *
 * Shape operations work on the batch dims. Values that are no tensors go along: one value for the whole batch stays
 * that, one value per element is picked, moved and repeated with its element.
 *
 * Arithmetic works leaf by leaf. An operand is a number, a tensor, or a TensorDict with tensors at the same keys. Values
 * that are no tensors stay. **Errors** of it: KeyError `KEYS_DIFFER`; ShapeError `LEAF_DTYPE` for strings, `LEAF_FAILED`
 * naming the key at which TensorFlow.js refuses, `BATCH_MISMATCH` where broadcasting would change the batch dims.
 *
 * @typeParam S What lies under which key, such as `{ obs: Tensor2D; next: TensorDict<{ obs: Tensor2D }> }`. Open unless
 * given: any key, any value.
 * @example
 * using td = new TensorDict({ obs: tf.zeros([3, 4]), next: { obs: tf.ones([3, 4]) } }, { batchSize: [3] });
 * td.get(["next", "obs"]).shape; // => [3, 4]
 */
export class TensorDict<S extends object = OpenSchema> implements AnyTensorDict {
  static {
    Object.defineProperty(TensorDict.prototype, TENSOR_DICT, { value: true });
    showAsText(this);
  }

  /** @internal */
  readonly dictNode: DictNode;

  /**
   * **Ownership:** takes the values of `content`, as `set` does. When it throws, nothing is taken.
   *
   * @throws UsageError `CONTENT_INVALID`, `BATCH_SIZE_INVALID`, and whatever `set` throws.
   */
  constructor(content?: NoInfer<Content<S>>, options?: TensorDictOptions) {
    this.dictNode = startNode(content, options);
    this.dictNode.facade = this;
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
    return wrapNode(stackNodes(nodesOf("stack", dicts), dim));
  }

  /**
   * The dicts one after the other along a batch dim. A value that is no tensor and the same in all stays one value.
   *
   * **Ownership:** borrows; returns owned.
   *
   * @throws as `stack`.
   */
  static cat<S extends object>(dicts: readonly TensorDict<S>[], dim = 0): TensorDict<AnyRank<S>> {
    return wrapNode(catNodes(nodesOf("cat", dicts), dim));
  }

  /**
   * Dicts of different lengths as one batch: each is filled up at the end of one batch dim with `value`, values that are no
   * tensors with `null`, and all are stacked along a new first dim.
   *
   * **Ownership:** borrows; returns owned.
   *
   * @param options.mask Key of a bool tensor of the batch size that says which elements were there. Default none.
   * @throws as `stack` and `pad`.
   * @example
   * using short = new TensorDict({ x: tf.tensor1d([1]) }, { batchSize: [1] });
   * using long = new TensorDict({ x: tf.tensor1d([2, 3]) }, { batchSize: [2] });
   * using batch = TensorDict.padSequence([short, long], { mask: "mask" });
   * batch.get("x").arraySync(); // => [[1, 0], [2, 3]]
   */
  static padSequence(
    dicts: readonly AnyTensorDict[],
    options: { readonly dim?: number; readonly value?: number; readonly mask?: string } = {},
  ): TensorDict {
    checkOptionNames("padSequence", options, ["dim", "value", "mask"]);
    const { dim = 0, value = 0, mask } = options;
    checkArgument("padSequence", "value", value, "a finite number");
    checkArgument("padSequence", "mask", mask, "text?");
    const nodes = nodesOf("padSequence", dicts); // of any schema
    const batch = wrapNode<OpenSchema>(padSequenceNodes(nodes, dim, value));
    return mask === undefined ? batch : batch.set(mask, sequenceMask(nodes, dim, batch.batchSize));
  }

  /**
   * The dicts along a new batch dim as they are: keys, dtypes and shapes may differ, and nothing is copied.
   *
   * **Ownership:** takes the dicts; returns owned.
   *
   * @throws ShapeError `SHAPES_DIFFER` when batch sizes differ, `DIM_RANGE`; UsageError `NOTHING_TO_JOIN`.
   */
  static lazyStack<S extends object>(dicts: readonly TensorDict<S>[], dim = 0): LazyStack<S> {
    nodesOf("lazyStack", dicts);
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
    return lazy.isDense ? lazy.run((stack) => stack.dense()) : lazy;
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
    return new SavedTensorDict(await SavedFile.open(from), wrapNode);
  }

  /** The node, for an action that a disposed TensorDict refuses. */
  #node(action: string): DictNode {
    return requireLive(this.dictNode, action);
  }

  #changed(action: string, change: (batchSize: readonly number[]) => BatchChange): TensorDict<AnyRank<S>> {
    const node = this.#node(action);
    return wrapNode(changeBatch(node, change(node.batchSize)));
  }

  #combined(action: string, operand: Operand, op: BinaryOp): TensorDict<AnyRank<S>> {
    return wrapNode(combineLeaves(action, this.#node(action), operand, op));
  }

  #reduced(
    action: keyof typeof REDUCTIONS,
    dims: ReduceDims | undefined,
    options: ReduceOptions | undefined,
  ): TensorDict<AnyRank<S>> {
    return wrapNode(reduceLeaves(action, this.#node(action), dims, REDUCTIONS[action], options));
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
    const node = this.#node("get");
    const place = fallback.length > 0 ? find(node, key) : require(node, key);
    return place === undefined ? fallback[0] : showValue(place.value);
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
    return find(this.#node("has"), key) !== undefined;
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
    if (fallback.length === 0) return showValue(takeOut(this.dictNode, key, "pop").value);
    const found = find(this.#node("pop"), key);
    return found === undefined ? fallback[0] : showValue(takeFrom(this.dictNode, found, "pop").value);
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
    return showValue(takeOut(this.dictNode, key, "release").value);
  }

  /**
   * The keys, in order of insertion: names, or with `nested` also the keys in nested TensorDicts (one name as a string,
   * several as an array, parents before children); `leavesOnly` leaves out the TensorDicts themselves.
   */
  keys(options?: EntryOptions & { readonly nested?: false }): string[];
  keys(options: EntryOptions): Key[];
  keys(options?: EntryOptions): Key[] {
    return listEntries(this.#node("keys"), options).map(([key]) => key);
  }

  /** The values in the order of `keys`. **Ownership:** borrows them to you. */
  values(options?: EntryOptions): unknown[] {
    return listEntries(this.#node("values"), options).map(([, value]) => showValue(value));
  }

  /** Keys and values in the order of `keys`. **Ownership:** borrows the values to you. */
  entries(options?: EntryOptions & { readonly nested?: false }): [string, unknown][];
  entries(options: EntryOptions): [Key, unknown][];
  entries(options?: EntryOptions): [Key, unknown][] {
    return listEntries(this.#node("entries"), options).map(([key, value]) => [key, showValue(value)]);
  }

  /** The entries of this level, as of a `Map`. */
  [Symbol.iterator](): Iterator<[string, unknown]> {
    return this.entries()[Symbol.iterator]();
  }

  /** Number of keys of this level. */
  get size(): number {
    return this.#node("size").leaves.size;
  }

  /** Leading dims that all leaves share, outermost first. */
  get batchSize(): readonly number[] {
    return this.#node("batchSize").batchSize;
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
    lockNode(this.#node("lock"));
    return this;
  }

  /** Allows writes again, here and below. @throws LifetimeError `UNLOCK_NESTED` inside a locked TensorDict. */
  unlock(): this {
    unlockNode(this.#node("unlock"));
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
    return wrapNode(cloneNode(this.#node("clone")));
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
      checkArgument("run", "fn", fn, "a function");
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
      checkArgument("runAsync", "fn", fn, "a function");
      return await fn(this);
    } finally {
      this.dispose();
    }
  }

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
    return wrapNode(pickNode(this.#node("select"), ...splitOptions(keys, true)));
  }

  /** All but what `select` would take. **Ownership** and errors as there. */
  exclude(...keys: readonly TypedKey<S>[]): TensorDict;
  exclude(...keys: readonly OpenKey<S>[]): TensorDict;
  exclude(...keys: readonly [...OpenKey<S>[], PickOptions]): TensorDict;
  exclude(...keys: readonly unknown[]): TensorDict {
    return wrapNode(pickNode(this.#node("exclude"), ...splitOptions(keys, false)));
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
    return wrapNode(flattenNode(this.#node("flattenKeys"), separator));
  }

  /** The reverse of `flattenKeys`: names of this level become nested ones. @throws KeyError `KEY_COLLISION`. */
  unflattenKeys(separator = "."): TensorDict {
    return wrapNode(unflattenNode(this.#node("unflattenKeys"), separator));
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
  map(fn: (tensor: Tensor, key: Key) => Tensor, options?: MapOptions): TensorDict<AnyRank<S>> {
    const node = this.#node("map");
    const { batchSize } = optionsOf("map", options);
    const size = batchSize === undefined ? node.batchSize : checkBatchSize(batchSize);
    requireFunction("map", fn);
    return wrapNode(mapLeaves(node, size, (tensor, path) => fn(tensor, pathKey(path))));
  }

  /**
   * A tree of what `fn` makes of every leaf, tensor or not; `undefined` leaves it out.
   *
   * **Ownership:** as in `map`.
   */
  mapEntries(fn: (key: Key, value: unknown) => unknown): TensorDict {
    return wrapNode(mapEntries(this.#node("mapEntries"), fn, (value) => showValue(value)));
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
    const node = this.#node("apply");
    const nodes = others.map((other) => dictNodeOf("apply", other));
    return wrapNode(applyLeaves(node, nodes, node.batchSize, fn));
  }

  /** The same TensorDict, with keys and values that the compiler does not check. */
  asOpen(): TensorDict<OpenSchema> {
    return wrapNode(this.dictNode);
  }

  /** Makes the batch size, here and below, all leading dims that the leaves share, at most `mostDims`. */
  autoBatchSize(mostDims: number = Infinity): this {
    autoBatchSize(this.dictNode, mostDims);
    return this;
  }

  /** Bytes of the distinct tensors' data; strings count as nothing. */
  get bytes(): number {
    return bytesOf(this.#node("bytes"));
  }

  /** The tree on one screen: keys, dtypes, shapes, bytes. */
  toString(): string {
    return formatNode(this.dictNode);
  }

  /** Batch sizes, dtypes, shapes and plain values, for `JSON.stringify`. Numbers come from `await td.data()`. */
  toJSON(): Record<string, unknown> {
    return nodeToJson(this.#node("toJSON"));
  }

  // On batch dims: the dims after them stay as they are. Every method borrows this and returns owned.

  /**
   * What lies at an index of the first batch dims, one argument per dim: a number drops the dim, a range
   * `{ start, end, step }` or a list of indices keeps it. Negative indices count from the end.
   *
   * @throws ShapeError `INDEX_RANGE`, `INDEX_COUNT`; UsageError `RANGE_STEP`.
   * @example no-run
   * td.at(0);
   * td.at({ start: 1 }, [2, 0]);
   */
  at(...parts: readonly IndexPart[]): TensorDict<AnyRank<S>> {
    return this.#changed("at", (batchSize) => takeParts(batchSize, parts));
  }

  /** Elements `start` to before `end` of the first batch dim, every `step`th. @throws as `at`. */
  slice(start: number, end: number = Infinity, step = 1): TensorDict<AnyRank<S>> {
    return this.#changed("slice", (batchSize) => takeParts(batchSize, [{ start, end, step }]));
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
   * The tensors under some keys along a new dim, under one key; the keys themselves go.
   *
   * @param dim A dim of the tensors, batch dims included; it comes after the batch dims. Default: the first after them.
   * @throws ShapeError `JOIN_LEAF`, `SHAPES_DIFFER`, `DIM_RANGE`; KeyError `KEY_MISSING`, `KEY_COLLISION`; UsageError
   * `NOTHING_TO_JOIN`; LifetimeError `DICT_LOCKED`. Nothing has changed then.
   */
  stackTensors(keys: readonly OpenKey<S>[], outKey: OpenKey<S>, dim?: number): this {
    joinKeys("stackTensors", this.dictNode, keys, outKey, dim);
    return this;
  }

  /** The tensors under some keys one after the other along a dim, under one key. Otherwise as `stackTensors`. */
  catTensors(keys: readonly OpenKey<S>[], outKey: OpenKey<S>, dim?: number): this {
    joinKeys("catTensors", this.dictNode, keys, outKey, dim);
    return this;
  }

  /**
   * One TensorDict per list of keys, and one with the rest.
   *
   * **Ownership:** borrows this; returns owned. Tensors are shared.
   *
   * @throws KeyError `KEY_UNMATCHED`; UsageError `LIST_EXPECTED`.
   */
  splitKeys(...lists: readonly (readonly OpenKey<S>[])[]): TensorDict[] {
    return wrapAll(splitKeys(this.#node("splitKeys"), lists));
  }

  /** Some batch dims backwards. @throws ShapeError `DIM_RANGE`; UsageError `SIZES_INVALID`. */
  flip(dims: number | readonly number[]): TensorDict<AnyRank<S>> {
    return this.#changed("flip", (batchSize) => flipped(batchSize, dims));
  }

  /** The elements of a batch dim moved on by `shift`; what leaves at the end comes in at the beginning. @throws as `flip`. */
  roll(shift: number, dim = 0): TensorDict<AnyRank<S>> {
    return this.#changed("roll", (batchSize) => rolled(batchSize, shift, dim));
  }

  /** The whole batch repeated along each batch dim, as many times as `counts` says. @throws UsageError `SIZES_INVALID`. */
  repeat(counts: readonly number[]): TensorDict<AnyRank<S>> {
    return this.#changed("repeat", (batchSize) => repeated(batchSize, counts));
  }

  /** Each element of a batch dim `count` times, one after the other. @throws as `flip`. */
  repeatInterleave(count: number, dim = 0): TensorDict<AnyRank<S>> {
    return this.#changed("repeatInterleave", (batchSize) => interleaved(batchSize, count, dim));
  }

  /**
   * More elements around the batch: `[before, after]` of each batch dim, one after the other. Tensors get `value` there,
   * values that are no tensors `null`.
   *
   * @throws ShapeError `PAD_SIZES`, `PAD_DTYPE`; UsageError `SIZES_INVALID`.
   * @example no-run
   * td.pad([0, 2]); // two more elements at the end of the only batch dim
   */
  pad(sizes: readonly number[], value = 0): TensorDict<AnyRank<S>> {
    return wrapNode(padNode(this.#node("pad"), sizes, value));
  }

  /**
   * Writes values to what `at(...index)` gives: each leaf is replaced by one that has them there. Happens whole or not at
   * all; where an element is named twice, the last value counts. A number is written to all leaves that hold numbers.
   *
   * **Ownership:** borrows the values.
   *
   * @param values A TensorDict with the same keys, dtypes and shapes, whose batch size is that of `at(...index)` or is
   * broadcast to it; or a number.
   * @throws KeyError `KEYS_DIFFER`; ShapeError `WRITE_SHAPE`, `SHAPES_DIFFER`, and what `at` throws; LifetimeError
   * `DICT_LOCKED`.
   */
  setAt(index: readonly IndexPart[], values: AnyTensorDict | number): this {
    assignNode(this.dictNode, index, typeof values === "number" ? values : dictNodeOf("setAt", values));
    return this;
  }

  /**
   * Parts along a batch dim: of one size (the last may be smaller), or of the sizes listed.
   *
   * @throws ShapeError `SPLIT_SIZES`, `DIM_RANGE`.
   */
  split(sizes: number | readonly number[], dim = 0): TensorDict<AnyRank<S>>[] {
    return wrapAll(splitNode(this.#node("split"), sizes, dim));
  }

  /** At most `count` parts of equal size along a batch dim. @throws as `split`. */
  chunk(count: number, dim = 0): TensorDict<AnyRank<S>>[] {
    return wrapAll(chunkNode(this.#node("chunk"), count, dim));
  }

  /** One TensorDict per index of a batch dim, without that dim: the reverse of `stack`. @throws as `split`. */
  unbind(dim = 0): TensorDict<AnyRank<S>>[] {
    return wrapAll(unbindNode(this.#node("unbind"), dim));
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
    const node = this.#node("where");
    return wrapNode(
      chooseNode(node, condition, typeof other === "number" ? other : dictNodeOf("where", other), choose),
    );
  }

  // Leaf by leaf. Every method borrows this and its operand, and returns owned.

  /** This plus the operand. */
  add(operand: Operand): TensorDict<AnyRank<S>> {
    return this.#combined("add", operand, add);
  }

  /** This minus the operand. */
  sub(operand: Operand): TensorDict<AnyRank<S>> {
    return this.#combined("sub", operand, sub);
  }

  /** This times the operand. */
  mul(operand: Operand): TensorDict<AnyRank<S>> {
    return this.#combined("mul", operand, mul);
  }

  /** This divided by the operand, float32 also for whole numbers. */
  div(operand: Operand): TensorDict<AnyRank<S>> {
    return this.#combined("div", operand, (a, b) => div(asFloat(a), asFloat(b)));
  }

  /** This to the power of the operand. */
  pow(operand: Operand): TensorDict<AnyRank<S>> {
    return this.#combined("pow", operand, pow);
  }

  /** The negative. */
  neg(): TensorDict<AnyRank<S>> {
    return wrapNode(mapNumbers("neg", this.#node("neg"), negative));
  }

  /** The absolute value. */
  abs(): TensorDict<AnyRank<S>> {
    return wrapNode(mapNumbers("abs", this.#node("abs"), magnitude));
  }

  /** Where this equals the operand, as bool. */
  eq(operand: Operand): TensorDict<AnyRank<S>> {
    return this.#combined("eq", operand, isEqual);
  }

  /** Where this differs from the operand, as bool. */
  ne(operand: Operand): TensorDict<AnyRank<S>> {
    return this.#combined("ne", operand, isDifferent);
  }

  /** Where this is below the operand, as bool. */
  lt(operand: Operand): TensorDict<AnyRank<S>> {
    return this.#combined("lt", operand, less);
  }

  /** Where this is at most the operand, as bool. */
  le(operand: Operand): TensorDict<AnyRank<S>> {
    return this.#combined("le", operand, lessEqual);
  }

  /** Where this is above the operand, as bool. */
  gt(operand: Operand): TensorDict<AnyRank<S>> {
    return this.#combined("gt", operand, greater);
  }

  /** Where this is at least the operand, as bool. */
  ge(operand: Operand): TensorDict<AnyRank<S>> {
    return this.#combined("ge", operand, greaterEqual);
  }

  /**
   * The sum over batch dims, over the dims after the batch (`"feature"`), or of each leaf as a whole. The reduced batch
   * dims are gone from the result's batch size.
   *
   * @throws ShapeError `DIM_RANGE`; UsageError `REDUCE_DIMS`.
   * @example no-run
   * td.sum(); // scalars
   * td.sum(0); // without the first batch dim
   * td.sum("feature"); // one number per element of the batch
   */
  sum(dims?: ReduceDims, options?: ReduceOptions): TensorDict<AnyRank<S>> {
    return this.#reduced("sum", dims, options);
  }

  /** The mean, float32; dims as for `sum`. */
  mean(dims?: ReduceDims, options?: ReduceOptions): TensorDict<AnyRank<S>> {
    return this.#reduced("mean", dims, options);
  }

  /** The largest value; dims as for `sum`. */
  max(dims?: ReduceDims, options?: ReduceOptions): TensorDict<AnyRank<S>> {
    return this.#reduced("max", dims, options);
  }

  /** The smallest value; dims as for `sum`. */
  min(dims?: ReduceDims, options?: ReduceOptions): TensorDict<AnyRank<S>> {
    return this.#reduced("min", dims, options);
  }

  /** The Euclidean norm, float32; dims as for `sum`. */
  norm(dims?: ReduceDims, options?: ReduceOptions): TensorDict<AnyRank<S>> {
    return this.#reduced("norm", dims, options);
  }

  /** Whether any value is not zero, as bool; dims as for `sum`. */
  any(dims?: ReduceDims, options?: ReduceOptions): TensorDict<AnyRank<S>> {
    return this.#reduced("any", dims, options);
  }

  /** Whether no value is zero, as bool; dims as for `sum`. */
  all(dims?: ReduceDims, options?: ReduceOptions): TensorDict<AnyRank<S>> {
    return this.#reduced("all", dims, options);
  }

  /**
   * Every tensor cast to a dtype: bool is true where a value is not zero, int32 drops fractions. Strings are no numbers and
   * stay.
   *
   * @throws UsageError `DTYPE_INVALID`; ShapeError `LEAF_DTYPE` for complex64, which only `"bool"` can be made of.
   */
  to(dtype: NumericDtype): TensorDict<AnyRank<S>> {
    return wrapNode(castLeaves(this.#node("to"), dtype));
  }

  /** The product; dims as for `sum`. */
  prod(dims?: ReduceDims, options?: ReduceOptions): TensorDict<AnyRank<S>> {
    return this.#reduced("prod", dims, options);
  }

  /**
   * The variance, float32; dims as for `sum`.
   *
   * @param options `correction`: how much less than the number of elements the divisor is. Default 1, as in PyTorch.
   */
  var(dims?: ReduceDims, options?: VarianceOptions): TensorDict<AnyRank<S>> {
    return wrapNode(reduceLeaves("var", this.#node("var"), dims, varianceOf("var", options), options));
  }

  /** The standard deviation, the square root of `var`. */
  std(dims?: ReduceDims, options?: VarianceOptions): TensorDict<AnyRank<S>> {
    return wrapNode(reduceLeaves("std", this.#node("std"), dims, varianceOf("std", options), options));
  }

  /** `log(sum(exp(x)))`, float32, without overflow; dims as for `sum`. */
  logSumExp(dims?: ReduceDims, options?: ReduceOptions): TensorDict<AnyRank<S>> {
    return this.#reduced("logSumExp", dims, options);
  }

  /** The sum of what is not NaN; dims as for `sum`. */
  nanSum(dims?: ReduceDims, options?: ReduceOptions): TensorDict<AnyRank<S>> {
    return this.#reduced("nanSum", dims, options);
  }

  /** The mean of what is not NaN, float32; dims as for `sum`. */
  nanMean(dims?: ReduceDims, options?: ReduceOptions): TensorDict<AnyRank<S>> {
    return this.#reduced("nanMean", dims, options);
  }

  /** The value below which a share `q` of the elements lies, float32, between two of them by distance; dims as for `sum`. */
  quantile(q: number, dims?: ReduceDims, options?: ReduceOptions): TensorDict<AnyRank<S>> {
    return wrapNode(reduceLeaves("quantile", this.#node("quantile"), dims, quantileOf(q), options));
  }

  /** Where along a batch dim the largest value lies, int32: the first of several. */
  argMax(dim: number, options?: ReduceOptions): TensorDict<AnyRank<S>> {
    return this.#reduced("argMax", dim, options);
  }

  /** Where along a batch dim the smallest value lies, int32: the first of several. */
  argMin(dim: number, options?: ReduceOptions): TensorDict<AnyRank<S>> {
    return this.#reduced("argMin", dim, options);
  }

  /** Positive values along a batch dim that add up to 1, float32. @throws ShapeError `DIM_RANGE`. */
  softmax(dim: number): TensorDict<AnyRank<S>> {
    return wrapNode(softmaxLeaves(this.#node("softmax"), dim));
  }

  /** Zeros of the same shapes and dtypes. Strings stay. */
  zerosLike(): TensorDict<AnyRank<S>> {
    return wrapNode(fillLeaves(this.#node("zerosLike"), 0));
  }

  /** Ones of the same shapes and dtypes. Strings stay. */
  onesLike(): TensorDict<AnyRank<S>> {
    return wrapNode(fillLeaves(this.#node("onesLike"), 1));
  }

  // To the memory of the host and to files.

  /**
   * The content as records nested like the tree: typed arrays for tensors of numbers (complex64 as pairs), lists of
   * strings for tensors of text, all row-major; other values as they are. Works on every backend.
   *
   * **Ownership:** borrows, also when this is changed or disposed before the promise settles.
   */
  async data(): Promise<DataOf<S>> {
    return hostToRecord(await nodeToHost(this.#node("data"))) as DataOf<S>; // the schema says the same
  }

  /**
   * A copy in the host's memory that keeps the whole tree, with dtypes, shapes and batch sizes: plain data, which need
   * no disposal and can be posted to a worker. `TensorDict.fromHost` is the reverse.
   *
   * **Ownership:** borrows, also when this is changed or disposed before the promise settles.
   */
  async toHost(): Promise<HostTensorDict> {
    return nodeToHost(this.#node("toHost"));
  }

  /**
   * Writes everything to one safetensors file: tensors under their keys joined by `/`; the tree, batch sizes and other
   * values in the file's metadata. The file appears when all of it is on disk; until then, and when anything fails,
   * what was there before is still there. One tensor at a time is in memory. `TensorDict.load` and `TensorDict.open`
   * read it back, and so does every reader of safetensors.
   *
   * **Ownership:** borrows, also when this is changed or disposed before the promise settles.
   *
   * @param to A path on disk (Node), a `file:` URL, or a sink of one's own.
   * @throws UsageError `SAVE_VALUE` for a value that files cannot hold.
   */
  async save(to: string | UrlLike | ByteSink): Promise<void> {
    await saveNode(this.#node("save"), to);
  }
}

/** What a user gets for a stored value. */
function showValue(value: NodeValue): unknown {
  if (isTensorLeaf(value)) return value;
  return isNode(value) ? wrapNode(value) : value.value;
}

/** A node's TensorDict is always of this class; what its schema is, the caller knows. */
function wrapNode<T extends object>(node: DictNode): TensorDict<T> {
  return (node.facade ?? new TensorDict(node as never)) as TensorDict<T>;
}

function wrapAll<T extends object>(nodes: readonly DictNode[]): TensorDict<T>[] {
  return nodes.map((node) => wrapNode(node));
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

/** The node of what must be a TensorDict. */
function dictNodeOf(action: string, dict: unknown): DictNode {
  if (!hasBrand(dict)) throw dictExpected(action, dict);
  return requireLive(dict.dictNode, action);
}

function nodesOf(action: string, dicts: unknown): DictNode[] {
  if (!Array.isArray(dicts)) throw dictExpected(action, dicts);
  return dicts.map((dict) => dictNodeOf(action, dict));
}

/** Whether `value` is a TensorDict, also of another copy of the package. */
export function isTensorDict(value: unknown): value is TensorDict {
  return hasBrand(value);
}

import { checkArgument } from "./values/arguments.ts";
import type { Tensor } from "@tensorflow/tfjs-core";
import { showAsText } from "./text/inspect.ts";
import { formatKey, formatSizes } from "./text/keys.ts";
import { dictExpected, listExpected } from "./tree/argument-errors.ts";
import { dictDisposed, dictLocked, runAsync } from "./tree/errors.ts";
import { indexRange, lazyLength, rangeBound, nothingToJoin, shapesDiffer } from "./shape/errors.ts";
import { type EntryOptions, listEntries } from "./tree/entries.ts";
import { find, type Key, keyPath, require } from "./tree/keys.ts";
import { type DictNode, isNode, isTensorDict, sameSizes } from "./tree/node.ts";
import { optionsOf } from "./tree/options.ts";
import { freeNode, requireLive } from "./tree/lifetime.ts";
import { undoAll } from "./lifetime/undo-all.ts";
import { startNode } from "./tree/start.ts";
import type { TensorDict } from "./tensordict.ts";
import type { AnyRank, OpenKey, OpenSchema, TypedKey, ValueAt } from "./types.ts";
import { check, remove, requireWritable, takeOut, write } from "./tree/write.ts";
import { isAlike } from "./shape/alike.ts";
import { onlyAt, requireFree, requireRoom, sharedPart, updateEach } from "./shape/lazy-parts.ts";
import { stackNodes } from "./shape/join.ts";
import { unbindNode } from "./shape/part.ts";
import { checkDim } from "./shape/sizes.ts";

/** What a stack gives for a key under which its dicts have a `V`. */
export type Stacked<V> = V extends TensorDict<infer C> ? LazyStack<C> : V extends Tensor ? Tensor : unknown;

/** Makes the TensorDict of a node. */
type Wrap = <T extends object>(node: DictNode) => TensorDict<T>;

/**
 * TensorDicts along a batch dim that stay what they are: keys, dtypes and shapes may differ, reading a key stacks what
 * lies there and nothing else, and writes go through to the dicts. Made by `TensorDict.lazyStack`.
 *
 * **Ownership:** takes the dicts; disposing frees them.
 */
export class LazyStack<S extends object = OpenSchema> implements Iterable<TensorDict<S>> {
  static {
    showAsText(this);
  }

  /** The batch dim that counts the dicts. */
  readonly dim: number;
  readonly #parts: TensorDict<S>[] = [];
  readonly #wrap: Wrap;
  readonly #isOwner: boolean;
  #disposed = false;

  /** @internal Made by `TensorDict.lazyStack`. */
  constructor(parts: readonly TensorDict<S>[], dim: number, wrap: Wrap, isOwner = true) {
    const [first] = parts;
    if (first === undefined) throw nothingToJoin("lazyStack");
    this.dim = checkDim("lazyStack", dim, first.batchSize.length + 1);
    this.#wrap = wrap;
    this.#isOwner = isOwner;
    for (const [i, part] of parts.entries()) {
      requireSize(first.batchSize, part, i + 1);
      if (isOwner) requireFree(part);
    }
    this.#parts.push(...parts);
  }

  #nodes(action: string): readonly [DictNode, ...DictNode[]] {
    if (this.#disposed) throw dictDisposed(action);
    const nodes = this.#parts.map(({ dictNode }) => dictNode);
    for (const node of nodes) if (node.disposed) throw dictDisposed(action);
    return nodes as [DictNode, ...DictNode[]]; // there is always a first
  }

  /** Number of dicts. */
  get length(): number {
    return this.#parts.length;
  }

  /** The dicts' batch size with the stack's dim put in. */
  get batchSize(): readonly number[] {
    return this.#nodes("batchSize")[0].batchSize.toSpliced(this.dim, 0, this.length);
  }

  /** Whether all dicts have the same keys, dtypes and shapes, so that `dense` works. */
  get isDense(): boolean {
    const [first, ...others] = this.#nodes("isDense");
    return others.every((other) => isAlike(first, other, sameSizes));
  }

  /** The dict at an index along the stack's dim. **Ownership:** borrows it to you. @throws ShapeError `INDEX_RANGE`. */
  at(index: number): TensorDict<S> {
    const part = Number.isInteger(index) ? this.#parts.at(index) : undefined;
    if (part === undefined) throw indexRange(index, this.dim, this.batchSize);
    return part;
  }

  /** The dicts in order. **Ownership:** borrows them to you. */
  [Symbol.iterator](): Iterator<TensorDict<S>> {
    return this.#parts[Symbol.iterator]();
  }

  /** Keys that all dicts have, in the order of the first. */
  keys(options?: EntryOptions): Key[] {
    const [first, ...others] = this.#nodes("keys");
    return listEntries(first, options)
      .map(([key]) => key)
      .filter((key) => others.every((other) => find(other, key) !== undefined));
  }

  /** Whether all dicts have the key. */
  has(key: Key): boolean {
    return this.#nodes("has").every((node) => find(node, key) !== undefined);
  }

  /**
   * What the dicts have under a key, stacked: a tensor, lists of values, or for nested dicts another LazyStack, which
   * borrows them.
   *
   * **Ownership:** returns owned.
   *
   * @throws KeyError `KEY_MISSING`; ShapeError `SHAPES_DIFFER`, where `getEach` works.
   */
  get<const P extends TypedKey<S>>(key: P): Stacked<ValueAt<S, P>>;
  get<T = Tensor>(key: OpenKey<S>): T;
  get(key: Key): unknown {
    const values = this.#nodes("get").map((node) => require(node, key));
    if (values.every(({ value }) => isNode(value))) {
      const children = values.map(({ value }) => this.#wrap<S>(value as DictNode)); // just looked at
      return new LazyStack(children, this.dim, this.#wrap, false);
    }
    const path = keyPath(key);
    const stacked = stackNodes(
      values.map(({ node, value }) => onlyAt(path, value, node.batchSize)),
      this.dim,
    );
    const { value } = takeOut(stacked, key, "get");
    return "value" in value ? value.value : value;
  }

  /** What each dict has under a key. **Ownership:** borrows it to you. @throws KeyError `KEY_MISSING`. */
  getEach<const P extends TypedKey<S>>(key: P): ValueAt<S, P>[];
  getEach<T = Tensor>(key: OpenKey<S>): T[];
  getEach(key: Key): unknown[] {
    this.#nodes("getEach");
    return this.#parts.map((part) => (part as unknown as TensorDict).get(key)); // any schema may be read openly
  }

  /**
   * Stores a value of the stack's batch size: each dict gets its part. Happens in all or none.
   *
   * **Ownership:** takes the value.
   *
   * @throws as `TensorDict.set`.
   */
  set(key: Key, value: unknown): this {
    const nodes = this.#nodes("set");
    const path = keyPath(key);
    for (const node of nodes) requireRoom(node, path);
    const name = path.at(-1) ?? "";
    const whole = startNode({ [name]: value }, { batchSize: this.batchSize });
    try {
      for (const [i, part] of unbindNode(whole, this.dim).entries()) {
        write(nodes[i] as DictNode, key, takeOut(part, [name], "set").value); // as many as dicts
      }
    } finally {
      freeNode(whole);
    }
    return this;
  }

  /** Merges values of the stack's batch size in: each dict gets its part. Takes the tensors. @throws as `set` */
  update(values: Readonly<Record<string, unknown>>): this {
    const nodes = this.#nodes("update");
    for (const node of nodes) requireWritable(node, "update");
    updateEach(nodes, values, this.batchSize, this.dim);
    return this;
  }

  /**
   * Stores one value in each dict; their shapes may differ. Happens in all or none.
   *
   * **Ownership:** takes the values.
   *
   * @throws ShapeError `LAZY_LENGTH`; and as `TensorDict.set`.
   */
  setEach(key: Key, values: readonly unknown[]): this {
    const nodes = this.#nodes("setEach");
    const path = keyPath(key);
    if (!Array.isArray(values)) throw listExpected("setEach", "values", values);
    if (values.length !== nodes.length) throw lazyLength(path, values.length, nodes.length);
    for (const [i, node] of nodes.entries()) {
      requireRoom(node, path);
      check(node, path, values[i]);
    }
    for (const [i, node] of nodes.entries()) write(node, key, values[i]);
    return this;
  }

  /** Removes what lies under a key from every dict, and frees it. Happens in all or none. @throws as `TensorDict.delete`. */
  delete(key: Key): this {
    const nodes = this.#nodes("delete");
    for (const node of nodes) {
      requireWritable(node, "delete");
      if (require(node, key).node.locked) throw dictLocked("delete");
    }
    for (const node of nodes) remove(node, key, "delete");
    return this;
  }

  /**
   * Some of the dicts as another stack.
   *
   * **Ownership:** borrows: the dicts stay this stack's, and end with it.
   *
   * @throws UsageError `NOTHING_TO_JOIN` when no dict is left, `RANGE_BOUND`.
   */
  slice(start: number, end: number = Infinity): LazyStack<S> {
    this.#nodes("slice");
    for (const [name, bound] of [
      ["start", start],
      ["end", end],
    ] as const) {
      if (!Number.isInteger(bound) && bound !== Infinity) throw rangeBound(name, bound);
    }
    return new LazyStack(
      this.#parts.slice(start, end === Infinity ? undefined : end),
      this.dim,
      this.#wrap,
      false,
    );
  }

  /** Adds a dict at the end. **Ownership:** takes it. @throws ShapeError `SHAPES_DIFFER` for another batch size. */
  append(part: TensorDict<S>): this {
    if (!isTensorDict(part)) throw dictExpected("append", part);
    requireLive(part.dictNode, "append");
    requireSize(this.#nodes("append")[0].batchSize, part, this.length + 1);
    requireFree(part);
    this.#parts.push(part);
    return this;
  }

  /**
   * One TensorDict with everything stacked.
   *
   * **Ownership:** borrows this; returns owned.
   *
   * @param options `shared`: only the keys that all dicts have.
   * @throws as `TensorDict.stack`.
   */
  dense(options?: { readonly shared?: boolean }): TensorDict<AnyRank<S>> {
    const nodes = this.#nodes("dense");
    if (optionsOf("dense", options).shared !== true) return this.#wrap(stackNodes(nodes, this.dim));
    const shared = nodes.map((node) => sharedPart(node, nodes));
    return this.#wrap(stackNodes(shared, this.dim));
  }

  /** Frees the dicts. Disposing twice is nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    if (!this.#isOwner) return;
    // One that was stored in another TensorDict meanwhile belongs to that.
    const free = this.#parts.filter(({ dictNode }) => dictNode.parent === undefined);
    undoAll(free, (part) => part.dispose());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Calls `fn` and disposes afterwards, also when `fn` throws. @throws UsageError `RUN_ASYNC`. */
  run<R>(fn: (stack: this) => R): R {
    using stack = this;
    checkArgument("run", "fn", fn, "a function");
    const result = fn(stack);
    if (result instanceof Promise) throw runAsync();
    return result;
  }

  /** Batch size and shared keys. */
  toString(): string {
    if (this.#disposed) return "LazyStack (disposed)";
    const keys = this.keys({ nested: true, leavesOnly: true }).map((key) => formatKey(keyPath(key)));
    return `LazyStack ${formatSizes(this.batchSize)}  dim ${this.dim}, in all: ${keys.join(", ") || "nothing"}`;
  }
}

function requireSize(
  wanted: readonly number[],
  part: { batchSize: readonly number[] },
  number: number,
): void {
  if (sameSizes(wanted, part.batchSize)) return;
  const [first, other] = [wanted, part.batchSize].map((size) => `TensorDict ${formatSizes(size)}`);
  throw shapesDiffer("lazyStack", `number ${number}`, [{ key: [], first: first ?? "", other: other ?? "" }]);
}

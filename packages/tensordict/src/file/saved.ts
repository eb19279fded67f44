import type { Tensor } from "@tensorflow/tfjs-core";
import { keyMissing, keyThroughLeaf } from "../tree/errors.ts";
import { savedRows, savedTree } from "./errors.ts";
import type { SourceLocation } from "../io/location.ts";
import { openSafetensors, type TensorStore } from "../io/safetensors/file.ts";
import { type HostLeaf, type HostTensorDict, hostToNode, hostToTensor } from "../host/host.ts";
import { type Key, keyPath, pathKey } from "../tree/keys.ts";
import type { DictNode } from "../tree/node.ts";
import { NonTensor } from "../non-tensor.ts";
import { elementCount } from "../shape/sizes.ts";
import type { TensorDict } from "../tensordict.ts";
import { readTree, type SavedLeaf, type SavedNode, type SavedStrings } from "./tree.ts";

/** Rows of the first batch dim; all of them where none are given. */
interface Rows {
  readonly start: number;
  readonly count: number;
}

/**
 * A TensorDict in an open file: its tree is read and checked, its numbers are read by key. Made by `TensorDict.open`.
 *
 * **Ownership:** close it, or leave its `await using` block.
 */
export class SavedTensorDict implements AsyncDisposable {
  readonly #store: TensorStore;
  readonly #root: SavedNode;
  readonly #wrap: (node: DictNode) => TensorDict;

  /** @internal Made by `TensorDict.open`. */
  constructor(store: TensorStore, root: SavedNode, wrap: (node: DictNode) => TensorDict) {
    this.#store = store;
    this.#root = root;
    this.#wrap = wrap;
  }

  /** Name of the file. */
  get name(): string {
    return this.#store.name;
  }

  get batchSize(): readonly number[] {
    return this.#root.batchSize;
  }

  /** Keys of all leaves, in the tree's order. */
  keys(): Key[] {
    return [...leafPaths(this.#root, [])].map(pathKey);
  }

  /** Whether something lies under a key. */
  has(key: Key): boolean {
    return find(this.#root, keyPath(key)) !== undefined;
  }

  /**
   * Reads what lies under a key: a tensor, a TensorDict, or a value.
   *
   * **Ownership:** returns owned.
   *
   * @throws KeyError `KEY_MISSING`; FormatError when the file is damaged.
   */
  async get<T = Tensor>(key: Key): Promise<T> {
    const path = keyPath(key);
    const found = find(this.#root, path);
    if (found === undefined) throw keyMissing(path, [...leafPaths(this.#root, [])]);
    const leaf = await this.#read(found, path);
    if (leaf.kind === "dict") return this.#wrap(hostToNode(leaf, true)) as T; // T is what the caller expects
    return (
      leaf.kind === "values" ? new NonTensor(leaf.shape, leaf.items).value : hostToTensor(leaf, true)
    ) as T;
  }

  /** Reads everything. **Ownership:** returns owned. @throws FormatError when the file is damaged. */
  async load(): Promise<TensorDict> {
    return this.#wrap(hostToNode(await this.#readNode(this.#root, []), true));
  }

  /** Reads everything into the host's memory. */
  async toHost(): Promise<HostTensorDict> {
    return this.#readNode(this.#root, []);
  }

  /**
   * Reads some rows, which the first batch dim counts, and nothing else, into the host's memory.
   *
   * @throws ShapeError `SAVED_ROWS`.
   */
  async rowsToHost(start: number, count: number): Promise<HostTensorDict> {
    const [rows] = this.batchSize;
    const isInside = start >= 0 && count >= 0 && rows !== undefined && start + count <= rows;
    if (!isInside) throw savedRows(this.name, start, count, rows);
    return this.#readNode(this.#root, [], { start, count });
  }

  /** {@link SavedTensorDict.rowsToHost} as a TensorDict. **Ownership:** returns owned. */
  async rows(start: number, count: number): Promise<TensorDict> {
    return this.#wrap(hostToNode(await this.rowsToHost(start, count), true));
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#store.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #readNode(node: SavedNode, path: readonly string[], rows?: Rows): Promise<HostTensorDict> {
    const leaves = new Map<string, HostLeaf>();
    for (const [name, leaf] of node.leaves) leaves.set(name, await this.#read(leaf, [...path, name], rows));
    return { kind: "dict", batchSize: cutSizes(node.batchSize, rows), leaves };
  }

  async #read(leaf: SavedLeaf, path: readonly string[], rows?: Rows): Promise<HostLeaf> {
    if (leaf.kind === "dict") return this.#readNode(leaf, path, rows);
    if (leaf.kind === "values") {
      if (leaf.shape === null || rows === undefined) return leaf;
      const size = elementCount(leaf.shape.slice(1));
      const items = leaf.items.slice(rows.start * size, (rows.start + rows.count) * size);
      return { kind: "values", shape: cutSizes(leaf.shape, rows), items };
    }
    if (leaf.kind === "strings") return this.#readStrings(leaf, path, rows);
    const { dtype, shape, data } =
      rows === undefined
        ? await this.#store.read(leaf.name)
        : await this.#store.readRows(leaf.name, rows.start, rows.count);
    return { kind: "numbers", dtype, shape, data };
  }

  async #readStrings(leaf: SavedStrings, path: readonly string[], rows?: Rows): Promise<HostLeaf> {
    const { data: lengths } = await this.#store.read(leaf.lengths);
    const total = this.#store.entries.get(leaf.bytes)?.bytes ?? 0;
    let sum = 0;
    const ends = Array.from(lengths, (length) => (length < 0 ? Number.NaN : (sum += length)));
    if (sum !== total || ends.includes(Number.NaN)) {
      throw savedTree(this.name, path, `its texts should have ${sum} bytes and have ${total}`);
    }
    const size = elementCount(leaf.shape.slice(1));
    const [first, last] =
      rows === undefined ? [0, ends.length] : [rows.start * size, (rows.start + rows.count) * size];
    const start = first === 0 ? 0 : (ends[first - 1] ?? 0);
    const end = last === 0 ? 0 : (ends[last - 1] ?? 0);
    const { data } = await this.#store.readRows(leaf.bytes, start, end - start);
    const bytes = Uint8Array.from(data);
    const texts = ends
      .slice(first, last)
      .map((stop, i) => bytes.slice(stop - (lengths[first + i] ?? 0) - start, stop - start));
    return { kind: "strings", shape: cutSizes(leaf.shape, rows), data: texts };
  }
}

/** Opens a file that `save` or another writer of safetensors has written. */
export async function openSaved(
  location: SourceLocation,
  wrap: (node: DictNode) => TensorDict,
): Promise<SavedTensorDict> {
  const store = await openSafetensors(location);
  try {
    return new SavedTensorDict(store, readTree(store), wrap);
  } catch (error) {
    await store.close();
    throw error;
  }
}

function cutSizes(shape: readonly number[], rows: Rows | undefined): readonly number[] {
  return rows === undefined ? shape : shape.with(0, rows.count);
}

function find(root: SavedNode, path: readonly string[]): SavedLeaf | undefined {
  let at: SavedLeaf | undefined = root;
  for (const [i, name] of path.entries()) {
    if (at.kind !== "dict") {
      throw keyThroughLeaf(path, path.slice(0, i), at.kind === "values" ? "value" : "tensor");
    }
    at = at.leaves.get(name);
    if (at === undefined) return undefined;
  }
  return at;
}

function* leafPaths(node: SavedNode, prefix: readonly string[]): Generator<readonly string[]> {
  for (const [name, leaf] of node.leaves) {
    if (leaf.kind === "dict") yield* leafPaths(leaf, [...prefix, name]);
    else yield [...prefix, name];
  }
}

import { keyThroughLeaf } from "../tree/errors.ts";
import { savedRows, savedTree } from "./errors.ts";
import type { SourceLocation } from "../io/location.ts";
import { openSafetensors, type TensorStore } from "../io/safetensors/file.ts";
import type { HostLeaf, HostTensorDict } from "../host/host.ts";
import { elementCount } from "../shape/sizes.ts";
import type { SavedLeaf, SavedNode, SavedStrings } from "./saved-tree.ts";
import { readTree } from "./tree.ts";

/** Rows of the first batch dim; all of them where none are given. */
interface Rows {
  readonly start: number;
  readonly count: number;
}

/** An open file with a tree: the tree is read and checked, its numbers are read when asked for. */
export class SavedFile {
  readonly #store: TensorStore;
  readonly #root: SavedNode;

  private constructor(store: TensorStore, root: SavedNode) {
    this.#store = store;
    this.#root = root;
  }

  /** Opens a file that `save` or another writer of safetensors has written. */
  static async open(location: SourceLocation): Promise<SavedFile> {
    const store = await openSafetensors(location);
    try {
      return new SavedFile(store, readTree(store));
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  get name(): string {
    return this.#store.name;
  }

  get batchSize(): readonly number[] {
    return this.#root.batchSize;
  }

  /** Paths of all leaves, in the tree's order. */
  paths(): (readonly string[])[] {
    return [...leafPaths(this.#root, [])];
  }

  /** What the tree says about a path. @throws KeyError `KEY_THROUGH_LEAF`. */
  find(path: readonly string[]): SavedLeaf | undefined {
    return find(this.#root, path);
  }

  /** Reads one leaf, or all below a level. */
  async read(leaf: SavedLeaf, path: readonly string[], rows?: Rows): Promise<HostLeaf> {
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

  /** Reads everything. */
  async toHost(): Promise<HostTensorDict> {
    return this.#readNode(this.#root, []);
  }

  /** Reads some rows, which the first batch dim counts, and nothing else. @throws ShapeError `SAVED_ROWS`. */
  async rowsToHost(start: number, count: number): Promise<HostTensorDict> {
    const [rows] = this.batchSize;
    const isInside =
      Number.isSafeInteger(start) &&
      Number.isSafeInteger(count) &&
      start >= 0 &&
      count >= 0 &&
      rows !== undefined &&
      start + count <= rows;
    if (!isInside) throw savedRows(this.name, start, count, rows);
    return this.#readNode(this.#root, [], { start, count });
  }

  async close(): Promise<void> {
    await this.#store.close();
  }

  async #readNode(node: SavedNode, path: readonly string[], rows?: Rows): Promise<HostTensorDict> {
    const leaves = new Map<string, HostLeaf>();
    for (const [name, leaf] of node.leaves) leaves.set(name, await this.read(leaf, [...path, name], rows));
    return { kind: "dict", batchSize: cutSizes(node.batchSize, rows), leaves };
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
    const bytes = new Uint8Array(data);
    const texts = ends
      .slice(first, last)
      .map((stop, i) => bytes.slice(stop - (lengths[first + i] ?? 0) - start, stop - start));
    return { kind: "strings", shape: cutSizes(leaf.shape, rows), data: texts };
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

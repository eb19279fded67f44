import { showAsText } from "./text/inspect.ts";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { SavedFile } from "./file/saved.ts";
import { type HostTensorDict, hostToNode, hostToTensor } from "./host/host.ts";
import type { TensorDict } from "./tensordict.ts";
import { keyMissing } from "./tree/errors.ts";
import { type Key, keyPath, pathKey } from "./tree/keys.ts";
import type { DictNode } from "./tree/node.ts";
import { NonTensor } from "./values/non-tensor.ts";

/**
 * A TensorDict in an open file: its tree is read and checked, its numbers are read by key. Made by `TensorDict.open`.
 *
 * **Ownership:** close it, or leave its `await using` block.
 */
export class SavedTensorDict implements AsyncDisposable {
  static {
    showAsText(this, ({ name, batchSize }) => `SavedTensorDict ${name} [${batchSize.join(", ")}]`);
  }

  readonly #file: SavedFile;
  readonly #wrap: (node: DictNode) => TensorDict;

  /** @internal Made by `TensorDict.open`. */
  constructor(file: SavedFile, wrap: (node: DictNode) => TensorDict) {
    this.#file = file;
    this.#wrap = wrap;
  }

  /** Name of the file. */
  get name(): string {
    return this.#file.name;
  }

  get batchSize(): readonly number[] {
    return this.#file.batchSize;
  }

  /** Keys of all leaves, in the tree's order. */
  keys(): Key[] {
    return this.#file.paths().map(pathKey);
  }

  /** Whether something lies under a key. */
  has(key: Key): boolean {
    return this.#file.find(keyPath(key)) !== undefined;
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
    const found = this.#file.find(path);
    if (found === undefined) throw keyMissing(path, this.#file.paths());
    const leaf = await this.#file.read(found, path);
    if (leaf.kind === "dict") return this.#wrap(hostToNode(leaf, true)) as T; // T is what the caller expects
    return (
      leaf.kind === "values" ? new NonTensor(leaf.shape, leaf.items).value : hostToTensor(leaf, true)
    ) as T;
  }

  /** Reads everything. **Ownership:** returns owned. @throws FormatError when the file is damaged. */
  async load(): Promise<TensorDict> {
    return this.#wrap(hostToNode(await this.#file.toHost(), true));
  }

  /** Reads everything into the host's memory. */
  async toHost(): Promise<HostTensorDict> {
    return this.#file.toHost();
  }

  /**
   * Reads some rows, which the first batch dim counts, and nothing else, into the host's memory.
   *
   * @throws ShapeError `SAVED_ROWS`.
   */
  async rowsToHost(start: number, count: number): Promise<HostTensorDict> {
    return this.#file.rowsToHost(start, count);
  }

  /** {@link SavedTensorDict.rowsToHost} as a TensorDict. **Ownership:** returns owned. */
  async rows(start: number, count: number): Promise<TensorDict> {
    return this.#wrap(hostToNode(await this.rowsToHost(start, count), true));
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#file.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

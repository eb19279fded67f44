import type { UrlLike } from "./io/platform.ts";
import type { ByteSink } from "./io/source.ts";
import { saveNode } from "./file/save.ts";
import { hostToRecord } from "./host/data.ts";
import { type HostTensorDict, nodeToHost } from "./host/host.ts";
import { NumericTensorDict } from "./numeric.ts";
import type { DataOf } from "./types.ts";

/** The part of a TensorDict that leaves the backend: to the host's memory and to files. Not for use by itself. */
export abstract class StoredTensorDict<S extends object> extends NumericTensorDict<S> {
  /**
   * The content as records nested like the tree: typed arrays for tensors of numbers (complex64 as pairs), lists of
   * strings for tensors of text, all row-major; other values as they are. Works on every backend.
   *
   * **Ownership:** borrows, also when this is changed or disposed before the promise settles.
   */
  async data(): Promise<DataOf<S>> {
    return hostToRecord(await nodeToHost(this.node("data"))) as DataOf<S>; // the schema says the same
  }

  /**
   * A copy in the host's memory that keeps the whole tree, with dtypes, shapes and batch sizes: plain data, which need
   * no disposal and can be posted to a worker. `TensorDict.fromHost` is the reverse.
   *
   * **Ownership:** borrows, also when this is changed or disposed before the promise settles.
   */
  async toHost(): Promise<HostTensorDict> {
    return nodeToHost(this.node("toHost"));
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
    await saveNode(this.node("save"), to);
  }
}

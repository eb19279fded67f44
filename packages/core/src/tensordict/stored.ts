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
}

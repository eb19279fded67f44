import {
  backend,
  getBackend,
  keep,
  slice,
  type Tensor,
  tensor,
  tensor1d,
  tensor2d,
  tensorScatterUpdate,
  tidy,
} from "@tensorflow/tfjs-core";
import { runFused } from "../ops/fused.ts";

/** Values of a tensor where the backend keeps them: written there, they are the tensor's. */
type View = (tensor: Tensor) => Float32Array;

/** What `wasm` has: values in its memory. */
interface HeapBackend {
  typedArrayFromHeap(tensor: Tensor): Float32Array;
}

/**
 * How the active backend lets rows be written without a copy of the whole: `cpu` and `wasm` keep values in memory that
 * JavaScript reaches. Others have immutable buffers.
 */
function viewOf(): View | undefined {
  const active: object = backend();
  if ("typedArrayFromHeap" in active) {
    const heap = active as HeapBackend; // it has the method
    return (x) => heap.typedArrayFromHeap(x);
  }
  // On cpu, dataSync gives the array that the tensor stands on.
  return getBackend() === "cpu" ? (x) => x.dataSync<"float32">() : undefined;
}

/**
 * A store in which rows are replaced: the same store, written in place, where the backend lets us, and else another one.
 *
 * **Ownership:** *takes* `store`, *borrows* `rows`; *returns owned*, and kept.
 *
 * @param store `[cells, kvHead, dim]`; nobody else may hold its data.
 * @param at Cell of each row, each at most once.
 * @param rows `[at.length, kvHead, dim]`.
 */
export function writeRows(store: Tensor, at: readonly number[], rows: Tensor): Tensor {
  const view = viewOf();
  if (view === undefined) {
    const next = tidy(() => {
      const cells = Int32Array.from(at);
      const [written] = runFused("HookdictWriteRows", { store, at: tensor1d(cells, "int32"), rows }) ?? [];
      return keep(written ?? tensorScatterUpdate(store, tensor2d(cells, [at.length, 1], "int32"), rows));
    });
    store.dispose();
    return next;
  }
  const width = store.size / (store.shape[0] ?? 1);
  const from = view(rows);
  const into = view(store);
  for (const [row, cell] of at.entries())
    into.set(from.subarray(row * width, (row + 1) * width), cell * width);
  return store;
}

/**
 * A stretch of a store, as a snapshot.
 *
 * **Ownership:** *borrows* `store`; *returns owned*.
 */
export function readRows(store: Tensor, begin: number, length: number): Tensor {
  const [, ...rest] = store.shape;
  const view = viewOf();
  if (view === undefined)
    return tidy(() => {
      const part = slice(store, begin, length);
      return runFused("HookdictCopy", { x: part })?.[0] ?? part;
    });
  // On cpu a slice stands on its original's array, which the next pass writes to; wasm's slice copies the whole store.
  const width = rest.reduce((a, b) => a * b, 1);
  const values = Float32Array.from(view(store).subarray(begin * width, (begin + length) * width));
  return tensor(values, [length, ...rest]);
}

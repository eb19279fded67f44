import { TensorDict } from "@hookdict/tensordict";
import { DTYPES, toTensor } from "@hookdict/tensordict/io";
import { type Tensor, tensor1d } from "@tensorflow/tfjs-core";
import { type Column, sizeOf } from "./columns.ts";
import { allocateValues, decodeUnits, elementsOf, type Units, type Values } from "./decode.ts";
import type { Window } from "./window.ts";

/** A batch that is being filled: values are decoded straight into what its tensors are made of. */
export class Filling {
  readonly #columns: readonly Column[];
  readonly #size: number;
  /** Units that memory is taken for: there may be fewer than a batch holds. */
  readonly #room: number;
  readonly #picked: Uint32Array;
  #values: readonly Values[] | undefined;
  #count = 0;

  /** @param most Units that there are. */
  constructor(columns: readonly Column[], size: number, most: number) {
    this.#columns = columns;
    this.#size = size;
    this.#room = Math.min(size, most);
    this.#picked = new Uint32Array(this.#room);
  }

  get isFull(): boolean {
    return this.#count === this.#size;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Takes units of a window from a place on until it is full or the window ends; gives the place behind. */
  fill(
    window: Window,
    from: number,
    drawn: Uint32Array | undefined,
    isDropped: ((unit: number) => boolean) | undefined,
  ): number {
    const room = this.#room - this.#count;
    if (drawn === undefined && isDropped === undefined) {
      const count = Math.min(window.units - from, room);
      this.#take(window, { from, count }, count);
      return from + count;
    }
    let [place, picked] = [from, 0];
    for (; place < window.units && picked < room; place++) {
      const unit = drawn === undefined ? place : (drawn[place] ?? 0);
      if (isDropped?.(unit) !== true) this.#picked[picked++] = unit;
    }
    this.#take(window, this.#picked.subarray(0, picked), picked);
    return place;
  }

  #take({ raw }: Window, units: Units, count: number): void {
    this.#values ??= this.#columns.map((column) => allocateValues(column, this.#room));
    for (const [c, column] of this.#columns.entries()) {
      const values = this.#values[c] as Values; // one for each column, as the bytes
      decodeUnits(column, elementsOf(column, raw[c] as Uint8Array), units, values, this.#count);
    }
    this.#count += count;
  }

  /** The batch on the backend, after which another is filled. **Ownership:** returns owned. */
  take(): TensorDict {
    const [count, held] = [this.#count, this.#values ?? []];
    this.#count = 0;
    if (!backendCopies()) this.#values = undefined; // that memory is the tensors' now
    const values = this.#columns.map(({ shape }, c) =>
      (held[c] as Values).subarray(0, count * sizeOf(shape)),
    );
    return toTensorDict(this.#columns, values, count);
  }
}

/** Columns as a TensorDict whose batch counts units. **Ownership:** *takes* the values; *returns owned*. */
export function toTensorDict(
  columns: readonly Column[],
  values: readonly Values[],
  count: number,
): TensorDict {
  const td = new TensorDict(undefined, { batchSize: [count] });
  for (const [c, { key, dtype, shape }] of columns.entries()) {
    const data = values[c] as Values; // one for each column
    const tensor: Tensor = toTensor({ dtype: DTYPES[dtype].host, shape: [count, ...shape], data });
    td.set(key as never, tensor as never); // keys of an open schema
  }
  return td;
}

/**
 * Whether the backend copies what a tensor is made of. Then the same memory is filled again, which spares fetching new pages
 * for every batch: two thirds of a batch's time.
 */
function backendCopies(): boolean {
  const values = new Float32Array(1);
  const probe = tensor1d(values);
  values[0] = 1;
  const isCopied = probe.dataSync()[0] === 0;
  probe.dispose();
  return isCopied;
}

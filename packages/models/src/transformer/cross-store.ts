import { keptClone } from "@hookdict/tensordict/tensors";
import { gather, keep, tidy, type Tensor } from "@tensorflow/tfjs-core";
import { RunState } from "./run-state.ts";

/** Keys and values of one layer's cross-attention, `[batch, src, head, dHead]`. */
export interface CrossKeysValues {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/**
 * What a decoder attends to of its encoder: keys and values of every layer, made once, and which of them are padding.
 *
 * **Ownership:** owns them, until it is cleared.
 */
export class CrossStore {
  readonly #layers = new Map<string, CrossKeysValues>();
  #source: RunState | undefined;
  #encoded: Tensor | undefined;

  /** The encoder's run, once there was one. */
  get source(): RunState | undefined {
    return this.#source;
  }

  /** What the encoder gave, `[batch, src, dModel]`. **Ownership:** *borrowed*. */
  get encoded(): Tensor | undefined {
    return this.#encoded;
  }

  /** Remembers what keys and values will be made of. **Ownership:** *borrows*. */
  begin(source: RunState, encoded: Tensor): void {
    this.#source = source;
    this.#encoded = keptClone(encoded);
  }

  /** **Ownership:** *borrowed*. */
  of(layer: string): CrossKeysValues | undefined {
    return this.#layers.get(layer);
  }

  /** **Ownership:** *borrows*. */
  put(layer: string, keys: Tensor, values: Tensor): void {
    this.#layers.set(layer, { keys: keptClone(keys), values: keptClone(values) });
  }

  /** Row `i` becomes what row `rows[i]` was. */
  select(rows: readonly number[]): void {
    for (const [layer, { keys, values }] of this.#layers) {
      const chosen = (all: Tensor): Tensor => tidy(() => keep(gather(all, [...rows], 0)));
      this.#layers.set(layer, { keys: chosen(keys), values: chosen(values) });
      for (const each of [keys, values]) each.dispose();
    }
    const [source, encoded] = [this.#source, this.#encoded];
    if (source === undefined || encoded === undefined) return;
    this.#encoded = tidy(() => keep(gather(encoded, [...rows], 0)));
    encoded.dispose();
    const { pos } = source;
    const pick = <T extends Int32Array | Uint8Array>(all: T): number[] =>
      rows.flatMap((row) => [...all.subarray(row * pos, (row + 1) * pos)]);
    const positions = Int32Array.from(pick(source.positions));
    this.#source = new RunState(rows.length, pos, source.mask && pick(source.mask), { positions });
  }

  clear(): void {
    for (const { keys, values } of this.#layers.values()) for (const each of [keys, values]) each.dispose();
    this.#layers.clear();
    this.#encoded?.dispose();
    this.#source = this.#encoded = undefined;
  }
}

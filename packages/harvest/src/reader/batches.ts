import { counted, showAsText } from "@hookdict/tensordict";
import type { TensorDict } from "@hookdict/tensordict";
import { checkKind, checkWhole } from "../checks/options.ts";
import type { Column } from "./columns.ts";
import { type Place, writeCursor } from "./cursor.ts";
import { elementsOf } from "./decode.ts";
import { Filling } from "./filling.ts";
import type { ReadOrder } from "./order.ts";
import type { Shards } from "./shards.ts";
import { readWindow, type Window } from "./window.ts";

/** What batches are made of. */
export interface BatchSource {
  readonly shards: Shards;
  readonly columns: readonly Column[];
  readonly order: ReadOrder;
  /** Whether a unit is left out, by the places of its window. */
  readonly drops: ((places: Places) => (unit: number) => boolean) | undefined;
  /** Names harvest, items and options in cursors. */
  readonly key: string;
  readonly from: Place;
}

/** What is known of a window's units. */
export interface Places {
  readonly tokens: ArrayLike<number>;
  readonly mask: ArrayLike<number> | undefined;
}

/**
 * Batches, one at a time. **Ownership:** each is owned by the receiver.
 *
 * @example no-run
 * const batches = reader.batches(4096, { unit: "position", shuffle: { seed: 1 } });
 * for await (const batch of batches) batch.run(step);
 * batches.cursor; // to go on another day
 */
export class HarvestBatches implements AsyncIterable<TensorDict> {
  static {
    showAsText(
      this,
      (batches) =>
        `HarvestBatches of ${counted(batches.#size, "row")}, ${batches.#cursor === undefined ? "from the start" : "some are read"}`,
    );
  }

  readonly #source: () => Promise<BatchSource>;
  readonly #size: number;
  #cursor: string | undefined;

  constructor(size: number, source: () => Promise<BatchSource>) {
    checkWhole("HarvestBatches", "size", size ?? null, 1, 2 ** 31 - 1);
    checkKind("HarvestBatches", "source", source ?? null, "a function");
    this.#size = size;
    this.#source = source;
  }

  /** Where the batches after the latest one begin; `undefined` before the first. */
  get cursor(): string | undefined {
    return this.#cursor;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TensorDict, void> {
    const source = await this.#source();
    const { columns, order, from } = source;
    const filling = new Filling(columns, this.#size, order.total);
    const windows = new Windows(source);
    try {
      for (let window = from.window; window < order.windows; window++) {
        const read = await windows.take(window);
        const drawn = order.units(window, read.units);
        const isDropped = source.drops?.(placesOf(columns, read));
        for (let unit = window === from.window ? from.unit : 0; unit < read.units;) {
          unit = filling.fill(read, unit, drawn, isDropped);
          if (!filling.isFull) continue;
          this.#cursor = writeCursor(source.key, { window, unit });
          yield filling.take();
        }
        windows.giveBack(read);
      }
    } finally {
      await windows.settled();
    }
    if (filling.isEmpty) return;
    this.#cursor = writeCursor(source.key, { window: order.windows, unit: 0 });
    yield filling.take();
  }
}

/** Windows, one after the other, read ahead where they are small: while one is decoded, the disk gives the next. */
class Windows {
  readonly #source: BatchSource;
  #ahead: { readonly window: number; readonly read: Promise<Window> } | undefined;
  #done: Window | undefined;

  constructor(source: BatchSource) {
    this.#source = source;
  }

  #read(window: number): Promise<Window> {
    const { shards, columns, order } = this.#source;
    const done = this.#done;
    this.#done = undefined;
    return readWindow(shards, columns, order.blocks(window), done);
  }

  async take(window: number): Promise<Window> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    const read = await (ahead?.window === window ? ahead.read : this.#read(window));
    const next = window + 1;
    // A shuffled window is the buffer that its reader allowed: two of them would be twice that.
    if (next < this.#source.order.windows && !this.#source.order.isShuffled) {
      const promise = this.#read(next);
      promise.catch(() => undefined); // told when it is taken
      this.#ahead = { window: next, read: promise };
    }
    return read;
  }

  /** Nobody reads this window any longer: its memory is the next one's. */
  giveBack(window: Window): void {
    this.#done = window;
  }

  /** Waits for what is under way, so that files may be closed. */
  async settled(): Promise<void> {
    await this.#ahead?.read.catch(() => undefined);
  }
}

/** Tokens and mask of a window's units, as they lie there. */
function placesOf(columns: readonly Column[], { raw }: Window): Places {
  const read = (name: string): ArrayLike<number> | undefined => {
    const c = columns.findIndex((column) => column.name === name);
    const column = columns[c];
    return column && elementsOf(column, raw[c] as Uint8Array); // bytes for each column
  };
  return { tokens: read("tokens") ?? [], mask: read("mask") };
}

import { keptClone, share } from "@hookdict/tensordict/tensors";
import { concat, gather, keep, slice, type Tensor, tensor1d, tidy, zeros } from "@tensorflow/tfjs-core";
import { hasFused, runFused } from "../ops/fused.ts";

/** So many columns more than there are, at least, when what is stored must move. */
const ROOM = 64;

/** Up to so many queries read keys and values where they are stored, a room among them: more are quicker with a copy. */
const FEW = 16;

/**
 * Keys, or values, of a layer's columns, `[batch, column, head, dim]`. Where the backend can write into a tensor, what is appended goes
 * into room behind the rest, and nothing is copied but when the room is full; elsewhere each append makes another tensor.
 *
 * **Ownership:** owns what is stored, until it is disposed.
 */
export class Columns {
  /** `[batch, column or more, head, dim]` */
  #all: Tensor;
  /** The first column's number. */
  #begin: number;
  #end: number;
  /** Whether nobody else sees the memory behind what is stored. */
  #hasRoom = false;

  /** **Ownership:** *borrows* the columns. */
  constructor(columns: Tensor, begin: number) {
    this.#all = keptClone(columns);
    this.#begin = begin;
    this.#end = begin + lengthOf(columns);
  }

  get begin(): number {
    return this.#begin;
  }

  get end(): number {
    return this.#end;
  }

  /**
   * Stores columns from `at` on, in place of those that are there, and gives all from `first` on, which may be followed by room. Those
   * before `first` may be forgotten.
   *
   * **Ownership:** *borrows* the columns; what it gives belongs to the scope.
   */
  append(columns: Tensor, at: number, first: number): Tensor {
    if (at < this.#end) this.cut(at);
    const end = at + lengthOf(columns);
    if (first === this.#end) {
      this.#replace(keptClone(columns), first, end, false);
      return columns;
    }
    if (!hasFused("HookdictWriteColumns")) {
      const joined = concat([this.part(first, this.#end), columns], 1);
      this.#replace(keptClone(joined), first, end, false);
      return joined;
    }
    if (!this.#hasRoom || end - this.#begin > lengthOf(this.#all)) this.#move(first, end);
    const written = withColumns(this.#all, this.#end - this.#begin, columns);
    this.#replace(written, this.#begin, end, true);
    const isAtOnce = first === this.#begin && lengthOf(columns) <= FEW;
    return isAtOnce ? share(this.#all) : this.part(first, end);
  }

  /** Whether {@link Columns.reserve} would do: few columns behind all others, which are all looked back to. */
  canReserve(count: number, at: number, first: number): boolean {
    const hasRoom = this.#hasRoom && at + count - this.#begin <= lengthOf(this.#all);
    return hasRoom && count <= FEW && at === this.#end && first === this.#begin;
  }

  /**
   * Counts columns as stored that the caller writes, from `at` on, into what it gives: all that is stored, and room. **Ownership:** what it
   * gives belongs to the scope.
   */
  reserve(count: number): Tensor {
    this.#end += count;
    return share(this.#all);
  }

  /** Forgets columns from `end` on. */
  cut(end: number): void {
    // Whoever saw a part may stand on the same memory.
    this.#hasRoom = false;
    this.#end = Math.min(this.#end, end);
  }

  /** Row `i` becomes what row `rows[i]` was. */
  select(rows: readonly number[]): void {
    const chosen = tidy(() => keep(gather(this.part(this.#begin, this.#end), [...rows], 0)));
    this.#replace(chosen, this.#begin, this.#end, false);
  }

  /** Columns up to `end`, not included. **Ownership:** what it gives belongs to the scope. */
  part(begin: number, end: number): Tensor {
    const [from, length] = [begin - this.#begin, end - begin];
    return from === 0 && length === lengthOf(this.#all)
      ? share(this.#all)
      : slice(this.#all, [0, from], [-1, length]);
  }

  dispose(): void {
    this.#all.dispose();
  }

  /** Moves what is stored from `first` on to where there is room up to `end` and for as many more as half of that. */
  #move(first: number, end: number): void {
    const [batch = 1, , ...rest] = this.#all.shape;
    const stored = end - first;
    const room = stored + Math.max(ROOM, Math.ceil(stored / 2));
    const moved = tidy(() => {
      const empty = zeros([batch, room, ...rest]);
      return withColumns(empty, 0, this.part(first, this.#end));
    });
    this.#replace(moved, first, this.#end, true);
  }

  #replace(all: Tensor, begin: number, end: number, hasRoom: boolean): void {
    const before = this.#all;
    [this.#all, this.#begin, this.#end, this.#hasRoom] = [all, begin, end, hasRoom];
    before.dispose();
  }
}

/** The store with columns written into it. **Ownership:** *borrows*; *returns owned*, and kept; its memory is the store's. */
function withColumns(store: Tensor, at: number, columns: Tensor): Tensor {
  return tidy(() => {
    const inputs = { store, at: tensor1d([at], "int32"), rows: columns };
    const [written] = runFused("HookdictWriteColumns", inputs) as [Tensor]; // asked for where there is one
    return keep(written);
  });
}

function lengthOf({ shape }: Tensor): number {
  return shape[1] ?? 0;
}

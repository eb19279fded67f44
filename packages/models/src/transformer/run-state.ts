import { atPlace, runPlace } from "@hookdict/core";
import { keep, slice, tensor, tidy, type Tensor } from "@tensorflow/tfjs-core";
import type { RotaryAngles } from "../ops/rotate.ts";
import type { AlibiConfig, AttentionConfig, RotaryConfig } from "./config.ts";
import type { AttentionStore } from "./attention-store.ts";
import { type OutputAt, positionsOfRows } from "./positions-of-rows.ts";
import { dependsOnLength, frequenciesOf } from "./rotary.ts";

/** What most runs do without. */
export interface RunStateOptions {
  readonly positions?: Int32Array;
  readonly source?: RunState;
  readonly store?: AttentionStore;
}

/**
 * What all layers of one run share: which positions there are, and masks and angles, made of them once. In a run of the
 * whole model its tensors are kept until that has ended; a part that is called alone leaves them to its scope.
 */
export class RunState {
  readonly batch: number;
  /** How many positions a row has, padding counted. */
  readonly pos: number;
  /** Position of every token, 0 on padding: `[batch * pos]`. */
  readonly positions: Int32Array;
  /** 1 for a token, 0 for padding: `[batch * pos]`; absent where nothing is padded. */
  readonly mask: Uint8Array | undefined;
  /** The encoder's run, for cross-attention. */
  readonly source: RunState | undefined;
  /** Where keys and values of earlier runs are, in a run that goes on from them. */
  readonly store: AttentionStore | undefined;
  readonly #made = new Map<string, Tensor>();
  /** The positions whose output is wanted, and where the run's first one stands. */
  #wanted: { readonly at: OutputAt; readonly first: number } | undefined;
  /** Whether the run under way is the whole model's. */
  #isKept = false;

  constructor(
    batch: number,
    pos: number,
    mask: ArrayLike<number> | undefined,
    { positions, source, store }: RunStateOptions = {},
  ) {
    this.source = source;
    this.store = store;
    this.batch = batch;
    this.pos = pos;
    const isPadded = mask !== undefined && Array.from(mask).some((each) => each === 0);
    this.mask = isPadded ? Uint8Array.from(mask, (each) => (each === 0 ? 0 : 1)) : undefined;
    this.positions = positions ?? positionsOf(batch, pos, this.mask);
  }

  /**
   * Runs `fn`, in which attention has queries at some positions alone, and what follows it runs there.
   *
   * @param at Counted from the run's first; `undefined` is every one.
   */
  withOutputAt<T>(at: OutputAt | undefined, fn: () => T): T {
    if (at === undefined || this.pos === 1) return fn(); // one position is that one
    this.#wanted = { at, first: runPlace().firstPosition };
    try {
      return this.atWanted(fn);
    } finally {
      this.#wanted = undefined;
    }
  }

  /** What of `x` is at the positions that are wanted: all of it where every one is. @param axis Where its positions are. */
  wanted(x: Tensor, axis: number = 1): Tensor {
    const { at } = this.#wanted ?? {};
    if (at === undefined || x.shape[axis] === 1) return x;
    if (typeof at !== "number") return positionsOfRows(x, axis, at);
    const begin = x.shape.map((_, i) => (i === axis ? at : 0));
    const size = x.shape.map((each, i) => (i === axis ? 1 : each));
    return slice(x, begin, size);
  }

  /** Runs `fn`, whose hooks are told that what they see is at the position that is wanted; where rows have theirs, there are none. */
  atWanted<T>(fn: () => T): T {
    const { at, first } = this.#wanted ?? { first: 0 };
    return typeof at === "number" ? atPlace({ firstPosition: first + at }, fn) : fn();
  }

  /** Runs `fn`, whose hooks see all positions of the run, and are told so. */
  atAll<T>(fn: () => T): T {
    const wanted = this.#wanted;
    return wanted === undefined ? fn() : atPlace({ firstPosition: wanted.first }, fn);
  }

  /** One more than the largest position. */
  get longest(): number {
    return this.positions.reduce((most, each) => Math.max(most, each), -1) + 1;
  }

  /** Whether all rows have the positions 0, 1, 2, ... */
  get isPlain(): boolean {
    return this.positions.every((each, at) => each === at % this.pos);
  }

  /** What is added to scores: `[dest, src]` where rows are alike, otherwise `[batch, 1, dest, src]`. */
  maskOf({ isCausal, window }: Pick<AttentionConfig, "isCausal" | "window">): Tensor | undefined {
    if (!isCausal && this.mask === undefined) return undefined;
    return this.once(`mask ${isCausal} ${window ?? ""}`, () => this.#makeMask(isCausal, window));
  }

  /** What is added to scores of cross-attention: `[batch, 1, 1, src]`, where something is padded. */
  get crossMask(): Tensor | undefined {
    const { source } = this;
    if (source?.mask === undefined) return undefined;
    const values = Float32Array.from(source.mask, (each) => (each === 0 ? -Infinity : 0));
    return this.once("cross", () => tensor(values, [this.batch, 1, 1, source.pos], "float32"));
  }

  #makeMask(isCausal: boolean, window: number | undefined): Tensor {
    const { pos, mask } = this;
    const rows = mask === undefined ? 1 : this.batch;
    const values = new Float32Array(rows * pos * pos).fill(-Infinity);
    for (let row = 0; row < rows; row++) {
      for (let dest = 0; dest < pos; dest++) {
        const begin = window === undefined ? 0 : Math.max(0, dest - window + 1);
        const end = isCausal ? dest + 1 : pos;
        const at = (row * pos + dest) * pos;
        for (let src = begin; src < end; src++) if (mask?.[row * pos + src] !== 0) values[at + src] = 0;
        values[at + dest] = 0; // padding sees itself: a row of nothing would be NaN, and spread
      }
    }
    return tensor(values, mask === undefined ? [pos, pos] : [rows, 1, pos, pos], "float32");
  }

  /** Cosines and sines of every position. */
  anglesOf(rotary: RotaryConfig): RotaryAngles {
    const key = JSON.stringify(rotary);
    const make = (name: string, fn: (angle: number) => number): Tensor =>
      this.once(`${name} ${key}`, () => {
        const { values, amplitude } = frequenciesOf(rotary, dependsOnLength(rotary) ? this.longest : 0);
        const rows = this.isPlain ? this.positions.subarray(0, this.pos) : this.positions;
        const all = new Float32Array(rows.length * values.length);
        rows.forEach((at, row) => {
          values.forEach((each, i) => (all[row * values.length + i] = amplitude * fn(at * each)));
        });
        return tensor(all, [...(this.isPlain ? [] : [this.batch]), this.pos, values.length], "float32");
      });
    return { cos: make("cos", Math.cos), sin: make("sin", Math.sin) };
  }

  /**
   * The bias of scores, `[1 or batch, head, 1 or dest, src]`.
   *
   * @param keys Position of every key, `[batch * src]`; those of the run's own tokens unless given.
   */
  alibiOf(alibi: AlibiConfig, keys: Int32Array = this.positions): Tensor {
    return this.once(`alibi ${keys.length} ${JSON.stringify(alibi)}`, () => {
      const { batch, pos, positions } = this;
      const rows = keys === positions && this.isPlain ? 1 : batch;
      const src = keys.length / batch;
      const heads = alibi.slopes.length;
      const dests = alibi.origin === "query" ? pos : 1;
      const values = new Float32Array(rows * heads * dests * src);
      const round = alibi.isInsideScale ? toBfloat16 : (value: number): number => value;
      let at = 0;
      for (let row = 0; row < rows; row++) {
        for (const slope of alibi.slopes.map(round)) {
          for (let dest = 0; dest < dests; dest++) {
            const origin = originOf(alibi, positions.subarray(row * pos, (row + 1) * pos), dest);
            for (let key = row * src; key < (row + 1) * src; key++)
              values[at++] = round(slope * ((keys[key] ?? 0) - origin));
          }
        }
      }
      return tensor(values, [rows, heads, dests, src], "float32");
    });
  }

  /** What a run makes once. **Ownership:** *borrowed*, until the run has ended. */
  once(key: string, make: () => Tensor): Tensor {
    const known = this.#made.get(key);
    if (known !== undefined && !known.isDisposed) return known;
    // Blocks free what is made in them: the next one would have to make it again.
    const made = this.#isKept ? tidy(() => keep(make())) : make();
    this.#made.set(key, made);
    return made;
  }

  /** Runs `fn`, for which what is made once is kept, and freed at its end. */
  during<T>(fn: () => T): T {
    this.#isKept = true;
    try {
      return fn();
    } finally {
      this.#isKept = false;
      for (const made of this.#made.values()) made.dispose();
      this.#made.clear();
    }
  }
}

function originOf({ origin }: AlibiConfig, row: Int32Array, dest: number): number {
  if (origin === "first") return 0;
  return (origin === "query" ? row[dest] : row.at(-1)) ?? 0;
}

/** Positions count the tokens of a row, wherever its padding stands. */
function positionsOf(batch: number, pos: number, mask: Uint8Array | undefined): Int32Array {
  const positions = new Int32Array(batch * pos);
  for (let row = 0; row < batch; row++) {
    let next = 0;
    for (let at = row * pos; at < (row + 1) * pos; at++) positions[at] = mask?.[at] === 0 ? 0 : next++;
  }
  return positions;
}

function toBfloat16(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer);
  const word = bits[0] ?? 0;
  bits[0] = (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000; // to the nearest, ties to even
  return new Float32Array(bits.buffer)[0] ?? 0;
}

/** The run under way, for parts that are called by others; a part that is called alone gets one of its own. */
export class RunHolder {
  #current: RunState | undefined;

  /** **Ownership:** the state's tensors are freed at the end. */
  during<T>(state: RunState, fn: () => T): T {
    const outer = this.#current;
    this.#current = state;
    try {
      return state.during(fn);
    } finally {
      this.#current = outer;
    }
  }

  of(batch: number, pos: number): RunState {
    const { batch: rows, pos: length } = this.#current ?? {};
    return this.#current !== undefined && rows === batch && length === pos
      ? this.#current
      : new RunState(batch, pos, undefined);
  }
}

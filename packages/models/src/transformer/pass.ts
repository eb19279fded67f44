import { gather, keep, reshape, tensor, tensor1d, transpose, type Tensor } from "@tensorflow/tfjs-core";
import type { AttentionStore } from "./attention-store.ts";
import type { AlibiConfig, RotationConfig, StackConfig } from "./config.ts";
import { type RotationFactors, rotationFactors } from "./rotation.ts";

/** What a run of a stack says to its blocks. */
export interface PassInput {
  /** Absolute positions of the tokens, `[batch or 1][pos]`. */
  readonly positions: readonly (readonly number[])[];
  readonly pos: number;
  /** Which tokens are none, `[batch][pos]`: 0 for padding. */
  readonly mask: readonly (readonly number[])[] | undefined;
  readonly isCausal: boolean;
  readonly store?: AttentionStore | undefined;
}

/** A run of a stack: masks, rotations and biases, each made once. **Ownership:** owns them until it is disposed. */
export class Pass {
  readonly input: PassInput;
  /** What a decoder's cross-attention reads, and its mask. */
  readonly encoded: { readonly values: Tensor; readonly pass: Pass } | undefined;
  /** Learned biases by distance, `[1, head, dest, src]`. */
  bias: Tensor | undefined;
  readonly #masks = new Map<string, Tensor>();
  readonly #rotations = new Map<RotationConfig, RotationFactors>();

  constructor(input: PassInput, encoded?: { readonly values: Tensor; readonly pass: Pass }) {
    this.input = input;
    this.encoded = encoded;
  }

  rotation(config: RotationConfig, dHead: number): RotationFactors {
    const known = this.#rotations.get(config);
    if (known !== undefined) return known;
    const made = rotationFactors(config, dHead, this.input.positions);
    for (const tensor of Object.values(made)) keep(tensor as Tensor); // blocks' scopes end before the run does
    this.#rotations.set(config, made);
    return made;
  }

  /** Added to the scores: `[dest, src]`, or `[batch, 1, dest, src]` where rows differ. */
  mask(window: number | undefined): Tensor {
    return this.#once(`mask ${window ?? ""}`, () => {
      const { pos, mask, isCausal } = this.input;
      const values = maskValues(pos, mask, isCausal, window);
      return tensor(values, mask === undefined ? [pos, pos] : [mask.length, 1, pos, pos]);
    });
  }

  /** Which keys of this stack another stack's queries see: `[batch, 1, 1, src]`. */
  keyMask(): Tensor | undefined {
    const { mask, pos } = this.input;
    if (mask === undefined) return undefined;
    return this.#once("keys", () =>
      tensor(
        mask.flat().map((each) => (each === 0 ? -Infinity : 0)),
        [mask.length, 1, 1, pos],
      ),
    );
  }

  /** Biases by distance, `[batch or 1, head, dest, src]`. */
  alibi(config: AlibiConfig, keyPositions: readonly (readonly number[])[] = this.input.positions): Tensor {
    return this.#once(`alibi ${keyPositions === this.input.positions}`, () => {
      const { positions } = this.input;
      const rows = keyPositions.map((keys, row) => alibiRow(config, positions[row] ?? positions[0] ?? [], keys));
      return tensor(rows.flat(3), [
        rows.length,
        config.slopes.length,
        this.input.pos,
        keyPositions[0]?.length ?? 0,
      ]);
    });
  }

  [Symbol.dispose](): void {
    for (const mask of this.#masks.values()) mask.dispose();
    for (const factors of this.#rotations.values()) {
      for (const tensor of Object.values(factors)) (tensor as Tensor).dispose();
    }
  }

  #once(key: string, make: () => Tensor): Tensor {
    const known = this.#masks.get(key);
    if (known !== undefined) return known;
    const made = keep(make());
    this.#masks.set(key, made);
    return made;
  }
}

/** The run that goes on; modules of a stack share one, so that calls between them carry tensors alone. */
export class CurrentPass {
  #pass: Pass | undefined;

  get(): Pass {
    if (this.#pass === undefined) throw new TypeError("no run goes on"); // the model's forward sets it
    return this.#pass;
  }

  during<T>(pass: Pass, run: () => T): T {
    const outer = this.#pass;
    this.#pass = pass;
    try {
      return run();
    } finally {
      this.#pass = outer;
    }
  }
}

function maskValues(
  pos: number,
  mask: readonly (readonly number[])[] | undefined,
  isCausal: boolean,
  window: number | undefined,
): Float32Array {
  const rows = mask ?? [undefined];
  const values = new Float32Array(rows.length * pos * pos).fill(-Infinity);
  rows.forEach((row, b) => {
    for (let q = 0; q < pos; q++) {
      const first = window === undefined ? 0 : Math.max(0, q - window + 1);
      const last = isCausal ? q : pos - 1;
      const at = (b * pos + q) * pos;
      for (let k = first; k <= last; k++) if (row === undefined || row[k] !== 0) values[at + k] = 0;
      // A query at padding sees itself: a row without any key would become NaN and spread.
      if (row?.[q] === 0) values[at + q] = 0;
    }
  });
  return values;
}

function alibiRow(
  { slopes, from, isRounded, scale = 1 }: AlibiConfig,
  queries: readonly number[],
  keys: readonly number[],
): number[][][] {
  const last = queries.at(-1) ?? 0;
  const round = isRounded === true ? toBFloat16 : (x: number): number => x;
  return slopes.map((slope) =>
    queries.map((query) =>
      keys.map(
        (key) => scale * round(round(slope) * (key - (from === "query" ? query : from === "last" ? last : 0))),
      ),
    ),
  );
}

function toBFloat16(x: number): number {
  const bits = new Uint32Array(Float32Array.of(x).buffer);
  const value = bits[0] ?? 0;
  bits[0] = (value + 0x7fff + ((value >>> 16) & 1)) & 0xffff0000;
  return new Float32Array(bits.buffer)[0] ?? 0;
}

/**
 * Learned biases by bucket of the distance.
 *
 * @param table `[bucket, head]`.
 * @returns `[1, head, dest, src]`.
 * @see Raffel et al., https://arxiv.org/abs/1910.10683
 */
export function bucketBias(
  table: Tensor,
  { count, maxDistance }: NonNullable<StackConfig["attention"]["buckets"]>,
  pos: number,
  isCausal: boolean,
): Tensor {
  const half = isCausal ? count : count / 2;
  const exact = Math.floor(half / 2);
  const bucketOf = (distance: number): number => {
    const side = !isCausal && distance > 0 ? half : 0;
    const size = isCausal ? Math.max(-distance, 0) : Math.abs(distance);
    if (size < exact) return side + size;
    const log = Math.fround(Math.log(Math.fround(size / exact)) / Math.log(maxDistance / exact));
    return side + Math.min(half - 1, exact + Math.floor(log * (half - exact)));
  };
  const ids = Int32Array.from({ length: pos * pos }, (_, at) => bucketOf((at % pos) - Math.floor(at / pos)));
  const rows = reshape(gather(table, tensor1d(ids, "int32")), [1, pos, pos, -1]);
  return transpose(rows, [0, 3, 1, 2]);
}

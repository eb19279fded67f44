import type { Tensor } from "@tensorflow/tfjs-core";
import { amountInvalid } from "../errors.ts";
import { type Amount, countOf } from "./amount.ts";
import { clearSmallest } from "./smallest.ts";

/** Scores of one weight, the smaller the less it counts. */
export interface Scores {
  readonly path: string;
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** Where the smallest are looked for; see `PruningOptions.among`. */
export type Among = "all" | "each" | "unit";

/** Whole slices along an axis instead of single values. */
export interface Units {
  /** The axis of the weight that counts the units; negative ones count from the end. */
  readonly axis: number;
  /** Which norm of the scores of a slice is its score: 1, 2, or `Infinity`. Default 1. */
  readonly norm?: number;
}

/** So many of each group of neighbours along an axis are kept. */
export interface Group {
  readonly keep: number;
  readonly of: number;
  /** The axis along which they are neighbours. Default 0, the inputs of a kernel `[in, out]`. */
  readonly axis?: number;
}

/** What is kept of every weight: 1 where a value stays, 0 where it goes. */
export type Masks = readonly Uint8Array[];

/** Single values. @throws UsageError `PRUNING_AMOUNT` */
export function valueMasks(all: readonly Scores[], amount: Amount, among: Among): Masks {
  const masks = partsOf(all);
  if (among === "all") {
    const Joined = all.every(({ values }) => values instanceof Float32Array) ? Float32Array : Float64Array;
    const joined = new Joined(masks.whole.length);
    all.forEach(({ values }, i) => joined.set(values, masks.offsets[i]));
    const { length } = joined;
    clearSmallest(masks.whole, joined, { begin: 0, length, step: 1 }, countOf(amount, length, "values"));
    return masks.parts;
  }
  all.forEach(({ values, shape }, i) => {
    const step = among === "unit" ? (shape.at(-1) ?? 1) : 1;
    const length = values.length / step;
    const count = countOf(amount, length, "values", among === "unit");
    for (let begin = 0; begin < step; begin++)
      clearSmallest(masks.parts[i] as Uint8Array, values, { begin, length, step }, count); // one for each
  });
  return masks.parts;
}

/** Masks of ones, which lie one after the other. */
function partsOf(all: readonly Scores[]): { whole: Uint8Array; parts: Uint8Array[]; offsets: number[] } {
  let total = 0;
  const offsets = all.map(({ values }) => (total += values.length) - values.length);
  const whole = new Uint8Array(total).fill(1);
  const parts = all.map(({ values }, i) => {
    const begin = offsets[i] ?? 0;
    return whole.subarray(begin, begin + values.length);
  });
  return { whole, parts, offsets };
}

/** Whole units. @throws UsageError `PRUNING_AMOUNT` */
export function unitMasks(all: readonly Scores[], amount: Amount, among: Among, units: Units): Masks {
  const norms = all.map((scores) => unitNorms(scores, units));
  const kept = valueMasks(
    norms.map((values, i) => ({ path: all[i]?.path ?? "", shape: [values.length], values })),
    amount,
    among === "all" ? "all" : "each",
  );
  return all.map((scores, i) => {
    const { count, inner } = axisOf(scores, units.axis);
    return Uint8Array.from(scores.values, (_, at) => kept[i]?.[Math.floor(at / inner) % count] ?? 1);
  });
}

function unitNorms(scores: Scores, { axis, norm = 1 }: Units): Float64Array {
  const { count, inner } = axisOf(scores, axis);
  const norms = new Float64Array(count);
  for (let at = 0; at < scores.values.length; at++) {
    const unit = Math.floor(at / inner) % count;
    const value = Math.abs(scores.values[at] ?? Number.NaN);
    norms[unit] = norm === Infinity ? Math.max(norms[unit] ?? 0, value) : (norms[unit] ?? 0) + value ** norm;
  }
  return norms; // a root changes no order between weights
}

/** The largest of every group of neighbours. @throws UsageError `PRUNING_AMOUNT` */
export function groupMasks(all: readonly Scores[], { keep, of, axis = 0 }: Group): Masks {
  return all.map((scores) => {
    const { count, inner } = axisOf(scores, axis);
    if (count % of !== 0)
      throw amountInvalid(
        `group: ${of}`,
        `a divisor of the ${count} values along axis ${axis} of ${scores.path}`,
      );
    const mask = new Uint8Array(scores.values.length).fill(1);
    for (let outer = 0; outer < scores.values.length; outer += count * inner)
      for (let rest = 0; rest < inner; rest++)
        for (let begin = 0; begin < count; begin += of)
          clearSmallest(
            mask,
            scores.values,
            { begin: outer + begin * inner + rest, length: of, step: inner },
            of - keep,
          );
    return mask;
  });
}

/** How long an axis is, and how many values lie from one of its entries to the next. */
function axisOf({ path, shape }: Scores, axis: number): { readonly count: number; readonly inner: number } {
  const at = axis < 0 ? axis + shape.length : axis;
  const count = shape[at];
  if (count === undefined)
    throw amountInvalid(`axis: ${axis}`, `an axis of ${path}, which is [${shape.join(", ")}]`);
  return { count, inner: shape.slice(at + 1).reduce((product, size) => product * size, 1) };
}

/** Reads scores. **Ownership:** *borrows* the tensor. */
export function scoresOf(path: string, tensor: Tensor): Scores {
  return { path, shape: tensor.shape, values: tensor.dataSync() };
}

import { type Option, option, optionInvalid } from "@hookdict/contexts";
import { isTensor } from "@hookdict/tensordict";
import { type Tensor, tensor, tidy, where, reshape, tile } from "@tensorflow/tfjs-core";
import { type Baseline, baselineInputs } from "../baseline.ts";
import { maskShape } from "../errors.ts";
import type { Job } from "../job.ts";
import { BASELINE } from "../options.ts";
import { repeatedRows } from "../gradient/line.ts";
import type { ByPlace } from "../passes/pass.ts";
import { type LazyRows, type Rows, takeRows } from "../passes/rows.ts";
import { repeatBatch } from "../rows.ts";

/** Options of methods that switch features off. */
export interface PerturbationOptions {
  /** What a feature is when it is off. Default 0. */
  readonly baseline?: Baseline;
  /**
   * Which entries of an example are one feature: int32 of an example's shape, numbers from 0 up; several inputs by name.
   * Default each entry its own.
   */
  readonly featureMask?: Tensor | ByPlace;
}

export const FEATURE_MASK: Option<Tensor | ByPlace, "optional"> = option.of<Tensor | ByPlace>(
  "a tensor that is alive, or one for each input by its name",
  (value) => isMask(value) || (isRecord(value) && Object.values(value).every(isMask)),
);

/** Declares {@link PerturbationOptions}. */
export const PERTURBATION: {
  readonly baseline: Option<Baseline, "default">;
  readonly featureMask: Option<Tensor | ByPlace, "optional">;
} = { baseline: BASELINE, featureMask: FEATURE_MASK };

function isMask(value: unknown): boolean {
  return isTensor(value) && !value.isDisposed;
}

function isRecord(value: unknown): value is object {
  return typeof value === "object" && value !== null && !isTensor(value);
}

/** Features of a batch: how many, and which entries of each input belong to which. */
export interface Features {
  readonly count: number;
  /** By input: the number of each entry's feature. */
  readonly of: Readonly<Record<string, Int32Array>>;
}

/** The features of a mask. @throws ShapeError `MASK_SHAPE`; UsageError `OPTION_INVALID` */
export function featuresOf(method: string, job: Job, mask: Tensor | ByPlace | undefined): Features {
  let next = 0;
  const of: Record<string, Int32Array> = {};
  for (const name of job.places) {
    const shape = job.input(name).shape.slice(1);
    const size = shape.reduce((a, b) => a * b, 1);
    const given = isTensor(mask) ? mask : mask?.[name];
    if (mask === undefined) {
      of[name] = Int32Array.from({ length: size }, (_, i) => next + i);
      next += size;
      continue;
    }
    if (given === undefined || given.size !== size || !isSame(given.shape, shape))
      throw maskShape(name, given?.shape ?? [], shape);
    const numbers = Int32Array.from(given.dataSync());
    if (numbers.some((each) => each < 0))
      throw optionInvalid(method, "featureMask", "a mask with negative numbers", "numbers from 0 on");
    of[name] = numbers;
    for (const each of numbers) next = Math.max(next, each + 1);
  }
  return { count: next, of };
}

function isSame(given: readonly number[], shape: readonly number[]): boolean {
  const inner = given.length === shape.length + 1 && given[0] === 1 ? given.slice(1) : given;
  return inner.join() === shape.join();
}

/**
 * For each coalition (which features are on), the inputs: on entries from the example, off ones from the baseline. Rows are
 * made as they run; the same for the same method, whatever the target.
 */
export function coalitionInputs(
  job: Job,
  features: Features,
  coalitions: readonly (readonly boolean[])[],
  baseline: Baseline,
): readonly Rows[] {
  const baselines = baselineInputs(job, baseline);
  return job.args.names.map((name, i) => {
    const value = job.args.tensors[i] as Tensor; // one for each name
    const numbers = features.of[name];
    return job.shareOwn(`coalitions ${name}`, () =>
      numbers === undefined
        ? repeatedRows(value, coalitions.length)
        : coalitionRows(value, baselines[i] as Tensor, numbers, coalitions),
    );
  });
}

function coalitionRows(
  value: Tensor,
  off: Tensor,
  numbers: Int32Array,
  coalitions: readonly (readonly boolean[])[],
): LazyRows {
  const [batch = 1, ...inner] = value.shape;
  return {
    dtype: value.dtype,
    take(start, count) {
      const [first, end] = [Math.floor(start / batch), Math.ceil((start + count) / batch)];
      const on = new Uint8Array((end - first) * numbers.length);
      for (const [c, coalition] of coalitions.slice(first, end).entries())
        for (const [e, feature] of numbers.entries())
          on[c * numbers.length + e] = coalition[feature] === true ? 1 : 0;
      return tidy(() => {
        const copies = repeatBatch(value, end - first);
        const mask = tensor(on, [end - first, 1, ...inner], "bool");
        const rows = reshape(tile(mask, [1, batch, ...inner.map(() => 1)]), copies.shape);
        return takeRows(where(rows, copies, repeatBatch(off, end - first)), start - first * batch, count);
      });
    },
  };
}

/** Gives every entry its feature's number, `[batch, ...]` for each input, from numbers `[feature][example]`. */
export function spreadFeatures(job: Job, features: Features, values: readonly ArrayLike<number>[]): ByPlace {
  return Object.fromEntries(
    job.places.map((name) => {
      const numbers = features.of[name] ?? new Int32Array();
      const shape = job.input(name).shape;
      const data = new Float32Array(job.batch * numbers.length);
      for (let b = 0; b < job.batch; b++)
        for (const [e, feature] of numbers.entries())
          data[b * numbers.length + e] = values[feature]?.[b] ?? 0;
      return [name, tensor(data, shape)];
    }),
  );
}

/** Scores as `[coalition][example]`. */
export function scoreRows(scores: Tensor, count: number): Float64Array[] {
  const data = scores.dataSync();
  const batch = data.length / count;
  return Array.from({ length: count }, (_, c) =>
    Float64Array.from(data.subarray(c * batch, (c + 1) * batch)),
  );
}

/** How far each coalition's scores fall below those of the whole, as `[coalition][example]`. */
export function scoreFalls(whole: Tensor, scores: Tensor, count: number): Float64Array[] {
  const [top] = scoreRows(whole, 1) as [Float64Array]; // one row
  return scoreRows(scores, count).map((each) => each.map((value, b) => (top[b] ?? 0) - value));
}

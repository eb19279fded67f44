import { argumentInvalid, checkArgument, checkOptionNames, isEndless } from "@hookdict/tensordict";
import { Tensor } from "@tensorflow/tfjs-core";
import { type Difference, notRegular, shapesDiffer, valuesDiffer } from "./errors.ts";

/** Numbers to compare: of a tensor, as nested lists, as a typed array (whose shape is not compared), or a single one. */
export type Numbers = Tensor | number | NestedNumbers | Float32Array | Int32Array | Uint8Array | Float64Array;
/** Lists of lists of numbers, all of one length at each level. */
export type NestedNumbers = readonly (number | NestedNumbers)[];

/** Options of {@link expectClose}: a value may be off by `atol + rtol × |expected|`. */
export interface ExpectCloseOptions {
  /** Default 1e-5. */
  readonly rtol?: number;
  /** Default 1e-6. */
  readonly atol?: number;
}

interface Flat {
  readonly shape: readonly number[] | undefined;
  readonly values: ArrayLike<number>;
}

/**
 * Compares shapes, and then values one by one. NaN equals NaN, and infinities equal themselves.
 *
 * **Ownership:** borrows both.
 *
 * @throws CheckError `SHAPES_DIFFER`, or `VALUES_DIFFER` with index and values of the worst; UsageError `VALUES_RAGGED`.
 * @example
 * expectClose(tf.tensor1d([1, 2]), [1, 2.1]); // => throws CheckError: 1 of 2 values differ; the worst at [1] is 2...
 */
export function expectClose(actual: Numbers, expected: Numbers, options: ExpectCloseOptions = {}): void {
  checkOptionNames("expectClose", options, ["rtol", "atol"]);
  const { rtol = 1e-5, atol = 1e-6 } = options;
  checkArgument("expectClose", "rtol", rtol, "a finite number");
  checkArgument("expectClose", "atol", atol, "a finite number");
  const got = flatten("actual", actual);
  const wanted = flatten("expected", expected);
  checkShapes(got, wanted);
  const shape = got.shape ?? wanted.shape ?? [got.values.length];
  const differences = differencesOf(
    got.values,
    wanted.values,
    (value) => atol + rtol * Math.abs(value),
    shape,
  );
  const [first, ...rest] = differences;
  if (first === undefined) return;
  const worst = rest.reduce((a, b) => (excess(b) > excess(a) ? b : a), first);
  throw valuesDiffer(worst, differences.length, got.values.length, { rtol, atol });
}

function differencesOf(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  allowedAt: (expected: number) => number,
  shape: readonly number[],
): Difference[] {
  const found: Difference[] = [];
  for (let i = 0; i < actual.length; i++) {
    const [a = Number.NaN, b = Number.NaN] = [actual[i], expected[i]];
    const allowed = allowedAt(b);
    if (!isClose(a, b, allowed)) found.push({ index: indexOf(i, shape), actual: a, expected: b, allowed });
  }
  return found;
}

function isClose(a: number, b: number, allowed: number): boolean {
  if (Number.isFinite(a) && Number.isFinite(b)) return Math.abs(a - b) <= allowed;
  return Object.is(a, b);
}

/** How far off, in units of what is allowed; what cannot be told (NaN) is worst. */
function excess({ actual, expected, allowed }: Difference): number {
  const ratio = Math.abs(actual - expected) / allowed;
  return Number.isNaN(ratio) ? Infinity : ratio;
}

function indexOf(position: number, shape: readonly number[]): readonly number[] {
  const index: number[] = [];
  let rest = position;
  for (const size of shape.toReversed()) {
    index.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return index;
}

function checkShapes(actual: Flat, expected: Flat): void {
  const told = ({ shape, values }: Flat): string => (shape ?? [values.length]).join(", ");
  const isSame =
    actual.shape === undefined || expected.shape === undefined
      ? actual.values.length === expected.values.length
      : told(actual) === told(expected);
  if (!isSame) throw shapesDiffer(told(actual), told(expected));
}

function flatten(name: string, numbers: Numbers): Flat {
  if (numbers instanceof Tensor) {
    checkArgument("expectClose", name, numbers, "a tensor of numbers");
    return { shape: numbers.shape, values: numbers.dataSync() };
  }
  if (typeof numbers === "number") return { shape: [], values: [numbers] };
  if (ArrayBuffer.isView(numbers)) return { shape: undefined, values: numbers };
  if (isEndless(numbers) || !areNumbers(numbers))
    throw argumentInvalid("expectClose", name, numbers, "a tensor, or numbers in lists of lists");
  return { shape: shapeOf(numbers), values: leavesOf(numbers) };
}

function areNumbers(nested: unknown): boolean {
  return Array.isArray(nested) && nested.every((item) => typeof item === "number" || areNumbers(item));
}

function leavesOf(nested: NestedNumbers): number[] {
  return nested.flatMap((item) => (typeof item === "number" ? [item] : leavesOf(item)));
}

function shapeOf(nested: NestedNumbers): readonly number[] {
  const shapes = nested.map((item) => (typeof item === "number" ? [] : shapeOf(item)));
  if (shapes.some((shape) => shape.join() !== shapes[0]?.join())) throw notRegular();
  return [nested.length, ...(shapes[0] ?? [])];
}

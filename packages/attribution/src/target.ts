import { describeValue, isTensor } from "@hookdict/tensordict";
import {
  gather,
  mul,
  reshape,
  slice,
  sum,
  tensor1d,
  tensor2d,
  tidy,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { targetInvalid, targetMissing, targetOutside, targetShape } from "./errors.ts";

/** A number of each example, made of the model's output. **Ownership:** borrows; its result belongs to the run. */
export type TargetFunction = (output: never, rows: readonly number[]) => Tensor;

/** A number of a value: one of its entries, or what a function makes of it. */
interface Quantity {
  /** Index into the value, without the batch; or one for each example. */
  readonly index?: readonly number[] | readonly (readonly number[])[];
  readonly of?: TargetFunction;
}

/**
 * What is explained: a class, one class for each example, a function of the output to one number per example `[rows]`, a
 * quantity at a position of the output `[batch, pos, ...]`, or one at an inner site. A transformer whose logits are read
 * at positions leaves out the work that only the others need, unless a hook would see less of it.
 */
export type Target =
  | number
  | readonly number[]
  | TargetFunction
  | (Quantity & {
      /** One for all, or one for each example; negative ones count from the end. */
      readonly position: number | readonly number[];
    })
  | (Quantity & { readonly site: string });

/** A target that has been checked. */
export interface Score {
  /** Equal keys, equal scores. */
  readonly key: string;
  /** The site it is made of; the model's output otherwise. */
  readonly site: string | undefined;
  /**
   * The position of the output that it is made of, or that of each example; {@link Score.of} is given what is there,
   * `[rows, ...]`.
   */
  readonly position?: number | readonly number[];
  /** `[rows]` of a value. `rows` counts on over copies of the batch. */
  of(value: unknown, rows: readonly number[]): Tensor;
}

const functionIds = new WeakMap<TargetFunction, number>();
let nextId = 0;

function idOf(fn: TargetFunction): number {
  const known = functionIds.get(fn);
  if (known !== undefined) return known;
  functionIds.set(fn, ++nextId);
  return nextId;
}

/** Checks a target for a batch. @throws UsageError `TARGET_INVALID` */
export function scoreFor(target: Target | undefined, batch: number): Score {
  if (target === undefined)
    return { key: "only", site: undefined, of: (value, rows) => onlyEntry(value, rows) };
  if (typeof target === "function")
    return {
      key: `function ${idOf(target)}`,
      site: undefined,
      of: (value, rows) => called(target, value, rows),
    };
  if (typeof target === "number" || Array.isArray(target)) {
    const classes = typeof target === "number" ? [target] : (target as readonly number[]); // narrowed by isArray
    if (
      !classes.every((each) => Number.isInteger(each)) ||
      (classes.length !== 1 && classes.length !== batch)
    )
      throw targetInvalid(target, batch);
    return {
      key: `classes ${classes.join()}`,
      site: undefined,
      of: (value, rows) => entriesOf(value, rows, classes),
    };
  }
  if (typeof target !== "object" || (target as unknown) === null) throw targetInvalid(target, batch);
  const { site, position, index, of } = target as Quantity & { site?: unknown; position?: unknown }; // the only kinds left
  const isPlace = Number.isInteger(position) || isList(position, batch, Number.isInteger);
  if ((typeof site === "string") === isPlace || (index === undefined) === (of === undefined))
    throw targetInvalid(target, batch);
  const isIndex = (each: unknown): boolean => Array.isArray(each) && each.every(Number.isInteger);
  if (index !== undefined && !isIndex(index) && !isList(index, batch, isIndex))
    throw targetInvalid(target, batch);
  const where = typeof site === "string" ? site : `position ${String(position)}`;
  const indices = (isIndex(index) ? [index] : index) as readonly (readonly number[])[] | undefined; // as checked
  return {
    key: `${where} ${of === undefined ? `at ${JSON.stringify(index)}` : `function ${idOf(of)}`}`,
    site: typeof site === "string" ? site : undefined,
    ...(isPlace && { position: position as number | readonly number[] }), // as checked
    of: (value, rows) =>
      of === undefined ? neuronsOf(where, value, rows, indices ?? []) : called(of, value, rows),
  };
}

/** Whether something is a list with one for each example. */
function isList(value: unknown, batch: number, isOne: (each: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length === batch && value.every(isOne);
}

function called(fn: TargetFunction, value: unknown, rows: readonly number[]): Tensor {
  const result: unknown = fn(value as never, rows);
  if (isTensor(result) && result.dtype === "float32" && result.rank === 1 && result.shape[0] === rows.length)
    return result;
  throw targetShape(describeValue(result), rows.length);
}

function onlyEntry(value: unknown, rows: readonly number[]): Tensor {
  if (isTensor(value) && value.size === rows.length) return reshape(value, [rows.length]);
  throw targetMissing(describeValue(value));
}

function entriesOf(value: unknown, rows: readonly number[], classes: readonly number[]): Tensor {
  if (!isTensor(value) || value.rank !== 2) throw targetMissing(describeValue(value));
  const [, width = 0] = value.shape;
  const wrong = classes.find((each) => each < -width || each >= width);
  if (wrong !== undefined) throw targetOutside(wrong, width);
  return tidy(() => {
    // Written out: the operation oneHot refuses a width of 1.
    const chosen = new Float32Array(rows.length * width);
    for (const [i, row] of rows.entries()) {
      const each = classes[row % classes.length] ?? 0;
      chosen[i * width + (each < 0 ? each + width : each)] = 1;
    }
    return sum(mul(value, tensor2d(chosen, [rows.length, width])), 1);
  });
}

/** One entry of each row: all at one index, or each at that of its example. */
function neuronsOf(
  site: string,
  value: unknown,
  rows: readonly number[],
  indices: readonly (readonly number[])[],
): Tensor {
  if (!isTensor(value)) throw targetMissing(describeValue(value));
  const [count = 1, ...inner] = value.shape;
  const offsets = indices.map((index) => offsetOf(site, index, inner));
  return tidy(() => {
    const flat = reshape(value, [count, -1]);
    const [offset = 0] = offsets;
    if (offsets.length === 1) return reshape(slice(flat, [0, offset], [count, 1]), [count]);
    const size = value.size / count;
    const places = rows.map((row, i) => i * size + (offsets[row % offsets.length] ?? 0));
    return gather(reshape(flat, [-1]), tensor1d(places, "int32"));
  });
}

function offsetOf(site: string, index: readonly number[], inner: readonly number[]): number {
  if (index.length !== inner.length) throw targetMissing(`a value ${inner.join("×")} at ${site}`);
  let offset = 0;
  for (const [axis, size] of inner.entries()) {
    const at = index[axis] ?? 0;
    if (at < 0 || at >= size) throw targetOutside(at, size);
    offset = offset * size + at;
  }
  return offset;
}

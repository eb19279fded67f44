import { isTensor, isTensorDict, TensorDict } from "@hookdict/tensordict";
import { gather, reshape, type Tensor, tensor1d } from "@tensorflow/tfjs-core";
import { inputsInvalid } from "./errors.ts";

/** What goes along with the inputs, nothing being attributed to it: a record of the model's further arguments. */
export interface Carried {
  /** The record for a run of which each row is of one of the batch's examples. **Ownership:** what is new in it is `made`. */
  of(examples: readonly number[], made: Disposables): Readonly<Record<string, unknown>>;
}

/** What a run frees behind it. */
export type Disposables = { dispose(): void }[];

/** Lists of numbers of one type, such as `Int32Array`. */
type Numbers = ArrayLike<number> & { readonly constructor: { from(values: readonly number[]): unknown } };

/**
 * A record whose tensors, TensorDicts and lists, where their sizes begin with the batch's, have a row for each example, in records within it
 * as well; all else is the same in every run. **Ownership:** borrows.
 *
 * @throws ShapeError `ATTRIBUTION_INPUTS` for a tensor or TensorDict that was disposed.
 */
export function carriedBy(record: Readonly<Record<string, unknown>>, batchSize: readonly number[]): Carried {
  const batch = batchSize.reduce((a, b) => a * b, 1);
  eachIn(record, (value, path) => {
    if ((isTensor(value) || isTensorDict(value)) && value.isDisposed) throw inputsInvalid(path, value);
    return value;
  });
  return {
    of: (examples, made) => {
      const isBatch = examples.length === batch && examples.every((example, i) => example % batch === i);
      if (isBatch && batchSize.length === 1) return record;
      const places = examples.map((example) => example % batch);
      return eachIn(record, (value) => {
        if (isTensor(value))
          return begins(value.shape, batchSize) ? rowsOf(value, places, batchSize, made) : value;
        if (isTensorDict(value))
          return begins(value.batchSize, batchSize) ? dictOf(value, places, batchSize, made) : value;
        if (isNumbers(value))
          return batchSize.length === 1 && value.length === batch
            ? value.constructor.from(places.map((place) => value[place] ?? 0))
            : value;
        const flat = flatRows(value, batchSize);
        return flat === undefined ? value : places.map((place) => flat[place]);
      });
    },
  };
}

/** A record with another value for each; records within it are gone through, one that holds itself is left as it is. */
function eachIn(
  record: Readonly<Record<string, unknown>>,
  change: (value: unknown, path: string) => unknown,
  above = "",
  within: readonly unknown[] = [],
): Readonly<Record<string, unknown>> {
  const around = [...within, record];
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => {
      const path = above + name;
      const isInner = isPlain(value) && !around.includes(value);
      return [name, isInner ? eachIn(value, change, `${path}.`, around) : change(value, path)];
    }),
  );
}

function rowsOf(
  value: Tensor,
  places: readonly number[],
  batchSize: readonly number[],
  made: Disposables,
): Tensor {
  const index = tensor1d([...places], "int32");
  made.push(index);
  const flat = reshape(value, [-1, ...value.shape.slice(batchSize.length)]);
  made.push(flat);
  const part = gather(flat, index);
  made.push(part);
  return part;
}

function dictOf(
  dict: TensorDict,
  places: readonly number[],
  batchSize: readonly number[],
  made: Disposables,
): TensorDict {
  const rest = dict.batchSize.slice(batchSize.length);
  const rows = new TensorDict({}, { batchSize: [places.length, ...rest] });
  made.push(rows);
  for (const key of dict.keys({ nested: true, leavesOnly: true })) {
    const value: unknown = dict.get(key);
    // Taken from a list of its own: the dict owns what is set.
    const own: Disposables = [];
    if (isTensor(value)) rows.set(key, rowsOf(value, places, batchSize, own));
    for (const each of own.slice(0, -1)) each.dispose();
  }
  return rows;
}

function begins(shape: readonly number[], batchSize: readonly number[]): boolean {
  return shape.length >= batchSize.length && batchSize.every((size, axis) => shape[axis] === size);
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isNumbers(value: unknown): value is Numbers {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

/** A list's rows, one for each example; `undefined` where it is no list of rows. */
function flatRows(value: unknown, batchSize: readonly number[]): readonly unknown[] | undefined {
  if (batchSize.length === 0) return Array.isArray(value) ? [value] : undefined;
  const [size, ...inner] = batchSize;
  if (!Array.isArray(value) || value.length !== size) return undefined;
  if (inner.length === 0) return value;
  const rows = value.map((each) => flatRows(each, inner));
  return rows.every((each) => each !== undefined) ? rows.flat() : undefined;
}

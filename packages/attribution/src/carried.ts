import { isTensor } from "@hookdict/tensordict";
import { gather, reshape, type Tensor, tensor1d } from "@tensorflow/tfjs-core";

/** What goes along with the inputs, nothing being attributed to it: a record of the model's further arguments. */
export interface Carried {
  /** The record for a run of which each row is of one of the batch's examples. **Ownership:** its new tensors are `made`. */
  of(examples: readonly number[], made: Tensor[]): Readonly<Record<string, unknown>>;
}

/**
 * A record whose tensors and lists, where their sizes begin with the batch's, have a row for each example; all else is the same in
 * every run. **Ownership:** borrows.
 */
export function carriedBy(record: Readonly<Record<string, unknown>>, batchSize: readonly number[]): Carried {
  const batch = batchSize.reduce((a, b) => a * b, 1);
  return {
    of: (examples, made) => {
      const isBatch = examples.length === batch && examples.every((example, i) => example % batch === i);
      const places = examples.map((example) => example % batch);
      const rows = (value: unknown): unknown => {
        if (isTensor(value)) {
          if (!begins(value.shape, batchSize)) return value;
          if (isBatch && batchSize.length === 1) return value;
          const index = tensor1d(places, "int32");
          const flat = reshape(value, [batch, ...value.shape.slice(batchSize.length)]);
          const part = gather(flat, index);
          made.push(index, flat, part);
          return part;
        }
        const flat = flatRows(value, batchSize);
        return flat === undefined ? value : places.map((place) => flat[place]);
      };
      return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, rows(value)]));
    },
  };
}

function begins(shape: readonly number[], batchSize: readonly number[]): boolean {
  return shape.length >= batchSize.length && batchSize.every((size, axis) => shape[axis] === size);
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

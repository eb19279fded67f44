import { checkArgument, checkOptionNames, describeValue, isTensor } from "@hookdict/tensordict";
import { tensor2d, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { sequenceInvalid } from "./errors.ts";
import type { BatchFunction, JoinedBatch } from "./inputs.ts";

/** Token ids of one or several sequences: lists, or int32 tensors `[pos]` or `[rows, pos]`. */
export type Sequences = readonly number[] | readonly (readonly number[])[] | Tensor;

/** Sequences of different lengths as one batch. **Ownership:** *borrowed*: freed with the run. */
export interface PaddedTokens {
  /** int32 `[rows, pos]`, with padding on the left. */
  readonly tokens: Tensor2D;
  /** int32 `[rows, pos]`: 1 where there is a token. */
  readonly mask: Tensor2D;
  /** int32 `[rows, pos]`: the position of each token in its own sequence; 0 where there is none. */
  readonly positions: Tensor2D;
}

/** Options of {@link padded}. */
export interface PaddedOptions<A extends readonly unknown[]> {
  /** The id that fills up. It is masked, so any will do. Default 0. */
  readonly padToken?: number;
  /**
   * How the model takes them. A model must be given the positions as well as the mask: by the columns alone, the first
   * token of a short sequence would be at the wrong position.
   */
  readonly args: (batch: PaddedTokens) => A;
}

/**
 * A trace's batch of token sequences of different lengths: padded on the left, with a mask and with each token's own
 * position. In a body, `t.pos(i)` is the column of its i-th token.
 *
 * @throws from the run: UsageError `TRACE_SEQUENCE`
 * @example no-run
 * using trace = openTrace(model, { batch: padded({ args: ({ tokens, mask, positions }) => [tokens, { mask, positions }] }) });
 * trace.invoke([5, 3, 8], function* (t) { ... });
 */
export function padded<A extends readonly unknown[]>(options: PaddedOptions<A>): BatchFunction<A, Sequences> {
  checkOptionNames("padded", options, ["padToken", "args"]);
  const { padToken = 0, args } = options;
  checkArgument("padded", "padToken", padToken, "a whole number, 0 or more");
  checkArgument("padded", "args", args, "a function");
  return (inputs): JoinedBatch<A> => {
    const each = inputs.map(rowsOf);
    const rows = each.flat();
    const width = Math.max(1, ...rows.map(({ length }) => length));
    const filled = (fill: number, value: (row: readonly number[], i: number) => number): Tensor2D => {
      const values = rows.flatMap((row) => [
        ...Array.from({ length: width - row.length }, () => fill),
        ...row.map((_, i) => value(row, i)),
      ]);
      return tensor2d(values, [rows.length, width], "int32");
    };
    const batch = {
      tokens: filled(padToken, (row, i) => row[i] ?? padToken),
      mask: filled(0, () => 1),
      positions: filled(0, (_, i) => i),
    };
    return {
      args: args(batch),
      sizes: each.map(({ length }) => length),
      rows: rows.map(({ length }) => ({ start: width - length, length })),
    };
  };
}

/**
 * Groups inputs by the length of their sequences, so that each group is a batch without padding: open a trace for each.
 *
 * @example
 * bucketByLength([[1, 2], [3], [4, 5]], (ids) => ids.length); // => [[[1, 2], [4, 5]], [[3]]]
 */
export function bucketByLength<T>(
  items: readonly T[],
  lengthOf: (item: T) => number,
): readonly (readonly T[])[] {
  checkArgument("bucketByLength", "items", items, "a list");
  checkArgument("bucketByLength", "lengthOf", lengthOf, "a function");
  const buckets = new Map<number, T[]>();
  for (const item of items) {
    const length = lengthOf(item);
    const bucket = buckets.get(length) ?? [];
    buckets.set(length, bucket);
    bucket.push(item);
  }
  return [...buckets.values()];
}

/** Lists of token ids. @throws UsageError `TRACE_SEQUENCE` */
function rowsOf(input: Sequences): readonly (readonly number[])[] {
  const value: unknown = isTensor(input) ? input.arraySync() : input;
  const rows: unknown = isIds(value) ? [value] : value;
  if (!Array.isArray(rows) || rows.length === 0 || !rows.every(isIds))
    throw sequenceInvalid(describeValue(input));
  return rows;
}

function isIds(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every((id) => Number.isInteger(id));
}

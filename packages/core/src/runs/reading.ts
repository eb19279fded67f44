import { argumentInvalid, checkArgument } from "@hookdict/tensordict";

/**
 * Positions of the second axis of a model's output: one for all rows, or a list for each row, all equally long. Negative ones
 * count from the end.
 */
export type ReadPositions = number | readonly (readonly number[])[];

/** What a caller reads of a model's output. */
export interface OutputReading {
  readonly position: ReadPositions;
  /** Set by a model that gives these positions alone. */
  isTaken: boolean;
}

let current: (OutputReading & { readonly model: object }) | undefined;

/**
 * Runs `fn`, in which the next run of the model may leave out the positions of its output that nobody reads, and all that
 * only they need. Models that can do so save work; a model must not where a hook would see less than without. `fn` must not
 * be asynchronous.
 *
 * @returns What `fn` returned, and whether the model has given these positions alone: `[batch, 1, ...]`, or `[batch, n, ...]`
 * for lists of n.
 * @example
 * readingAt({}, -1, () => "a model runs"); // => { value: "a model runs", isTaken: false }
 */
export function readingAt<T>(
  model: object,
  position: ReadPositions,
  fn: () => T,
): { readonly value: T; readonly isTaken: boolean } {
  if (!isReading(position))
    throw argumentInvalid(
      "readingAt",
      "position",
      position,
      "a number, or a list of numbers for each row, equally long",
    );
  checkArgument("readingAt", "fn", fn, "a function");
  const outer = current;
  const reading = { model, position, isTaken: false };
  current = reading;
  try {
    const value = fn();
    return { value, isTaken: reading.isTaken };
  } finally {
    current = outer;
  }
}

function isReading(position: unknown): boolean {
  if (!Array.isArray(position)) return Number.isFinite(position);
  const [first] = position as readonly unknown[];
  const count = Array.isArray(first) ? first.length : 0;
  return position.every(
    (row) => Array.isArray(row) && row.length === count && count > 0 && row.every(Number.isFinite),
  );
}

/** What is read of the run of a model that begins, for models; what it runs inside is read as a whole. */
export function outputReading(model: object): OutputReading | undefined {
  const reading = current?.model === model ? current : undefined;
  if (reading !== undefined) current = undefined;
  return reading;
}

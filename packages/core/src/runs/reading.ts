import { checkArgument } from "@hookdict/tensordict";

/** What a caller reads of a model's output: one position of its second axis. */
export interface OutputReading {
  /** Negative ones count from the end. */
  readonly position: number;
  /** Set by a model that gives this position alone. */
  isTaken: boolean;
}

let current: (OutputReading & { readonly model: object }) | undefined;

/**
 * Runs `fn`, in which the next run of the model may leave out the positions of its output that nobody reads, and all that
 * only they need. Models that can do so save work; a model must not where a hook would see less than without. `fn` must not
 * be asynchronous.
 *
 * @returns What `fn` returned, and whether the model has given this position alone.
 * @example
 * readingAt({}, -1, () => "a model runs"); // => { value: "a model runs", isTaken: false }
 */
export function readingAt<T>(
  model: object,
  position: number,
  fn: () => T,
): { readonly value: T; readonly isTaken: boolean } {
  checkArgument("readingAt", "position", position, "a finite number");
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

/** What is read of the run of a model that begins, for models; what it runs inside is read as a whole. */
export function outputReading(model: object): OutputReading | undefined {
  const reading = current?.model === model ? current : undefined;
  if (reading !== undefined) current = undefined;
  return reading;
}

import { checkArgument } from "@hookdict/tensordict";
import { memory } from "@tensorflow/tfjs-core";
import { leakFreeAsync as isAsync, tensorsLeaked } from "./errors.ts";

/**
 * Runs `fn` and returns its result, provided that as many tensors exist afterwards as before.
 *
 * **Ownership:** tensors in the result count as left behind: read them inside, or dispose them there.
 *
 * @throws CheckError `TENSORS_LEAKED`; UsageError `LEAK_FREE_ASYNC`; what `fn` throws.
 * @example
 * leakFree(() => tf.tidy(() => tf.square(3).dataSync()[0])); // => 9
 */
export function leakFree<T>(fn: () => T): T {
  checkArgument("leakFree", "fn", fn, "a function");
  const before = memory().numTensors;
  const result = fn();
  if (result instanceof Promise) {
    result.catch(() => undefined); // reported below; a rejection must not end the process
    throw isAsync();
  }
  checkCount(before);
  return result;
}

/** {@link leakFree} for a function that returns a promise. @throws CheckError `TENSORS_LEAKED`; what `fn` throws. */
export async function leakFreeAsync<T>(fn: () => Promise<T>): Promise<T> {
  checkArgument("leakFreeAsync", "fn", fn, "a function");
  const before = memory().numTensors;
  const result = await fn();
  checkCount(before);
  return result;
}

function checkCount(before: number): void {
  const after = memory().numTensors;
  if (after !== before) throw tensorsLeaked(before, after);
}

import { isHookdictError } from "@hookdict/tensordict";
import { expectClose } from "@hookdict/core/testing";
import type { Tensor } from "@tensorflow/tfjs-core";

/** How a run has ended: with an output, or the code of an error. */
export type Ending = { readonly output: readonly number[] } | { readonly error: string };

/** The oracle adds up in another order. */
const TOLERANCE = { rtol: 2e-4, atol: 2e-5 };

/** **Ownership:** takes the tensor that the function gives. */
export async function endingOf(run: () => Tensor | Promise<Tensor>): Promise<Ending> {
  try {
    return { output: take(await run()) };
  } catch (error) {
    return { error: codeOf(error) };
  }
}

/** Reads and frees. */
export function take(tensor: Tensor): readonly number[] {
  const values = [...tensor.dataSync()];
  tensor.dispose();
  return values;
}

/** The code of what was thrown, of the first where there are several; anything unexpected is thrown again. */
export function codeOf(error: unknown): string {
  const first: unknown =
    error instanceof Error && "suppressed" in error ? Reflect.get(error, "error") : error;
  if (isHookdictError(first)) return first.code === "GRAPH_INPUTS" ? "MODEL" : first.code; // inputs of another type
  if (first instanceof RangeError) return first.message === "model" ? "MODEL" : first.message;
  throw error;
}

/** The code of what the function throws, if it does. */
export function thrownBy(fn: () => unknown): string | undefined {
  try {
    fn();
    return undefined;
  } catch (error) {
    return codeOf(error);
  }
}

export function expectSame(what: string, actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) === JSON.stringify(expected)) return;
  throw new Error(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
}

export function expectNumbers(what: string, actual: readonly number[], expected: readonly number[]): void {
  if (actual.length === expected.length && isClose(actual, expected)) return;
  throw new Error(`${what}: [${actual.join(", ")}] instead of [${expected.join(", ")}]`);
}

export function isClose(actual: readonly number[], expected: readonly number[]): boolean {
  try {
    expectClose(Float32Array.from(actual), Float32Array.from(expected), TOLERANCE);
    return true;
  } catch {
    return false;
  }
}

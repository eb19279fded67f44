import { isHookdictError } from "@hookdict/tensordict";
import { hookDisposed, hookReturnedPromise, hookThrew, replacementMismatch } from "./errors.ts";
import type { HookEntry } from "./entry.ts";
import type { HookInfo } from "./hook.ts";
import { leaveToScope } from "@hookdict/tensordict/tensors";
import { conforms, describeValue, isTensor } from "@hookdict/tensordict";

/** A chain's hooks in the order in which they run. Never changed in place: a run keeps the list it began with. */
export type HookChain = readonly HookEntry[];

/** The positional inputs as hooks see them: the value itself when there is one, the tuple otherwise. */
export function packInputs(inputs: readonly unknown[]): unknown {
  return inputs.length === 1 ? inputs[0] : inputs;
}

export function unpackInputs(value: unknown, count: number): readonly unknown[] {
  return count === 1 ? [value] : (value as readonly unknown[]); // a tuple of that length: `conforms` has checked it
}

/** Runs a hook and says where it was when it throws. */
export function fire(entry: HookEntry, value: unknown, info: HookInfo): unknown {
  entry.running = true;
  try {
    const result = entry.terms.run(value, info);
    if (result instanceof Promise) {
      result.catch(() => undefined); // reported below; a rejection must not end the process
      throw hookReturnedPromise(entry);
    }
    if (isDisposed(value)) throw hookDisposed(entry, "disposed the value that it was given");
    if (isDisposed(result)) throw hookDisposed(entry, "returned a disposed tensor");
    entry.firedIn = entry.port.model.runId;
    return result;
  } catch (error) {
    throw knowsItsSite(error) ? error : hookThrew(entry, error);
  } finally {
    entry.running = false;
  }
}

/** A run that was stopped is another model's, called by the hook: this one goes on, or fails. */
function knowsItsSite(error: unknown): boolean {
  return isHookdictError(error) && "site" in error.fields && error.code !== "RUN_STOPPED";
}

/** Single tensors only: looking through structures would cost every hook. */
function isDisposed(value: unknown): boolean {
  return isTensor(value) && value.isDisposed;
}

/**
 * Checks what a hook returned against what it was given, and returns it.
 *
 * **Ownership:** takes the TensorDicts that the hook has made since `mark`: they end with the run.
 */
export function accept(entry: HookEntry, expected: unknown, got: unknown, mark: number): unknown {
  if (got !== expected) leaveToScope(got, mark);
  if (conforms(expected, got, entry.terms.reshapes)) return got;
  throw replacementMismatch(entry, describeValue(expected), describeValue(got));
}

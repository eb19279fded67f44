import { isTensor } from "@hookdict/tensordict";
import { leaveToScope, tensorMark } from "@hookdict/tensordict/tensors";

/** What a part of a model has given since the mark. */
interface Made {
  readonly value: unknown;
  readonly mark: number;
}

/** What the parts of models have given in the call under way, and where that has begun. */
let made: { readonly values: Made[]; readonly mark: number } | undefined;

/**
 * Takes note of what a part of a model has given: nothing else tells TensorDicts that a run has made from those that
 * somebody keeps.
 *
 * @param mark From where on its tensors are the run's. Default the beginning of the call.
 */
export function noteMade(value: unknown, mark?: number): void {
  if (made === undefined || typeof value !== "object" || value === null || isTensor(value)) return;
  made.values.push({ value, mark: mark ?? made.mark });
}

/**
 * Runs `fn` in the active scope, which then has the tensors of the TensorDicts that parts of models have given in there.
 * In a call inside of another, the outer one's has them.
 */
export function freeingMade<T>(fn: () => T): T {
  if (made !== undefined) return fn();
  const here = (made = { values: [], mark: tensorMark() });
  try {
    return fn();
  } finally {
    made = undefined;
    for (const { value, mark } of here.values) leaveToScope(value, mark);
  }
}

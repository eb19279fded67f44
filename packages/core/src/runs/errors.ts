import { LifetimeError, UsageError } from "@hookdict/tensordict";

export function runsOverlap(model: string): LifetimeError {
  return new LifetimeError({
    code: "RUN_OVERLAPS",
    what: `${model} was called while an earlier call of it still waits, and hooks could not tell the two apart.`,
    hint: "Await the earlier call first, or dispose the contexts on the model.",
    fields: { model },
  });
}

export function runAsync(): UsageError {
  return new UsageError({
    code: "RUN_ASYNC",
    what: "The function given to during() returned a promise, so the run has ended before it is done.",
    hint: "Call duringAsync() and await it.",
  });
}

/** @param what `a value of the class Box`, `a function`. */
export function valueOpaque(deed: string, what: string): UsageError {
  return new UsageError({
    code: "VALUE_OPAQUE",
    what: `${what.slice(0, 1).toUpperCase()}${what.slice(1)} cannot be ${deed}: the tensors that it holds cannot be seen, and would be freed with the run.`,
    hint: "Use a tensor, a TensorDict, or arrays and plain records of these.",
    fields: { deed, value: what },
  });
}

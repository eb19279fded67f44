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

import { describeValue, KeyError, LifetimeError, UsageError } from "@hookdict/tensordict";

const shown = (key: unknown): string => JSON.stringify(key);

export function stepInvalid(at: number, field: string, got: unknown, wanted: string): UsageError {
  return new UsageError({
    code: "WORKFLOW_STEP",
    what: `Step ${at} of a workflow has ${describeValue(got)} as ${field}.`,
    hint: `Give ${wanted}.`,
    fields: { at, field },
  });
}

export function stepName(name: string): UsageError {
  return new UsageError({
    code: "WORKFLOW_NAME",
    what: `Two steps of a workflow are called ${shown(name)}.`,
    hint: "Give each a name of its own.",
    fields: { name },
  });
}

export function keyMissing(step: string, key: unknown, present: readonly unknown[]): KeyError {
  const listed = present.length === 0 ? "nothing" : present.slice(0, 12).map(shown).join(", ");
  return new KeyError({
    code: "WORKFLOW_KEY_MISSING",
    what: `The step ${step} reads ${shown(key)}, which no step before it writes and the input has not; there is ${listed}.`,
    hint: "Nothing has run. Give it with the input, or put the step that writes it before.",
    fields: { step, key, present },
  });
}

export function keyOwned(step: string, key: unknown, owner: string): UsageError {
  return new UsageError({
    code: "WORKFLOW_KEY_OWNED",
    what: `The step ${step} writes ${shown(key)}, which belongs to ${owner}.`,
    hint: "Nothing has run. Write another key, or name this one among the step's updates.",
    fields: { step, key, owner },
  });
}

export function keyNotWritten(step: string, key: unknown): KeyError {
  return new KeyError({
    code: "WORKFLOW_KEY_NOT_WRITTEN",
    what: `The step ${step} says that it writes ${shown(key)}, and has not.`,
    hint: "Return a list with a value for each out key, and a tensor as the output of a model; the input is as it was.",
    fields: { step, key },
  });
}

export function stepFailed(step: string, cause: unknown): UsageError {
  const said = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new UsageError({
    code: "WORKFLOW_STEP_FAILED",
    what: `The step ${step} threw ${said.replace(/\.$/, "")}.`,
    hint: "The cause is the original error. Input, models and tensors are as they were.",
    fields: { step },
    cause,
  });
}

export function workflowAborted(done: number, total: number, reason: unknown): LifetimeError {
  return new LifetimeError({
    code: "WORKFLOW_ABORTED",
    what: `A workflow was aborted after ${done} of ${total} groups of steps.`,
    hint: "Input, models and tensors are as they were.",
    cause: reason,
    fields: { done, total },
  });
}

import { UsageError } from "@hookdict/tensordict";

export function labelsInvalid(owner: string, got: string, wanted: string): UsageError {
  return new UsageError({
    code: "LABELS_INVALID",
    what: `${owner} got labels with ${got}.`,
    hint: `Give ${wanted}.`,
    fields: { owner, got },
  });
}

export function systemSingular(owner: string, rank: number, width: number): UsageError {
  return new UsageError({
    code: "SYSTEM_SINGULAR",
    what: `${owner} has no single solution: its ${width} features have rank ${rank}.`,
    hint: "Give more examples, leave out features that follow from others, or set alpha above 0.",
    fields: { owner, rank, width },
  });
}

export function notFitted(owner: string): UsageError {
  return new UsageError({
    code: "NOT_FITTED",
    what: `${owner} has not been fitted.`,
    hint: "Await its fit(x, y) first.",
    fields: { owner },
  });
}

export function notConverged(owner: string, steps: number, gradient: number): UsageError {
  return new UsageError({
    code: "NOT_CONVERGED",
    what: `${owner} has not reached its optimum after ${steps} steps: the largest slope is ${gradient}.`,
    hint: "Scale the features to similar sizes, lower C or raise alpha, or allow more steps with maxSteps.",
    fields: { owner, steps, gradient },
  });
}

import { LifetimeError, shown, UsageError } from "@hookdict/tensordict";

/** An option of the wrong kind. */
export function generationOption(name: string, want: string, got: unknown): UsageError {
  const text = typeof got === "string" ? got : shown(got);
  return new UsageError({
    code: "GENERATION_OPTION",
    what: `"${name}" of a generation is ${text}; it must be ${want}.`,
    fields: { name, got },
  });
}

/** Logits that rule out every token, or are no numbers. */
export function noTokenLeft(row: number, step: number): UsageError {
  return new UsageError({
    code: "GENERATION_NO_TOKEN",
    what: `No token can follow in row ${row} at step ${step}: its logits are all -Infinity, or not numbers.`,
    hint: "Look at the model's hooks and at the steps that change logits.",
    fields: { row, step },
  });
}

/** A generation that its signal ended. */
export function generationAborted(step: number, reason: unknown): LifetimeError {
  return new LifetimeError({
    code: "GENERATION_ABORTED",
    what: `The generation was aborted before step ${step}.`,
    hint: "What was made until then was given token by token.",
    fields: { step },
    cause: reason,
  });
}

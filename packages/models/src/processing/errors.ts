import { jsonText, UsageError } from "@hookdict/tensordict";

/** A step of weight processing that would change what the model computes. */
export function processingUnfit(modelType: string, step: string, why: string): UsageError {
  return new UsageError({
    code: "PROCESSING_UNFIT",
    what: `"${step}" would change what this ${modelType} model computes: ${why}.`,
    hint: `Leave out { ${step} }.`,
    fields: { modelType, step },
  });
}

/** An option of weight processing that there is not, or that is no switch. */
export function processingOption(name: string, got: unknown, known: readonly string[]): UsageError {
  return new UsageError({
    code: "PROCESSING_OPTION",
    what: `processed() was given "${name}": ${jsonText(got)}.`,
    hint: `Give true or false for ${known.join(", ")}.`,
    fields: { name, known },
  });
}

import { UsageError } from "@hookdict/tensordict";

/** A weight under TransformerLens's name that the family does not have. */
export function weightAbsent(modelType: string, name: string, why: string): UsageError {
  return new UsageError({
    code: "WEIGHT_ABSENT",
    what: `A ${modelType} model has no ${name}: ${why}.`,
    hint: "`weights.names` lists the parameters that it has.",
    fields: { modelType, name },
  });
}

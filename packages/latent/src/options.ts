import { checkArgument, describeValue, UsageError } from "@hookdict/tensordict";

/** @throws UsageError `ARGUMENT_INVALID`, and `OPTION_UNKNOWN` for what plain JavaScript may misspell. */
export function checkKnown(owner: string, options: object | undefined, known: readonly string[]): void {
  if (options !== undefined) checkArgument(owner, "options", options, "a record");
  for (const option of Object.keys(options ?? {})) {
    if (!known.includes(option)) throw optionUnknown(owner, option, known);
  }
}

function optionUnknown(owner: string, option: string, known: readonly string[]): UsageError {
  return new UsageError({
    code: "OPTION_UNKNOWN",
    what: `${owner} has no option "${option}".`,
    hint: `Its options are ${known.join(", ")}.`,
    fields: { owner, option, known },
  });
}

export function optionInvalid(owner: string, option: string, got: unknown, wanted: string): UsageError {
  const shown = typeof got === "number" || typeof got === "string" ? JSON.stringify(got) : describeValue(got);
  return new UsageError({
    code: "OPTION_INVALID",
    what: `The option ${option} of ${owner} is ${typeof got === "number" ? String(got) : shown}.`,
    hint: `Give ${wanted}.`,
    fields: { owner, option, got },
  });
}

import { FormatError, shown, UsageError } from "@hookdict/tensordict";

/** A file of a harvest or of a data set that is not what its format says. */
export function harvestFileInvalid(file: string, problem: string, cause?: unknown): FormatError {
  return new FormatError({
    code: "HARVEST_FILE_INVALID",
    what: `${file}: ${problem}.`,
    hint: "It was changed or made by something else: do not trust it; `verify` tells what else is wrong.",
    fields: { file, problem },
    ...(cause !== undefined && { cause }),
  });
}

/** An option of another type, or out of its range. */
export function harvestOption(owner: string, option: string, got: unknown, wanted: string): UsageError {
  return new UsageError({
    code: "HARVEST_OPTION",
    what: `The option ${option} of ${owner} is ${shown(got)}.`,
    hint: `Give ${wanted}.`,
    fields: { owner, option, got },
  });
}

/** An option that there is not. */
export function harvestOptionUnknown(owner: string, option: string, known: readonly string[]): UsageError {
  return new UsageError({
    code: "HARVEST_OPTION_UNKNOWN",
    what: `${owner} has no option "${option}".`,
    hint: `Its options are ${known.join(", ")}.`,
    fields: { owner, option, known },
  });
}

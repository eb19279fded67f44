import { optionUnknown } from "./errors.ts";

/** @throws UsageError `OPTION_UNKNOWN` for what plain JavaScript may misspell. */
export function checkKnown(owner: string, options: object | undefined, known: readonly string[]): void {
  for (const option of Object.keys(options ?? {})) {
    if (!known.includes(option)) throw optionUnknown(owner, option, known);
  }
}

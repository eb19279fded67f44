import { generationOption } from "./errors.ts";
import type { Stop } from "./stop.ts";
import { stopLength } from "./stops/length.ts";
import { stopStrings } from "./stops/strings.ts";
import { stopTokens } from "./stops/tokens.ts";

/** Options that each make one reason to end. */
export interface StopOptions {
  /** Most tokens that are made. Default 20. */
  readonly maxNewTokens?: number;
  /** Tokens that end a row; the one that does is the row's last. */
  readonly stopTokens?: readonly number[];
  /** Texts that end a row; they need `decode`. */
  readonly stopStrings?: readonly string[];
  /** Turns tokens into text, as a tokenizer's `decode` does. */
  readonly decode?: (ids: readonly number[]) => string;
}

/** What an option makes; nothing where it is not given. */
type OptionStop = (options: StopOptions) => Stop | undefined;

/** Every reason to end, in the order in which they are asked. */
export const STOPS: readonly OptionStop[] = [
  ({ stopTokens: ids }) => {
    if (ids === undefined) return undefined;
    if (!Array.isArray(ids) || !ids.every((id) => Number.isSafeInteger(id)))
      throw generationOption("stopTokens", "a list of token ids", ids);
    return stopTokens(ids);
  },
  ({ stopStrings: strings, decode }) => {
    if (strings === undefined) return undefined;
    if (typeof decode !== "function") throw generationOption("decode", "given with stopStrings", decode);
    if (!Array.isArray(strings) || !strings.every((each) => typeof each === "string" && each !== ""))
      throw generationOption("stopStrings", "a list of texts that are not empty", strings);
    return stopStrings(strings, decode);
  },
  ({ maxNewTokens = 20 }) => {
    const isCount = Number.isSafeInteger(maxNewTokens) && maxNewTokens > 0;
    if (!isCount) throw generationOption("maxNewTokens", "a whole number from 1 on", maxNewTokens);
    return stopLength(maxNewTokens);
  },
];

/** Reasons to end for the options that are given; @throws UsageError `GENERATION_OPTION`. */
export function stops(options: StopOptions): Stop[] {
  return STOPS.flatMap((make) => make(options) ?? []);
}

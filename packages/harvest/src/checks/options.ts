import { harvestOption, harvestOptionUnknown } from "./errors.ts";

/** @throws UsageError `HARVEST_OPTION`, `HARVEST_OPTION_UNKNOWN` for what plain JavaScript may give as options. */
export function checkKnown(owner: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw harvestOption(owner, "list", options, "an object with options");
  for (const option of Object.keys(options)) {
    if (!known.includes(option)) throw harvestOptionUnknown(owner, option, known);
  }
}

/** @throws UsageError `HARVEST_OPTION` unless it is a whole number in range, or absent. */
export function checkWhole(
  owner: string,
  option: string,
  got: unknown,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): void {
  if (got === undefined) return;
  const isFine = Number.isSafeInteger(got) && (got as number) >= least && (got as number) <= most;
  const upTo = most === Number.MAX_SAFE_INTEGER ? "" : ` and at most ${most}`;
  if (!isFine) throw harvestOption(owner, option, got, `a whole number of at least ${least}${upTo}`);
}

const KINDS = { "a text": "string", "a function": "function", "true or false": "boolean" } as const;

/** @throws UsageError `HARVEST_OPTION` unless it is of the kind, or absent. */
export function checkKind(owner: string, option: string, got: unknown, kind: keyof typeof KINDS): void {
  if (got !== undefined && typeof got !== KINDS[kind]) throw harvestOption(owner, option, got, kind);
}

/** @throws UsageError `HARVEST_OPTION` unless it is one of the words, or absent. */
export function checkWord(owner: string, option: string, got: unknown, words: readonly string[]): void {
  if (got === undefined || words.includes(got as string)) return;
  throw harvestOption(owner, option, got, words.map((word) => JSON.stringify(word)).join(" or "));
}

import { argumentInvalid, checkArgument, checkOptionNames, jsonText } from "@hookdict/tensordict";
import { generationOption } from "./errors.ts";
import type { LogitsStep } from "./logits-step.ts";
import { LOGITS_STEPS } from "./logits-steps.ts";
import type { Stop } from "./stop.ts";

/** The part of an `AbortSignal` that is read. */
export interface SignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
}

/** Parts of the caller's own, of every way to generate. */
export interface OwnParts {
  /** Further changes of logits, after those of the options. */
  readonly steps?: readonly LogitsStep[];
  /** Further reasons to end. */
  readonly stops?: readonly Stop[];
  /** Ends the generation between two steps. */
  readonly signal?: SignalLike;
}

/** Options of every way to generate. */
const SHARED: readonly string[] = LOGITS_STEPS.map(({ option }): string => option).concat(
  ["maxNewTokens", "stopTokens", "stopStrings", "decode"],
  ["useCache", "encoderPrompts", "steps", "stops", "signal"],
);

/** Names of options, by who takes them. */
const OPTIONS: Readonly<Record<"generate" | "generateRows" | "beamSearch", readonly string[]>> = {
  generate: [...SHARED, "pick", "seed", "padLeft"],
  generateRows: [...SHARED, "pick", "seed", "padLeft"],
  beamSearch: [...SHARED, "beams", "lengthPenalty", "earlyStopping"],
};

/**
 * Checks what plain JavaScript may give to what generates, before the model runs.
 *
 * @throws UsageError `ARGUMENT_INVALID`, `GENERATION_OPTION`
 */
export function checkGeneration(
  owner: keyof typeof OPTIONS,
  model: unknown,
  prompts: unknown,
  options: unknown,
): void {
  if (!has(model, "call")) throw argumentInvalid(owner, "model", model, "a language model, or a hooked one");
  checkArgument(owner, "prompts", prompts, "a list");
  const rows = prompts as readonly unknown[]; // just checked
  for (const prompt of rows) checkArgument(owner, "a prompt", prompt, "a list of finite numbers");
  if (rows.length === 0 || !rows.every(isTokens)) {
    const want = "lists of at least one token, which are whole numbers";
    throw generationOption("prompts", want, jsonText(rows));
  }
  checkOptionNames(owner, options, OPTIONS[owner]);
  const { steps = [], stops = [], signal, seed = 0 } = options as OwnParts & { readonly seed?: unknown }; // a record
  if (!Array.isArray(steps) || !steps.every((step) => has(step, "apply")))
    throw generationOption("steps", "a list of { name, apply }", steps);
  if (!Array.isArray(stops) || !stops.every((stop) => has(stop, "isEnd")))
    throw generationOption("stops", "a list of { name, isEnd }", stops);
  if (signal !== undefined && typeof Object(signal).aborted !== "boolean")
    throw generationOption("signal", "an AbortSignal", signal);
  if (!Number.isFinite(seed)) throw generationOption("seed", "a finite number", seed);
}

/** Whether something is a list of at least one whole number. */
export function isTokens(row: unknown): boolean {
  return Array.isArray(row) && row.length > 0 && row.every((id) => Number.isSafeInteger(id));
}

/** Whether something has a method. */
export function has(thing: unknown, method: string): boolean {
  return typeof thing === "object" && thing !== null && typeof Reflect.get(thing, method) === "function";
}

import type { Transcoders } from "@hookdict/latent";
import { describeValue } from "@hookdict/tensordict";
import { optionWrong } from "../errors.ts";
import type { WorkOptions } from "../runs/work.ts";

/** Options of {@link attributionGraph}. */
export interface AttributionOptions extends WorkOptions {
  /** Of all layers of the model; *borrowed*. */
  readonly transcoders: Transcoders;
  /** Where they read, with `{layer}` for the number: `blocks.{layer}.hook_resid_mid`. Default what they say. */
  readonly input?: string;
  /** Where they write. Default what they say. */
  readonly output?: string;
  /** Tokens whose logits are explained. Default the likeliest, until they make up `logitProbability`. */
  readonly logits?: readonly number[];
  /** Default 0.95. */
  readonly logitProbability?: number;
  /** Default 10. */
  readonly maxLogits?: number;
  /** The position whose logits are explained. Default the last. */
  readonly position?: number;
  /** How many features are nodes at most: those that the logits depend on most. Default all that are active. */
  readonly maxFeatures?: number;
  /** Positions at which all that MLPs add counts as a bias, such as `[0]` where a text begins with BOS. Default none. */
  readonly withoutFeatures?: readonly number[];
  /** How many targets one forward and backward pass is for. Default 32. */
  readonly batchSize?: number;
}

/** Options with their defaults. */
export type ReadAttributionOptions = AttributionOptions &
  Required<
    Pick<AttributionOptions, "logitProbability" | "maxLogits" | "position" | "withoutFeatures" | "batchSize">
  >;

const KNOWN = [
  "transcoders",
  "input",
  "output",
  "logits",
  "logitProbability",
  "maxLogits",
  "position",
  "maxFeatures",
  "withoutFeatures",
  "batchSize",
  "onProgress",
  "signal",
];

/** @throws UsageError `CIRCUIT_OPTION` */
export function readAttributionOptions(what: string, given: AttributionOptions): ReadAttributionOptions {
  const raw: unknown = given; // plain JavaScript gives anything
  if (typeof raw !== "object" || raw === null) throw optionWrong(what, "transcoders", raw, "{ transcoders }");
  const odd = Object.keys(raw).find((name) => !KNOWN.includes(name));
  if (odd !== undefined)
    throw optionWrong(what, odd, (raw as Record<string, unknown>)[odd], `one of ${KNOWN.join(", ")}`);
  const transcoders: unknown = given.transcoders;
  if (
    typeof transcoders !== "object" ||
    transcoders === null ||
    !("layers" in transcoders) ||
    !("decodeAt" in transcoders)
  )
    throw optionWrong(what, "transcoders", describeValue(transcoders), "Transcoders");
  const options: ReadAttributionOptions = {
    ...given,
    logitProbability: given.logitProbability ?? 0.95,
    maxLogits: given.maxLogits ?? 10,
    position: given.position ?? -1,
    withoutFeatures: given.withoutFeatures ?? [],
    batchSize: given.batchSize ?? 32,
  };
  const { logits, logitProbability, maxLogits, maxFeatures = 1, batchSize } = options;
  if (logits !== undefined && (!Array.isArray(logits) || logits.length === 0))
    throw optionWrong(what, "logits", logits, "a list of tokens");
  if (!(logitProbability > 0 && logitProbability <= 1))
    throw optionWrong(what, "logitProbability", logitProbability, "a number above 0, up to 1");
  for (const [name, count] of Object.entries({ maxLogits, maxFeatures, batchSize }))
    if (!Number.isInteger(count) || count < 1)
      throw optionWrong(what, name, count, "a whole number from 1 up");
  return options;
}

import { argumentInvalid, checkArgument, MOST_COUNT } from "@hookdict/tensordict";
import { option, optionInvalid, readOptions } from "@hookdict/contexts";
import { FEATURE_ACTIVATIONS } from "./activations.ts";
import type { FeatureActivation } from "./activations/activation.ts";
import type { DictionaryConfig, DictionaryWeightName, DictionaryWeights } from "./config.ts";
import { weightShape, weightsMissing } from "./errors.ts";
import { ROW_NORMALIZATIONS } from "./normalizations.ts";
import type { RowNormalization } from "./normalizations/normalization.ts";

/** A configuration with its defaults, and what its names stand for. */
export interface CheckedConfig {
  readonly config: Required<Omit<DictionaryConfig, "k" | "batchThreshold" | "site" | "outputSite">> &
    DictionaryConfig;
  readonly activation: FeatureActivation;
  readonly normalization: RowNormalization;
}

const size = option.number({ min: 1, max: MOST_COUNT, integer: true });
const CONFIG = {
  activation: option.string().required(),
  dIn: size.required(),
  dOut: size,
  dSae: size.required(),
  k: option.number(),
  batchThreshold: option.number(),
  centresInput: option.boolean().default(false),
  normalization: option.string().default("none"),
  rescalesByDecoderNorm: option.boolean().default(false),
  joinsHeads: option.boolean().default(false),
  site: option.string(),
  outputSite: option.string(),
} as const;

/** @throws UsageError `OPTION_UNKNOWN`, `OPTION_INVALID`, `OPTIONS_INVALID` */
export function checkConfig(owner: string, given: DictionaryConfig): CheckedConfig {
  const read = readOptions(owner, CONFIG, given);
  const { dIn, dSae, k } = read;
  const dOut = read.dOut ?? dIn;
  const activation = byName(owner, "activation", FEATURE_ACTIVATIONS, read.activation);
  const normalization = byName(owner, "normalization", ROW_NORMALIZATIONS, read.normalization);
  if (activation.needsK ? !(k !== undefined && k > 0 && k <= dSae) : k !== undefined)
    throw optionInvalid(
      owner,
      "k",
      k,
      activation.needsK ? `a number from 1 to ${dSae}` : "k for a top-k activation only",
    );
  if (read.centresInput && dOut !== dIn)
    throw optionInvalid(owner, "centresInput", true, `false: bDec has ${dOut} values, and the input ${dIn}`);
  const defined = Object.fromEntries(
    Object.entries({ ...read, dOut }).filter(([, value]) => value !== undefined),
  );
  return { config: Object.freeze(defined) as unknown as CheckedConfig["config"], activation, normalization };
}

/** Numbers that a tensor, or a list of them, may have here: TensorFlow.js counts no further. */
const MOST_NUMBERS = 2 ** 30;

/** Sees that `got` rows of `width` numbers have room. @throws UsageError `OPTION_INVALID` */
export function checkRoom(owner: string, name: string, got: number, width: number): void {
  const most = Math.floor(MOST_NUMBERS / width);
  if (got > most) throw optionInvalid(owner, name, got, `at most ${most}, for rows of ${width} numbers`);
}

function byName<T extends { readonly name: string }>(
  owner: string,
  field: string,
  known: readonly T[],
  name: string,
): T {
  const found = known.find((each) => each.name === name);
  if (found === undefined)
    throw optionInvalid(owner, field, name, `one of ${known.map((each) => each.name).join(", ")}`);
  return found;
}

/**
 * Checks that all weights are there, in their shapes, and that there are no others.
 *
 * @throws FormatError `DICTIONARY_WEIGHTS_MISSING`; ShapeError `DICTIONARY_WEIGHT_SHAPE`; UsageError `OPTION_UNKNOWN`
 */
export function checkWeights(
  where: string,
  { config, activation }: CheckedConfig,
  weights: DictionaryWeights<{ readonly shape: readonly number[] }>,
): void {
  checkArgument(where, "weights", weights, "a record");
  const { dIn, dOut, dSae } = config;
  const shapes: Partial<Record<DictionaryWeightName, readonly number[]>> = {
    wEnc: [dIn, dSae],
    wDec: [dSae, dOut],
    bDec: [dOut],
    [activation.bias]: [dSae],
    ...Object.fromEntries(Object.keys(activation.weights).map((name) => [name, [dSae]])),
  };
  const missing = Object.keys(shapes).filter((name) => weights[name as DictionaryWeightName] === undefined);
  if (missing.length > 0) throw weightsMissing(where, missing, Object.keys(weights));
  const all = { ...shapes, wSkip: [dIn, dOut] };
  for (const [name, weight] of Object.entries(weights)) {
    const wanted = all[name as DictionaryWeightName];
    if (wanted === undefined)
      throw optionInvalid(where, name, weight, `only ${Object.keys(all).join(", ")} for ${activation.name}`);
    checkArgument(where, name, Object(weight).shape, "a list of finite numbers");
    if (weight.shape.join() !== wanted.join()) throw weightShape(where, name, wanted, weight.shape);
  }
}

/** @throws UsageError `ARGUMENT_INVALID` unless all are numbers of features */
export function checkFeatures(owner: string, features: unknown, count: number): void {
  checkArgument(owner, "features", features, "a list of finite numbers");
  const odd = (features as readonly number[]).find((at) => !Number.isInteger(at) || at < 0 || at >= count); // just checked
  if (odd !== undefined)
    throw argumentInvalid(owner, "a feature", odd, `whole numbers from 0 to ${count - 1}`);
}

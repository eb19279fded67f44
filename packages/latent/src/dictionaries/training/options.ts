import { MOST_COUNT } from "@hookdict/tensordict";
import { option, optionInvalid, readOptions } from "@hookdict/contexts";
import type { Key } from "@hookdict/tensordict";
import { checkRoom } from "../check.ts";
import { TRAINING_KINDS, type TrainingKind } from "./steps.ts";

/** Options of {@link DictionaryTrainer}. */
export interface DictionaryTrainerOptions {
  /** How wide values are. */
  readonly dIn: number;
  /** How many features there shall be. */
  readonly dSae: number;
  readonly activation: "topK" | "jumpRelu";
  /** Top-k: how many features a row has. */
  readonly k?: number;
  /** Jump-ReLU: the weight of the number of features. Default 0.1. */
  readonly coefficient?: number;
  /** Jump-ReLU: how wide the stretch is in which a threshold learns. Default 0.1. */
  readonly bandwidth?: number;
  /** Default 0.003. */
  readonly learningRate?: number;
  /** A feature that no row had for so many steps begins anew, as what is left of a badly reconstructed row. 0: never. Default 100. */
  readonly deadAfter?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Path of the site whose values these are, for the dictionary. */
  readonly site?: string;
}

/** What one step has found. */
export interface TrainingStep {
  /** The number of the step, from 1 on. */
  readonly step: number;
  readonly loss: number;
  readonly mse: number;
  /** How many features a row had, on average. */
  readonly l0: number;
  /** How many features began anew after the step. */
  readonly revived: number;
}

/** Options of `DictionaryTrainer.fit`. */
export interface FitOptions {
  /** Where values are in a TensorDict. Default `"x"`. */
  readonly x?: Key;
  /** Called after each step. */
  readonly onProgress?: (step: TrainingStep) => void;
  /** Ends before the next step: what is learnt so far stays. */
  readonly signal?: { readonly aborted: boolean };
}

const size = option.number({ min: 1, max: MOST_COUNT, integer: true });
const OPTIONS = {
  dIn: size.required(),
  dSae: size.required(),
  activation: option.oneOf("topK", "jumpRelu").required(),
  k: size,
  coefficient: option.number({ min: 0 }).default(0.1),
  bandwidth: option.number({ min: 1e-6 }).default(0.1),
  learningRate: option.number({ min: 0 }).default(0.003),
  deadAfter: option.number({ min: 0, integer: true }).default(100),
  seed: option.number({ integer: true }).default(0),
  site: option.string(),
} as const;

/** Options with their defaults. */
export type TrainerOptions = Readonly<
  Required<Omit<DictionaryTrainerOptions, "k" | "site">> & DictionaryTrainerOptions
>;

/** @throws UsageError `OPTION_UNKNOWN`, `OPTION_INVALID`, `OPTIONS_INVALID` */
export function readTrainerOptions(given: DictionaryTrainerOptions): {
  readonly options: TrainerOptions;
  readonly kind: TrainingKind;
} {
  const options = readOptions("DictionaryTrainer", OPTIONS, given);
  const { dSae, activation, k } = options;
  const isTopK = activation === "topK";
  if (isTopK ? k === undefined || k > dSae : k !== undefined)
    throw optionInvalid(
      "DictionaryTrainer",
      "k",
      k,
      isTopK ? `a whole number from 1 to ${dSae}` : "k for top-k only",
    );
  checkRoom("DictionaryTrainer", "dSae", dSae, options.dIn);
  const kind = TRAINING_KINDS.find((each) => each.activation === activation) as TrainingKind; // just checked
  return { options: Object.freeze(options) as TrainerOptions, kind };
}

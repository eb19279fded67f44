/** What a sparse dictionary is, besides its numbers. */
export interface DictionaryConfig {
  /** How features come from preactivations: the name of one of `FEATURE_ACTIVATIONS`. */
  readonly activation: string;
  /** How many values a row has that features are read from. */
  readonly dIn: number;
  /** How many values a row has that features write. Default `dIn`. */
  readonly dOut?: number;
  /** How many features there are. */
  readonly dSae: number;
  /** How many features a row may have, on average where the activation is `"batchTopK"`. */
  readonly k?: number;
  /** Batch top-k: the running mean of each batch's least feature, which is the threshold once batches are over. */
  readonly batchThreshold?: number;
  /** Whether `bDec` is taken from the input before it is encoded. Default `false`. */
  readonly centresInput?: boolean;
  /** What is done to each row before, and undone after: the name of one of `ROW_NORMALIZATIONS`. Default `"none"`. */
  readonly normalization?: string;
  /** Whether features are as large as what they write: preactivations are multiplied by their decoder row's length. Default `false`. */
  readonly rescalesByDecoderNorm?: boolean;
  /** Whether values come as `[..., head, dHead]`. Default `false`. */
  readonly joinsHeads?: boolean;
  /** Path of the site whose values are encoded. */
  readonly site?: string;
  /** Path of the site whose values are reconstructed, where it is another one. */
  readonly outputSite?: string;
}

/** The weights that every dictionary has, and those of some. */
export type DictionaryWeightName =
  "wEnc" | "wDec" | "bDec" | "wSkip" | "bEnc" | "threshold" | "bGate" | "bMag" | "rMag";

/**
 * Weights by name: `wEnc` `[dIn, dSae]`, `wDec` `[dSae, dOut]`, `bDec` `[dOut]`, perhaps `wSkip` `[dIn, dOut]`, and those that the
 * activation asks for, `[dSae]` each. All are float32.
 */
export type DictionaryWeights<T> = Readonly<Partial<Record<DictionaryWeightName, T>>>;

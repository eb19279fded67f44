import type { Tensor } from "@tensorflow/tfjs-core";
import { optionWrong, samplesShape } from "../errors.ts";
import { seededRandom, countWords, isCount } from "@hookdict/tensordict";
import { allCoalitions, EXACT } from "./coalitions.ts";
import type { PerturbationOptions } from "./features.ts";

/** Options of {@link Lime} and {@link KernelShap}. */
export interface SurrogateOptions extends PerturbationOptions {
  /** How many coalitions are drawn where there are more than 10 features. Default 256. */
  readonly samples?: number;
  /** Equal seeds, equal draws. Default 0. */
  readonly seed?: number;
  /** The coalitions themselves, `[samples, features]`, 1 where a feature is on. */
  readonly coalitions?: Tensor;
}

export function checkSamples(method: string, { samples = 256 }: SurrogateOptions): void {
  if (!isCount(samples)) throw optionWrong(method, "samples", samples, countWords());
}

export function coalitionsOf(
  count: number,
  { coalitions, samples = 256, seed = 0 }: SurrogateOptions,
): boolean[][] {
  if (coalitions !== undefined) {
    if (coalitions.rank !== 2 || coalitions.shape[1] !== count)
      throw samplesShape("coalitions", coalitions.shape, `[samples, ${count}]`);
    const data = coalitions.dataSync();
    return Array.from({ length: coalitions.shape[0] ?? 0 }, (_, s) =>
      Array.from(data.subarray(s * count, (s + 1) * count), (each) => each !== 0),
    );
  }
  // The last feature changes fastest.
  if (count <= EXACT) return allCoalitions(count).map((each) => [...each].reverse());
  const random = seededRandom(seed);
  return Array.from({ length: samples }, () => Array.from({ length: count }, () => random() < 0.5));
}

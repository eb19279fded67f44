import type { Option, ValuesOf } from "@hookdict/contexts";
import type { Tensor } from "@tensorflow/tfjs-core";
import { samplesShape } from "../errors.ts";
import { seededRandom } from "@hookdict/tensordict";
import { allCoalitions, EXACT } from "./coalitions.ts";
import { COUNT, SEED, TENSOR } from "../options.ts";
import { PERTURBATION, type PerturbationOptions } from "./features.ts";

/** Options of {@link Lime} and {@link KernelShap}. */
export interface SurrogateOptions extends PerturbationOptions {
  /** How many coalitions are drawn where there are more than 10 features. Default 256. */
  readonly samples?: number;
  /** Equal seeds, equal draws. Default 0. */
  readonly seed?: number;
  /** The coalitions themselves, `[samples, features]`, 1 where a feature is on. */
  readonly coalitions?: Tensor;
}

/** Declares {@link SurrogateOptions}. */
export const SURROGATE: typeof PERTURBATION & {
  readonly samples: Option<number, "default">;
  readonly seed: Option<number, "default">;
  readonly coalitions: Option<Tensor, "optional">;
} = { ...PERTURBATION, samples: COUNT.default(256), seed: SEED, coalitions: TENSOR };

export function coalitionsOf(
  count: number,
  { coalitions, samples, seed }: ValuesOf<typeof SURROGATE>,
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

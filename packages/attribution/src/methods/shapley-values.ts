import { COUNT, SEED, TENSOR, methodOptions } from "../options.ts";
import type { ValuesOf } from "@hookdict/contexts";
import { seededRandom } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { samplesShape } from "../errors.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type Computation } from "../method.ts";
import { allCoalitions, EXACT } from "../perturbation/coalitions.ts";
import {
  coalitionInputs,
  featuresOf,
  PERTURBATION,
  type PerturbationOptions,
  scoreRows,
  spreadFeatures,
} from "../perturbation/features.ts";
import { shuffled } from "../random.ts";

/** Options of {@link ShapleyValues}. */
export interface ShapleyValuesOptions extends PerturbationOptions {
  /** How many orders are drawn; exact values when absent and there are at most 10 features; otherwise default 25. */
  readonly samples?: number;
  /** Equal seeds, equal orders. Default 0. */
  readonly seed?: number;
  /** The orders themselves, int32 `[samples, features]`. */
  readonly orders?: Tensor;
}

const OPTIONS = { ...PERTURBATION, samples: COUNT, seed: SEED, orders: TENSOR };

/**
 * Shapley values of the features: the mean over all orders of what a feature adds to those before it. Exact up to 10
 * features (2^n coalitions), sampled over orders beyond, or when `samples` or `orders` is given.
 *
 * @see Shapley, 1953; Castro, Gómez and Tejada, https://doi.org/10.1016/j.cor.2008.04.004
 */
export class ShapleyValues extends AttributionMethod {
  readonly #options: ValuesOf<typeof OPTIONS>;

  constructor(options: ShapleyValuesOptions = {}) {
    const read = methodOptions("ShapleyValues", OPTIONS, options);
    super(read);
    this.#options = read.values;
  }

  override get isDifferentiable(): boolean {
    return false;
  }

  override *compute(job: Job): Computation {
    const { featureMask, baseline, samples, orders } = this.#options;
    const features = featuresOf(this.name, job, featureMask);
    const isExact = samples === undefined && orders === undefined && features.count <= EXACT;
    const lists = isExact ? [] : this.#orders(features.count);
    const coalitions = isExact ? allCoalitions(features.count) : lists.flatMap((order) => prefixes(order));
    const inputs = coalitionInputs(job, features, coalitions, baseline);
    const { scores } = yield { inputs, rows: coalitions.length * job.batch, score: job.score };
    const worth = scoreRows(scores as Tensor, coalitions.length); // there is a score
    const values = isExact ? exact(worth, features.count) : sampled(worth, lists, features.count);
    return { attr: spreadFeatures(job, features, values) };
  }

  #orders(count: number): number[][] {
    const { orders, samples = 25, seed } = this.#options;
    if (orders === undefined) {
      const random = seededRandom(seed);
      return Array.from({ length: samples }, () => shuffled(count, random));
    }
    if (orders.rank !== 2 || orders.shape[1] !== count)
      throw samplesShape("orders", orders.shape, `[samples, ${count}]`);
    const data = orders.dataSync();
    return Array.from({ length: orders.shape[0] ?? 0 }, (_, s) =>
      Array.from(data.subarray(s * count, (s + 1) * count)),
    );
  }
}

/** The coalitions of an order's beginnings, the empty one first. */
function prefixes(order: readonly number[]): boolean[][] {
  return Array.from({ length: order.length + 1 }, (_, size) => {
    const inside = new Set(order.slice(0, size));
    return order.map((__, i) => inside.has(i));
  });
}

function exact(worth: readonly Float64Array[], players: number): Float64Array[] {
  const batch = worth[0]?.length ?? 0;
  const weights = coefficientsOf(players);
  return Array.from({ length: players }, (_, i) => {
    const value = new Float64Array(batch);
    for (let c = 0; c < worth.length; c++) {
      if (((c >> i) & 1) === 1) continue;
      const weight = weights[bits(c)] ?? 0;
      for (let b = 0; b < batch; b++)
        value[b]! += weight * ((worth[c | (1 << i)]?.[b] ?? 0) - (worth[c]?.[b] ?? 0));
    }
    return value;
  });
}

/** `s! (n - s - 1)! / n!` for every size s. */
function coefficientsOf(players: number): number[] {
  const weights = [1 / players];
  for (let s = 1; s < players; s++) weights.push(((weights[s - 1] ?? 0) * s) / (players - s));
  return weights;
}

function bits(value: number): number {
  let count = 0;
  for (let rest = value; rest > 0; rest >>= 1) count += rest & 1;
  return count;
}

function sampled(
  worth: readonly Float64Array[],
  orders: readonly (readonly number[])[],
  players: number,
): Float64Array[] {
  const batch = worth[0]?.length ?? 0;
  const values = Array.from({ length: players }, () => new Float64Array(batch));
  for (const [s, order] of orders.entries()) {
    const first = s * (players + 1);
    for (const [place, player] of order.entries())
      for (let b = 0; b < batch; b++)
        (values[player] as Float64Array)[b]! +=
          ((worth[first + place + 1]?.[b] ?? 0) - (worth[first + place]?.[b] ?? 0)) / orders.length;
  }
  return values;
}

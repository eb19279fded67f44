import { seededRandom } from "@hookdict/tensordict";
import { concat, gather, tensor, tensor1d, tile, where, type Tensor } from "@tensorflow/tfjs-core";
import { samplesShape } from "../errors.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type Computation } from "../method.ts";
import {
  featuresOf,
  type PerturbationOptions,
  scoreFalls,
  spreadFeatures,
} from "../perturbation/features.ts";
import { shuffled } from "../random.ts";
import { refuseSites } from "../sites.ts";

/** Options of {@link FeaturePermutation}. */
export interface FeaturePermutationOptions extends Omit<PerturbationOptions, "baseline"> {
  /** Equal seeds, equal permutations. Default 0. */
  readonly seed?: number;
  /** From which example each takes a feature, int32 `[features, batch]`, in place of drawing it. */
  readonly permutations?: Tensor;
}

/**
 * How much the target falls when an example gets a feature of another example of the batch.
 *
 * @see Breiman, Random forests, 2001; Fisher, Rudin and Dominici, https://arxiv.org/abs/1801.01489
 */
export class FeaturePermutation extends AttributionMethod {
  override readonly name = "FeaturePermutation";
  readonly #options: FeaturePermutationOptions;

  constructor(options: FeaturePermutationOptions = {}) {
    super(options);
    refuseSites(this.name, options);
    this.#options = options;
  }

  override get isDifferentiable(): boolean {
    return false;
  }

  override *compute(job: Job): Computation {
    const features = featuresOf(this.name, job, this.#options.featureMask);
    const orders = this.#orders(features.count, job.batch);
    const copies: Tensor[][] = job.args.tensors.map(() => []);
    for (const [feature, order] of orders.entries()) {
      const from = job.args.tensors.map((value) => gather(value, tensor1d(order, "int32")));
      for (const [i, name] of job.args.names.entries()) {
        const value = job.args.tensors[i] as Tensor; // one for each name
        const numbers = features.of[name];
        if (numbers === undefined) copies[i]?.push(value);
        else {
          const mask = tensor(
            Array.from(numbers, (each) => each === feature),
            [1, ...value.shape.slice(1)],
            "bool",
          );
          copies[i]?.push(
            where(tile(mask, [job.batch, ...value.shape.slice(1).map(() => 1)]), from[i] as Tensor, value),
          );
        }
      }
    }
    const inputs = copies.map((each, i) => job.once(`permuted ${i}`, () => concat(each, 0)));
    const rows = features.count * job.batch;
    const whole = yield { inputs: job.args.tensors, rows: job.batch, score: job.score, later: [{ rows }] };
    const { scores } = yield { inputs, rows, score: job.score };
    const falls = scoreFalls(whole.scores as Tensor, scores as Tensor, features.count); // both have scores
    return { attr: spreadFeatures(job, features, falls) };
  }

  #orders(count: number, batch: number): number[][] {
    const { permutations, seed = 0 } = this.#options;
    if (permutations === undefined) {
      const random = seededRandom(seed);
      return Array.from({ length: count }, () => shuffled(batch, random));
    }
    if (permutations.shape.join() !== [count, batch].join())
      throw samplesShape("permutations", permutations.shape, `[${count}, ${batch}]: features, batch`);
    const data = permutations.dataSync();
    return Array.from({ length: count }, (_, f) => Array.from(data.subarray(f * batch, (f + 1) * batch)));
  }
}

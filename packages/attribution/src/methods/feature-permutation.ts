import { SEED, TENSOR, methodOptions } from "../options.ts";
import type { ValuesOf } from "@hookdict/contexts";
import { seededRandom } from "@hookdict/tensordict";
import { concat, gather, tensor, tensor1d, tidy, tile, where, type Tensor } from "@tensorflow/tfjs-core";
import { samplesShape } from "../errors.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type Computation } from "../method.ts";
import {
  FEATURE_MASK,
  featuresOf,
  type PerturbationOptions,
  scoreFalls,
  spreadFeatures,
} from "../perturbation/features.ts";
import { repeatedRows } from "../gradient/line.ts";
import { type LazyRows, takeRows } from "../passes/rows.ts";
import { shuffled } from "../random.ts";

/** Options of {@link FeaturePermutation}. */
export interface FeaturePermutationOptions extends Omit<PerturbationOptions, "baseline"> {
  /** Equal seeds, equal permutations. Default 0. */
  readonly seed?: number;
  /** From which example each takes a feature, int32 `[features, batch]`, in place of drawing it. */
  readonly permutations?: Tensor;
}

const OPTIONS = { featureMask: FEATURE_MASK, seed: SEED, permutations: TENSOR };

/**
 * How much the target falls when an example gets a feature of another example of the batch.
 *
 * @see Breiman, Random forests, 2001; Fisher, Rudin and Dominici, https://arxiv.org/abs/1801.01489
 */
export class FeaturePermutation extends AttributionMethod {
  readonly #options: ValuesOf<typeof OPTIONS>;

  constructor(options: FeaturePermutationOptions = {}) {
    const read = methodOptions("FeaturePermutation", OPTIONS, options);
    super(read);
    this.#options = read.values;
  }

  override get isDifferentiable(): boolean {
    return false;
  }

  override get isRowByRow(): boolean {
    return false;
  }

  override *compute(job: Job): Computation {
    const features = featuresOf(this.name, job, this.#options.featureMask);
    const orders = this.#orders(features.count, job.batch);
    const inputs = job.args.names.map((name, i) => {
      const value = job.args.tensors[i] as Tensor; // one for each name
      const numbers = features.of[name];
      return job.shareOwn(`permuted ${name}`, () =>
        numbers === undefined ? repeatedRows(value, orders.length) : permutedRows(value, numbers, orders),
      );
    });
    const rows = features.count * job.batch;
    const whole = yield { inputs: job.args.tensors, rows: job.batch, score: job.score, later: [{ rows }] };
    const { scores } = yield { inputs, rows, score: job.score };
    const falls = scoreFalls(whole.scores as Tensor, scores as Tensor, features.count); // both have scores
    return { attr: spreadFeatures(job, features, falls) };
  }

  #orders(count: number, batch: number): number[][] {
    const { permutations, seed } = this.#options;
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

/** For each feature, the batch with that feature taken from the examples of its order; made as it runs. */
function permutedRows(value: Tensor, numbers: Int32Array, orders: readonly (readonly number[])[]): LazyRows {
  const [batch = 1, ...inner] = value.shape;
  return {
    dtype: value.dtype,
    take(start, count) {
      const [first, end] = [Math.floor(start / batch), Math.ceil((start + count) / batch)];
      return tidy(() => {
        const copies = orders.slice(first, end).map((order, i) => {
          const isTaken = tensor(
            Array.from(numbers, (each) => each === first + i),
            [1, ...inner],
            "bool",
          );
          const from = gather(value, tensor1d([...order], "int32"));
          return where(tile(isTaken, [batch, ...inner.map(() => 1)]), from, value);
        });
        return takeRows(concat(copies, 0), start - first * batch, count);
      });
    },
  };
}

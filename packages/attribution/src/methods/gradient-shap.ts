import { isTensor } from "@hookdict/tensordict";
import {
  add,
  gather,
  mean,
  mul,
  randomNormal,
  randomUniform,
  reshape,
  sub,
  sum,
  tensor1d,
  transpose,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { optionWrong, samplesShape } from "../errors.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type AttributionOptions, type Computation } from "../method.ts";
import { asRows, byCopy, repeatBatch, swapFirst } from "../rows.ts";
import { refuseSites } from "../sites.ts";

/** Options of {@link GradientShap}. */
export interface GradientShapOptions extends AttributionOptions {
  /** Baselines to choose from, `[baselines, ...]`. */
  readonly baselines: Tensor;
  /** Default 5. */
  readonly samples?: number;
  /** Standard deviation of the noise on the input. Default 0. */
  readonly stdev?: number;
  /** Equal seeds, equal draws. Default 0. */
  readonly seed?: number;
  /** The draws themselves: noise `[batch, samples, ...]`, places on the line and baselines' indices `[batch, samples]`. */
  readonly draws?: { readonly noise: Tensor; readonly alpha: Tensor; readonly baselineIndex: Tensor };
  /** Add `delta` `[batch, samples]`; two more passes. Default `false`. */
  readonly delta?: boolean;
}

/**
 * The expectation of gradients over random places between random baselines and the input with noise, times their
 * difference: approximate Shapley values. For models of one input.
 *
 * @see Lundberg and Lee, https://arxiv.org/abs/1705.07874; Erion et al., https://arxiv.org/abs/1906.10670
 */
export class GradientShap extends AttributionMethod {
  override readonly name = "GradientShap";
  readonly #options: GradientShapOptions;

  constructor(options: GradientShapOptions) {
    super({ ...options });
    if (!isTensor(options.baselines))
      throw optionWrong(this.name, "baselines", options.baselines, "a tensor [baselines, ...]");
    refuseSites(this.name, options);
    this.#options = options;
  }

  override *compute(job: Job): Computation {
    const { baselines, delta = false } = this.#options;
    const [x] = job.args.tensors as [Tensor]; // there is at least one
    if (job.args.tensors.length > 1 || baselines.shape.slice(1).join() !== x.shape.slice(1).join())
      throw samplesShape(
        "baselines",
        baselines.shape,
        `[baselines, ${x.shape.slice(1).join(", ")}], for a model of one input`,
      );
    const { noise, alpha, index } = this.#draw(job, x);
    const count = alpha.shape[1] ?? 1;
    const end = job.own(add(repeatBatch(x, count), asRows(swapFirst(noise))));
    const start = job.own(gather(baselines, reshape(transpose(index), [-1])));
    const along = reshape(transpose(alpha), [-1, ...x.shape.slice(1).map(() => 1)]);
    const points = job.own(add(start, mul(along, sub(end, start))));
    const rows = count * job.batch;
    const { gradients } = yield { inputs: [points], rows, score: job.score, gradients: job.places };
    const [place = "input"] = job.places;
    const flow = job.own(mul(sub(end, start), gradients[place] as Tensor)); // asked for
    const attr = { [place]: job.own(mean(byCopy(flow, count), 0)) };
    if (!delta) return { attr };
    const after = yield { inputs: [end], rows, score: job.score };
    const before = yield { inputs: [start], rows, score: job.score };
    const each = sub(sum(reshape(flow, [rows, -1]), 1), sub(after.scores as Tensor, before.scores as Tensor)); // there is a score
    return { attr, extra: { delta: transpose(byCopy(each, count)) } };
  }

  #draw(job: Job, x: Tensor): { readonly noise: Tensor; readonly alpha: Tensor; readonly index: Tensor } {
    const { draws, samples = 5, stdev = 0, seed = 0, baselines } = this.#options;
    if (draws !== undefined) {
      const wanted = [job.batch, draws.alpha.shape[1] ?? 0];
      if (draws.noise.shape.join() !== [...wanted, ...x.shape.slice(1)].join())
        throw samplesShape(
          "draws.noise",
          draws.noise.shape,
          `[${[...wanted, ...x.shape.slice(1)].join(", ")}]`,
        );
      return { noise: draws.noise, alpha: draws.alpha, index: draws.baselineIndex };
    }
    const shape: [number, number] = [job.batch, samples];
    const picks = randomUniform(shape, 0, baselines.shape[0] ?? 1, "float32", seed * 1009 + 3).dataSync();
    return {
      noise: randomNormal([...shape, ...x.shape.slice(1)], 0, stdev, "float32", seed * 1009 + 1),
      alpha: randomUniform(shape, 0, 1, "float32", seed * 1009 + 2),
      index: reshape(tensor1d([...picks].map(Math.floor), "int32"), shape),
    };
  }
}

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
    super(options);
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
    const draw = this.#draw(job, x);
    const count = this.#count;
    const end = job.once("end", () => add(repeatBatch(x, count), asRows(swapFirst(draw.noise()))));
    const start = job.once("start", () => gather(baselines, reshape(transpose(draw.index()), [-1])));
    const points = job.once("points", () => {
      const along = reshape(transpose(draw.alpha()), [-1, ...x.shape.slice(1).map(() => 1)]);
      return add(start, mul(along, sub(end, start)));
    });
    const rows = count * job.batch;
    const { gradients } = yield {
      inputs: [points],
      rows,
      score: job.score,
      gradients: job.places,
      later: delta ? [{ rows }, { rows }] : [],
    };
    const [place = "input"] = job.places;
    const flow = job.own(mul(sub(end, start), gradients[place] as Tensor)); // asked for
    const attr = { [place]: job.own(mean(byCopy(flow, count), 0)) };
    if (!delta) return { attr };
    const after = yield { inputs: [end], rows, score: job.score, later: [{ rows }] };
    const before = yield { inputs: [start], rows, score: job.score };
    const each = sub(sum(reshape(flow, [rows, -1]), 1), sub(after.scores as Tensor, before.scores as Tensor)); // there is a score
    return { attr, extra: { delta: transpose(byCopy(each, count)) } };
  }

  get #count(): number {
    const { draws, samples = 5 } = this.#options;
    return draws?.alpha.shape[1] ?? samples;
  }

  /** Draws are made when they are first needed. */
  #draw(job: Job, x: Tensor): Readonly<Record<"noise" | "alpha" | "index", () => Tensor>> {
    const { draws, stdev = 0, seed = 0, baselines } = this.#options;
    const shape: [number, number] = [job.batch, this.#count];
    const whole = [...shape, ...x.shape.slice(1)];
    if (draws !== undefined) {
      if (draws.noise.shape.join() !== whole.join())
        throw samplesShape("draws.noise", draws.noise.shape, `[${whole.join(", ")}]`);
      return { noise: () => draws.noise, alpha: () => draws.alpha, index: () => draws.baselineIndex };
    }
    return {
      noise: () => randomNormal(whole, 0, stdev, "float32", seed * 1009 + 1),
      alpha: () => randomUniform(shape, 0, 1, "float32", seed * 1009 + 2),
      index: () => {
        const picks = randomUniform(shape, 0, baselines.shape[0] ?? 1, "float32", seed * 1009 + 3).dataSync();
        return reshape(tensor1d([...picks].map(Math.floor), "int32"), shape);
      },
    };
  }
}

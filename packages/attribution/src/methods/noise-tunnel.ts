import { argumentInvalid, checkArgument } from "@hookdict/tensordict";
import { add, mean, randomNormal, square, sub, type Tensor } from "@tensorflow/tfjs-core";
import { optionWrong, samplesShape } from "../errors.ts";
import { mapPlaces } from "../gradient/line.ts";
import type { Job } from "../job.ts";
import {
  type AttributionContext,
  AttributionMethod,
  type AttributionOptions,
  type Computation,
} from "../method.ts";
import { asRows, byCopy, repeatBatch, swapFirst } from "../rows.ts";

/** Options of {@link NoiseTunnel}. */
export interface NoiseTunnelOptions {
  /** What is made of the samples' attributions: their mean, the mean of squares, or the variance. Default `"smooth"`. */
  readonly kind?: "smooth" | "squared" | "variance";
  /** Default 10. */
  readonly samples?: number;
  /** Standard deviation of the noise. Default 1. */
  readonly stdev?: number;
  /** Equal seeds, equal noise. Default 0. */
  readonly seed?: number;
  /** The noise itself, `[batch, samples, ...]`, in place of drawing it; for a model of one input. */
  readonly noise?: Tensor;
}

/**
 * Any other method on copies of the input with noise: SmoothGrad, SmoothGrad-Squared and VarGrad. Captum's tunnel over
 * its saliency takes magnitudes first; give `new Saliency({ absolute: false })` for the published formula.
 *
 * @see Smilkov et al., https://arxiv.org/abs/1706.03825; Adebayo et al., https://arxiv.org/abs/1810.03292
 */
export class NoiseTunnel extends AttributionMethod {
  override readonly name = "NoiseTunnel";
  readonly #method: AttributionMethod;
  readonly #options: NoiseTunnelOptions;

  constructor(method: AttributionMethod, options: NoiseTunnelOptions = {}) {
    super(methodSites(method));
    checkArgument("NoiseTunnel", "options", options, "a record");
    const { samples = 10, stdev = 1, kind = "smooth" } = options;
    if (!Number.isInteger(samples) || samples < 1)
      throw optionWrong(this.name, "samples", samples, "a whole number from 1 up");
    if (!(stdev >= 0)) throw optionWrong(this.name, "stdev", stdev, "a number from 0 up");
    if (!["smooth", "squared", "variance"].includes(kind))
      throw optionWrong(this.name, "kind", kind, '"smooth", "squared" or "variance"');
    this.#method = method;
    this.#options = options;
  }

  override describe(): { readonly name: string; readonly options: Readonly<Record<string, unknown>> } {
    return { name: this.name, options: { method: this.#method.describe(), ...this.#options } };
  }

  override get isDifferentiable(): boolean {
    return this.#method.isDifferentiable;
  }

  protected override setUp(context: AttributionContext): void {
    this.#method.setUpWithin(context);
  }

  override *compute(job: Job): Computation {
    const { kind = "smooth" } = this.#options;
    const noisy = job.args.tensors.map((value, i) =>
      value.dtype === "float32"
        ? this.#withNoise(job, value, i)
        : job.once(`copies ${i}`, () => repeatBatch(value, this.#count)),
    );
    const { attr } = yield* this.#method.compute(job.withInputs(noisy));
    return {
      attr: mapPlaces(attr, (value) => {
        const samples = byCopy(value, this.#count);
        if (kind === "smooth") return mean(samples, 0);
        const squares = mean(square(samples), 0);
        return kind === "squared" ? squares : sub(squares, square(mean(samples, 0)));
      }),
    };
  }

  get #count(): number {
    return this.#options.noise?.shape[1] ?? this.#options.samples ?? 10;
  }

  #withNoise(job: Job, value: Tensor, index: number): Tensor {
    const { noise, stdev = 1, seed = 0 } = this.#options;
    const shape = [job.batch, this.#count, ...value.shape.slice(1)];
    if (noise !== undefined && (job.args.tensors.length > 1 || noise.shape.join() !== shape.join()))
      throw samplesShape("noise", noise.shape, `[${shape.join(", ")}], for a model of one input`);
    return job.once(`noise ${index}`, () => {
      const drawn = noise ?? randomNormal(shape, 0, stdev, "float32", seed * 1009 + index + 1);
      return add(repeatBatch(value, this.#count), asRows(swapFirst(drawn)));
    });
  }
}

/** The sites of another method. @throws UsageError `ARGUMENT_INVALID` for what is none */
function methodSites(method: unknown): AttributionOptions {
  if (!(method instanceof AttributionMethod))
    throw argumentInvalid("NoiseTunnel", "method", method, "a method of attribution, such as new Saliency()");
  return method.at === undefined ? {} : { at: method.at };
}

import { type FactoryDescription, option, type ValuesOf } from "@hookdict/contexts";
import type { Pattern } from "@hookdict/core";
import { COUNT, methodOptions, SEED, TENSOR } from "../options.ts";
import { argumentInvalid } from "@hookdict/tensordict";
import { keptClone } from "@hookdict/tensordict/tensors";
import { add, div, randomNormal, square, sub, sum, tidy, type Tensor } from "@tensorflow/tfjs-core";
import { samplesShape } from "../errors.ts";
import { mapPlaces } from "../gradient/line.ts";
import type { CopiedJob, Job } from "../job.ts";
import { type AttributionContext, AttributionMethod, type Computation } from "../method.ts";
import { disposeByPlace } from "../passes/collect.ts";
import { type ByPlace, isBackward, type LaterPass } from "../passes/pass.ts";
import { copiedRows, type LazyRows, takeRows } from "../passes/rows.ts";
import { seedOf } from "../random.ts";
import { byCopy, copyOf } from "../rows.ts";

/** Options of {@link NoiseTunnel}. */
export interface NoiseTunnelOptions {
  /** What is made of the samples' attributions: their mean, the mean of squares, or the variance. Default `"smooth"`. */
  readonly kind?: "smooth" | "squared" | "variance";
  /** Default 10. */
  readonly samples?: number;
  /** Standard deviation of the noise. Default 1. */
  readonly stdev?: number;
  /** Equal seeds, equal noise, however many rows run at once. Default 0. */
  readonly seed?: number;
  /** The noise itself, `[batch, samples, ...]`, in place of drawing it; for a model of one input. */
  readonly noise?: Tensor;
}

const OPTIONS = {
  kind: option.oneOf("smooth", "squared", "variance").default("smooth"),
  samples: COUNT.default(10),
  stdev: option.number({ min: 0 }).default(1),
  seed: SEED,
  noise: TENSOR,
};

/**
 * Any other method on copies of the input with noise: SmoothGrad, SmoothGrad-Squared and VarGrad. Captum's tunnel over
 * its saliency takes magnitudes first; give `new Saliency({ absolute: false })` for the published formula. Of the copies
 * only those exist at a time that run at once, unless the method looks beyond a row, as `FeaturePermutation` does.
 *
 * @see Smilkov et al., https://arxiv.org/abs/1706.03825; Adebayo et al., https://arxiv.org/abs/1810.03292
 */
export class NoiseTunnel extends AttributionMethod {
  readonly #method: AttributionMethod;
  readonly #options: ValuesOf<typeof OPTIONS>;

  constructor(method: AttributionMethod, options: NoiseTunnelOptions = {}) {
    if (!(method instanceof AttributionMethod))
      throw argumentInvalid(
        "NoiseTunnel",
        "method",
        method,
        "a method of attribution, such as new Saliency()",
      );
    const read = methodOptions("NoiseTunnel", OPTIONS, options);
    super(read);
    this.#method = method;
    this.#options = read.values;
  }

  override get at(): Pattern | undefined {
    return this.#method.at;
  }

  protected override shown(options: FactoryDescription["options"]): FactoryDescription["options"] {
    return { method: this.#method.describe(), ...options };
  }

  override get isDifferentiable(): boolean {
    return this.#method.isDifferentiable;
  }

  protected override setUp(context: AttributionContext): void {
    this.#method.setUpWithin(context);
  }

  /** Noise is drawn for each copy of the batch. */
  override get isRowByRow(): boolean {
    return false;
  }

  override *compute(job: Job): Computation {
    const { internalBatchSize: piece = Infinity } = job.options;
    const count = this.#count;
    const atOnce = this.#method.isRowByRow ? Math.max(1, Math.floor(piece / job.batch)) : count;
    const moments = new Moments();
    try {
      for (let start = 0; start < count; start += atOnce) {
        const copies = Math.min(atOnce, count - start);
        const group = job.copied(`copies from ${start}`, copies, (value, i) =>
          takeRows(this.#noisy(job, value, i), start * job.batch, copies * job.batch),
        );
        try {
          const rest = Math.ceil((count - start - copies) / atOnce);
          const { attr } = yield* ofGroup(this.#method.compute(group.job), group, rest);
          tidy(() => moments.add(mapPlaces(attr, (value) => byCopy(value, copies))));
        } finally {
          group.end();
        }
      }
      return { attr: moments.finish(this.#options.kind, count) };
    } finally {
      moments.dispose();
    }
  }

  get #count(): number {
    return this.#options.noise?.shape[1] ?? this.#options.samples;
  }

  /** Copies of an input, with noise where it is made of floats. */
  #noisy(job: Job, value: Tensor, index: number): LazyRows {
    const { noise, stdev, seed } = this.#options;
    if (value.dtype !== "float32") return copiedRows(value.dtype, job.batch, () => value);
    const shape = [job.batch, this.#count, ...value.shape.slice(1)];
    if (noise !== undefined && (job.args.tensors.length > 1 || noise.shape.join() !== shape.join()))
      throw samplesShape("noise", noise.shape, `[${shape.join(", ")}], for a model of one input`);
    return copiedRows(value.dtype, job.batch, (copy) =>
      add(
        value,
        noise === undefined
          ? randomNormal(value.shape, 0, stdev, "float32", seedOf(seed, index + 1, copy))
          : copyOf(noise, copy),
      ),
    );
  }
}

/** Sums over samples as they come, of attributions and of their squares. */
class Moments {
  #sums: ByPlace = {};
  #squares: ByPlace = {};

  /** Adds samples `[samples, batch, ...]` by place. **Ownership:** borrows. */
  add(samples: ByPlace): void {
    const plus = (total: ByPlace, each: Tensor, place: string): Tensor => {
      const all = sum(each, 0);
      return keptClone(total[place] === undefined ? all : add(total[place], all));
    };
    const sums = mapPlaces(samples, (each, place) => plus(this.#sums, each, place));
    const squares = mapPlaces(samples, (each, place) => plus(this.#squares, square(each), place));
    this.dispose();
    [this.#sums, this.#squares] = [sums, squares];
  }

  /** **Ownership:** returns owned (by the active scope). */
  finish(kind: NonNullable<NoiseTunnelOptions["kind"]>, count: number): ByPlace {
    return mapPlaces(this.#sums, (total, place) => {
      const mean = div(total, count);
      if (kind === "smooth") return mean;
      const squares = div(this.#squares[place] as Tensor, count); // of the same places
      return kind === "squared" ? squares : sub(squares, square(mean));
    });
  }

  dispose(): void {
    disposeByPlace(this.#sums);
    disposeByPlace(this.#squares);
    [this.#sums, this.#squares] = [{}, {}];
  }
}

/** The passes of one group of copies, to which as many more will come for each of the rest. */
function* ofGroup(computation: Computation, { within }: CopiedJob, rest: number): Computation {
  let whole: readonly LaterPass[] | undefined;
  try {
    let step = computation.next(undefined as never); // the first `next` ignores it
    while (step.done !== true) {
      const { value: pass } = step;
      const later = pass.later ?? [];
      whole ??= [{ rows: pass.rows, isPerTarget: isBackward(pass) }, ...later];
      const others = Array.from({ length: rest }, () => whole ?? []).flat();
      step = computation.next(yield { within, ...pass, later: [...later, ...others] });
    }
    return step.value;
  } finally {
    computation.return(undefined as never); // ends one that is under way
  }
}

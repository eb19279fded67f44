import { BASELINES, COUNT, FLAG, SEED, methodOptions } from "../options.ts";
import { option, type ValuesOf } from "@hookdict/contexts";
import { isTensor } from "@hookdict/tensordict";
import { keptClone } from "@hookdict/tensordict/tensors";
import {
  add,
  cast,
  concat,
  floor,
  gather,
  minimum,
  mul,
  randomNormal,
  randomUniform,
  reshape,
  slice,
  sub,
  sum,
  tidy,
  transpose,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { samplesShape } from "../errors.ts";
import type { Job } from "../job.ts";
import { AttributionMethod, type Computation } from "../method.ts";
import { allRows, type Collector, summedCopies } from "../passes/collect.ts";
import type { Fold } from "../passes/pass.ts";
import { copiedRows, type LazyRows } from "../passes/rows.ts";
import { seedOf } from "../random.ts";
import { byCopy, copyOf } from "../rows.ts";

/** What {@link GradientShap} would draw. */
interface Draws {
  readonly noise: Tensor;
  readonly alpha: Tensor;
  readonly baselineIndex: Tensor;
}

/** Options of {@link GradientShap}. */
export interface GradientShapOptions {
  /** Baselines to choose from, `[baselines, ...]`. */
  readonly baselines: Tensor;
  /** Default 5. */
  readonly samples?: number;
  /** Standard deviation of the noise on the input. Default 0. */
  readonly stdev?: number;
  /** Equal seeds, equal draws, however many rows run at once. Default 0. */
  readonly seed?: number;
  /** The draws themselves: noise `[batch, samples, ...]`, places on the line and baselines' indices `[batch, samples]`. */
  readonly draws?: Draws;
  /** Add `delta` `[batch, samples]`; two more passes. Default `false`. */
  readonly delta?: boolean;
}

const OPTIONS = {
  baselines: BASELINES,
  samples: COUNT.default(5),
  stdev: option.number({ min: 0 }).default(0),
  seed: SEED,
  draws: option.of<Draws>(
    "{ noise, alpha, baselineIndex }, each a tensor",
    (value) =>
      typeof value === "object" &&
      value !== null &&
      ["noise", "alpha", "baselineIndex"].every((name) => isTensor(Reflect.get(value, name))),
  ),
  delta: FLAG,
};

/**
 * The expectation of gradients over random places between random baselines and the input with noise, times their
 * difference: approximate Shapley values. For models of one input. Of the places only those exist at a time that run at
 * once.
 *
 * @see Lundberg and Lee, https://arxiv.org/abs/1705.07874; Erion et al., https://arxiv.org/abs/1906.10670
 */
export class GradientShap extends AttributionMethod {
  readonly #options: ValuesOf<typeof OPTIONS>;

  constructor(options: GradientShapOptions) {
    const read = methodOptions("GradientShap", OPTIONS, options);
    super(read);
    this.#options = read.values;
  }

  /** Draws are made for each example of the batch. */
  override get isRowByRow(): boolean {
    return false;
  }

  override *compute(job: Job): Computation {
    const { baselines, delta } = this.#options;
    const [x] = job.args.tensors as [Tensor]; // there is at least one
    if (job.args.tensors.length > 1 || baselines.shape.slice(1).join() !== x.shape.slice(1).join())
      throw samplesShape(
        "baselines",
        baselines.shape,
        `[baselines, ${x.shape.slice(1).join(", ")}], for a model of one input`,
      );
    const lines = job.shareOwn("lines", () => this.#lines(job, x));
    const count = this.#count;
    const rows = count * job.batch;
    const fold = job.shareOwn("fold", () => flowsOf(lines, count, job.batch, delta));
    const { gradients } = yield {
      inputs: [lines.points],
      rows,
      score: job.score,
      gradients: job.places,
      fold,
      later: delta ? [{ rows }, { rows }] : [],
    };
    const [place = "input"] = job.places;
    const found = gradients[place] as Tensor; // asked for
    if (!delta) return { attr: { [place]: found } };
    const attr = job.own(reshape(slice(found, 0, x.size), x.shape));
    const flows = job.own(slice(found, x.size, rows));
    const after = yield { inputs: [lines.ends], rows, score: job.score, later: [{ rows }] };
    const before = yield { inputs: [lines.starts], rows, score: job.score };
    const each = sub(flows, sub(after.scores as Tensor, before.scores as Tensor)); // there is a score
    return { attr: { [place]: attr }, extra: { delta: transpose(byCopy(each, count)) } };
  }

  get #count(): number {
    const { draws, samples } = this.#options;
    return draws?.alpha.shape[1] ?? samples;
  }

  /** Lines from a baseline to the input with noise, one for each copy of an example, made as they run. */
  #lines(job: Job, x: Tensor): Lines {
    const { baselines } = this.#options;
    const { noise, alpha, index } = this.#draws(job, x);
    const end = (copy: number): Tensor => add(x, noise(copy));
    const start = (copy: number): Tensor => gather(baselines, index(copy));
    const point = (copy: number): Tensor => {
      const along = reshape(alpha(copy), [-1, ...x.shape.slice(1).map(() => 1)]);
      return add(start(copy), mul(along, sub(end(copy), start(copy))));
    };
    const rows = (make: (copy: number) => Tensor): LazyRows => copiedRows(x.dtype, job.batch, make);
    return { ends: rows(end), starts: rows(start), points: rows(point) };
  }

  /** What is drawn for a copy of the batch: noise `[batch, ...]`, places on the line and baselines' indices `[batch]`. */
  #draws({ batch }: Job, x: Tensor): Readonly<Record<"noise" | "alpha" | "index", (copy: number) => Tensor>> {
    const { draws, stdev, seed, baselines } = this.#options;
    if (draws !== undefined) {
      const whole = [batch, this.#count, ...x.shape.slice(1)];
      if (draws.noise.shape.join() !== whole.join())
        throw samplesShape("draws.noise", draws.noise.shape, `[${whole.join(", ")}]`);
      return {
        noise: (copy) => copyOf(draws.noise, copy),
        alpha: (copy) => copyOf(draws.alpha, copy),
        index: (copy) => copyOf(draws.baselineIndex, copy),
      };
    }
    const uniform = (draw: number, copy: number): Tensor =>
      randomUniform([batch], 0, 1, "float32", seedOf(seed, draw, copy));
    const [count = 1] = baselines.shape;
    return {
      noise: (copy) => randomNormal(x.shape, 0, stdev, "float32", seedOf(seed, 1, copy)),
      alpha: (copy) => uniform(2, copy),
      // A draw next to 1 is rounded up in float32.
      index: (copy) => cast(minimum(floor(mul(uniform(3, copy), count)), count - 1), "int32"),
    };
  }
}

/** Ends, beginnings and places between them, one row for each copy of an example. */
interface Lines {
  readonly ends: LazyRows;
  readonly starts: LazyRows;
  readonly points: LazyRows;
}

/**
 * The mean over copies of gradients times the lines that they are on, `[batch, ...]`; where they are wanted, each line's
 * sum stands behind it, and all is one row of numbers.
 */
function flowsOf({ ends, starts }: Lines, count: number, batch: number, withSums: boolean): Fold {
  const collect = (): Collector => {
    const means = summedCopies(
      Array.from({ length: count }, () => 1 / count),
      batch,
    );
    const sums = allRows();
    return {
      add(piece, start) {
        const rows = piece.shape[0] ?? 0;
        tidy(() => {
          const flow = keptClone(mul(piece, sub(ends.take(start, rows), starts.take(start, rows))));
          if (withSums) sums.add(keptClone(sum(reshape(flow, [rows, -1]), 1)), start);
          means.add(flow, start);
        });
        piece.dispose();
      },
      finish() {
        if (!withSums) return means.finish();
        const parts = [means.finish(), sums.finish()];
        const joined = tidy(() => keptClone(concat(parts.map((part) => reshape(part, [-1])))));
        for (const part of parts) part.dispose();
        return joined;
      },
      dispose() {
        means.dispose();
        sums.dispose();
      },
    };
  };
  return {
    shape: (inner) =>
      withSums ? [batch * inner.reduce((a, b) => a * b, 1) + count * batch] : [batch, ...inner],
    collect,
  };
}

import type { HookInfo } from "@hookdict/core";
import { isTensor } from "@hookdict/tensordict";
import { keptClone } from "@hookdict/tensordict/tensors";
import {
  abs,
  div,
  engine,
  gather,
  less,
  maximum,
  mean,
  mul,
  onesLike,
  reshape,
  slice,
  stack,
  sub,
  sum,
  tensor1d,
  transpose,
  where,
  zerosLike,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { type Baseline, baselineInputs } from "../baseline.ts";
import { optionWrong, samplesShape } from "../errors.ts";
import type { Job } from "../job.ts";
import {
  type AttributionContext,
  AttributionMethod,
  type AttributionOptions,
  type Computation,
} from "../method.ts";
import { describePart, innermost, moduleAt, needDeclared } from "../parts/describe.ts";
import { MaxPool2d } from "../parts/pool.ts";
import { byCopy, repeatBatch } from "../rows.ts";
import type { ByPlace, Pass, PassResult } from "../passes/pass.ts";
import { refuseSites } from "./layer.ts";
import { mapPlaces, totals } from "./line.ts";

/** Below this change of its input, a nonlinearity's multiplier is its derivative. */
const NEARLY_EQUAL = 1e-6;

/** What a nonlinearity saw in the pass under way; rows alternate between example and baseline. */
interface Seen {
  readonly input: Tensor;
  readonly output: Tensor;
}

/** Splits rows that alternate. */
function halves(tensor: Tensor): readonly [Tensor, Tensor] {
  const [rows = 0, ...rest] = tensor.shape;
  const pairs = reshape(tensor, [rows / 2, 2, ...rest]);
  const half = (which: number): Tensor => {
    const begin = [0, which, ...rest.map(() => 0)];
    return reshape(slice(pairs, begin, [rows / 2, 1, ...rest]), [rows / 2, ...rest]);
  };
  return [half(0), half(1)];
}

/** Puts two batches together so that rows alternate. */
function alternate(a: Tensor, b: Tensor): Tensor {
  const [rows = 0, ...rest] = a.shape;
  return reshape(stack([a, b], 1), [2 * rows, ...rest]);
}

/** The rescale rule: the slope of the chord between baseline and example in place of the derivative. */
function rescale(gradient: Tensor, gradOutput: Tensor, { input, output }: Seen): Tensor {
  const [u, u0] = halves(input);
  const [v, v0] = halves(output);
  const change = sub(u, u0);
  const isFlat = less(abs(change), NEARLY_EQUAL);
  const chord = div(sub(v, v0), where(isFlat, onesLike(change), change));
  const [derived] = halves(gradient);
  const [out] = halves(gradOutput);
  const multiplied = where(isFlat, derived, mul(out, chord));
  return alternate(multiplied, multiplied);
}

/** DeepLIFT's rule for maxima: the change of a window is shared by the places of both maxima. */
function crossMaximum(gradOutput: Tensor, { input, output }: Seen, pool: MaxPool2d): Tensor {
  const [u, u0] = halves(input);
  const [v, v0] = halves(output);
  const [out] = halves(gradOutput);
  const cross = maximum(v, v0);
  const unpool = (dy: Tensor, x: Tensor, y: Tensor): Tensor =>
    engine().runKernel(
      "MaxPoolGrad",
      { dy, input: x, output: y },
      { filterSize: [...pool.window], strides: [...pool.strides], pad: pool.padding },
    );
  const share = mapSum(unpool(mul(out, sub(cross, v0)), u, v), unpool(mul(out, sub(v, cross)), u0, v0));
  const change = sub(u, u0);
  const isFlat = less(abs(change), NEARLY_EQUAL);
  const multiplied = where(isFlat, zerosLike(change), div(share, where(isFlat, onesLike(change), change)));
  return alternate(multiplied, multiplied);
}

function mapSum(a: Tensor, b: Tensor): Tensor {
  return sum(stack([a, b]), 0);
}

const NONLINEAR: readonly string[] = ["relu", "activation", "softmax", "maxPool"];

/** Puts the rules on every nonlinearity that the model declares. */
function hookRules(context: AttributionContext): void {
  const { target } = context;
  needDeclared(context.name, target);
  const sites = innermost(target).filter((site) =>
    NONLINEAR.includes(describePart(target, site)?.kind ?? ""),
  );
  const seen = new Map<string, Seen>();
  const keyOf = ({ site, pass }: HookInfo): string => `${site.path}#${pass}`;
  const isOurs = (): boolean => context.listening?.pass.isOwn === true;
  const forget = (): void => {
    for (const { input, output } of seen.values()) {
      input.dispose();
      output.dispose();
    }
    seen.clear();
  };
  context.hook({ sites }, "fwd", {
    kind: "observe",
    run: (value: unknown, info: HookInfo) => {
      if (!isOurs() || !isTensor(value) || !isTensor(info.inputs)) return;
      seen.set(keyOf(info), { input: keptClone(info.inputs), output: keptClone(value) });
    },
  });
  context.hook({ sites }, "bwd", {
    unfired: "ignore",
    run: (gradient: unknown, info: HookInfo) => {
      const entry = seen.get(keyOf(info));
      if (!isOurs() || entry === undefined || !isTensor(gradient) || !isTensor(info.gradOutput))
        return undefined;
      const module = moduleAt(target, info.site);
      const changed =
        module instanceof MaxPool2d
          ? crossMaximum(info.gradOutput, entry, module)
          : rescale(gradient, info.gradOutput, entry);
      entry.input.dispose();
      entry.output.dispose();
      seen.delete(keyOf(info));
      return changed;
    },
  });
  context.binding.onRunStart(forget);
  context.defer(forget);
}

/** Multipliers of examples against their baselines, and the changes of the target `[rows]`. */
function* multiply(
  job: Job,
  examples: readonly Tensor[],
  baselines: readonly Tensor[],
): Generator<Pass, { readonly by: ByPlace; readonly change: Tensor }, PassResult> {
  const rows = examples[0]?.shape[0] ?? 0;
  const { score } = job;
  const result = yield {
    inputs: examples.map((each, i) => job.own(alternate(each, baselines[i] as Tensor))), // one for each
    rows: 2 * rows,
    unit: 2,
    score: {
      ...score,
      of: (value, at) =>
        score.of(
          value,
          at.map((row) => Math.floor(row / 2)),
        ),
    },
    gradients: job.places,
    isOwn: true,
  };
  const by = mapPlaces(result.gradients, (gradient) => job.own(halves(gradient)[0]));
  const [after, before] = halves(result.scores as Tensor); // there is a score
  return { by, change: job.own(sub(after, before)) };
}

/** Options of {@link DeepLift}. */
export interface DeepLiftOptions extends AttributionOptions {
  /** Default 0. */
  readonly baseline?: Baseline;
  /** Add `delta` `[batch]`: the sum of attributions less the change of the target; no further pass. Default `false`. */
  readonly delta?: boolean;
}

/**
 * DeepLIFT with the rescale rule: nonlinearities pass back the slope between what they give for the baseline and for the
 * example. Attributions sum to the change of the target. Nonlinearities are the parts that the model declares.
 *
 * Use it in place of integrated gradients where one pass must do. `keep: ["multipliers"]` gives the slopes.
 *
 * @see Shrikumar, Greenside and Kundaje, https://arxiv.org/abs/1704.02685
 */
export class DeepLift extends AttributionMethod {
  override readonly name = "DeepLift";
  readonly #options: DeepLiftOptions;

  constructor(options: DeepLiftOptions = {}) {
    super(options);
    refuseSites(this.name, options);
    this.#options = options;
  }

  protected override setUp(context: AttributionContext): void {
    super.setUp(context);
    hookRules(context);
  }

  override *compute(job: Job): Computation {
    const { baseline = 0, delta = false } = this.#options;
    const baselines = baselineInputs(job, baseline);
    const { by, change } = yield* multiply(job, job.args.tensors, baselines);
    const attr = mapPlaces(by, (slope, place) => {
      const i = job.args.names.indexOf(place);
      return mul(slope, sub(job.args.tensors[i] as Tensor, baselines[i] as Tensor)); // places are inputs
    });
    return { attr, ...(delta && { extra: { delta: sub(totals(attr), change) } }), ways: { multipliers: by } };
  }
}

/** Options of {@link DeepLiftShap}. */
export interface DeepLiftShapOptions extends AttributionOptions {
  /** Baselines to average over, `[baselines, ...]`, for a model of one input. */
  readonly baselines: Tensor;
  /** Add `delta` `[batch, baselines]`. Default `false`. */
  readonly delta?: boolean;
}

/**
 * The mean of DeepLIFT over a distribution of baselines: approximate Shapley values.
 *
 * @see Lundberg and Lee, https://arxiv.org/abs/1705.07874
 */
export class DeepLiftShap extends AttributionMethod {
  override readonly name = "DeepLiftShap";
  readonly #options: DeepLiftShapOptions;

  constructor(options: DeepLiftShapOptions) {
    super({ ...options });
    refuseSites(this.name, options);
    if (!isTensor(options.baselines))
      throw optionWrong(this.name, "baselines", options.baselines, "a tensor [baselines, ...]");
    this.#options = options;
  }

  protected override setUp(context: AttributionContext): void {
    super.setUp(context);
    hookRules(context);
  }

  override *compute(job: Job): Computation {
    const { baselines, delta = false } = this.#options;
    const [x] = job.args.tensors as [Tensor]; // there is at least one
    if (
      job.args.tensors.length > 1 ||
      baselines.rank !== x.rank ||
      baselines.shape.slice(1).join() !== x.shape.slice(1).join()
    )
      throw samplesShape("baselines", baselines.shape, `[baselines, ${x.shape.slice(1).join(", ")}]`);
    const count = baselines.shape[0] ?? 0;
    const each = Array.from({ length: count * job.batch }, (_, i) => i);
    const examples = job.own(repeatBatch(x, count));
    const starts = job.own(
      gather(
        baselines,
        tensor1d(
          each.map((i) => Math.floor(i / job.batch)),
          "int32",
        ),
      ),
    );
    const { by, change } = yield* multiply(job, [examples], [starts]);
    const attr = mapPlaces(by, (slope) => byCopy(mul(slope, sub(examples, starts)), count));
    const difference = transpose(
      sub(
        sum(reshape(attr[job.places[0] ?? ""] as Tensor, [count, job.batch, -1]), 2),
        byCopy(change, count),
      ),
    );
    return {
      attr: mapPlaces(attr, (value) => mean(value, 0)),
      ...(delta && { extra: { delta: difference } }),
    };
  }
}

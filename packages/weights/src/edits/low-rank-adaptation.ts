import { type ContextClass, defineContext, type DefinedFactory, option } from "@hookdict/contexts";
import { adapt, type AdaptationMode } from "../low-rank/adapt.ts";
import type { LowRankFactors } from "../low-rank/factors.ts";
import { WeightContext } from "../weight-context.ts";

/** Options of {@link LowRankAdaptation}. */
export interface LowRankAdaptationOptions {
  /** An adapter for each kernel, by the weights' paths. *Borrowed*, while the context stands. */
  readonly factors: Readonly<Record<string, LowRankFactors>>;
  /**
   * Whether the kernels are changed (`"merged"`, the default), or what passes their sites: `"live"` leaves all weights alone,
   * has gradients with respect to the factors, and wants the kernels' sites.
   */
  readonly mode?: AdaptationMode;
  /** What the adapters count. Default 1. */
  readonly strength?: number;
}

/**
 * Low-rank adapters: kernels plus `alpha / r` times the product of two thin matrices (LoRA), in other scales (rsLoRA), or with
 * columns of a learnt length (DoRA).
 *
 * @throws MatchError `WEIGHT_UNMATCHED`; ShapeError `FACTORS_UNFIT`; UsageError `ADAPTER_LIVE` where a kernel has no site that
 * multiplies by it and does no more, or for DoRA, which changes kernels.
 * @see Hu et al., https://arxiv.org/abs/2106.09685; Kalajdzievski, https://arxiv.org/abs/2312.03732; Liu et al.,
 * https://arxiv.org/abs/2402.09353
 * @example
 * const model = new (class extends Module {
 *   readonly kernel = tensor2d([[1, 0], [0, 1]]);
 *   override forward(x: Tensor): Tensor { return matMul(x, this.kernel); }
 * })();
 * const factors = { kernel: { a: tensor2d([[1], [0]]), b: tensor2d([[0, 5]]) } };
 * using adapted = new LowRankAdaptation({ factors }).prepare(model);
 * adapted.call(tensor2d([[1, 1]])).arraySync(); // => [[1, 6]]
 */
export const LowRankAdaptation: ContextClass<LowRankAdaptationOptions, WeightContext, undefined> =
  defineContext({
    name: "LowRankAdaptation",
    pattern: false,
    context: WeightContext,
    options: {
      factors: option
        .of<LowRankAdaptationOptions["factors"]>("a record of { a, b } by the kernels' paths", isRecord)
        .required(),
      mode: option.oneOf("merged", "live").default("merged"),
      strength: option.number().default(1),
    },
    setUp(context, { factors, mode, strength }) {
      adapt(context, factors, mode, strength);
    },
  });

/** A description of adapters; see the class of the same name. */
export type LowRankAdaptation = DefinedFactory<LowRankAdaptationOptions, WeightContext, undefined>;

function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

import { type ContextClass, defineContext, type DefinedFactory, option } from "@hookdict/contexts";
import { isTensor } from "@hookdict/tensordict";
import { mul, type Tensor } from "@tensorflow/tfjs-core";
import { scalesUnfit } from "../errors.ts";
import { WeightContext } from "../weight-context.ts";

/** Options of {@link Ia3}. */
export interface Ia3Options {
  /** What each channel, the last axis, is multiplied by, `[channel]`. *Borrowed*, while the context stands. */
  readonly scales: Tensor;
  /** Whether what the site gives is scaled (the default), or what it is given: feed-forward layers. */
  readonly on?: "output" | "input";
}

/**
 * Multiplies what passes the sites that the pattern matches by learnt scales: (IA)³.
 *
 * @throws MatchError `PATTERN_UNMATCHED`; in a run ShapeError `SCALES_UNFIT`.
 * @see Liu et al., https://arxiv.org/abs/2205.05638
 * @example
 * const model = hookFunction((x: Tensor) => site("x", x), { sites: { x: null } });
 * using adapted = new Ia3("x", { scales: tensor1d([2, 3]) }).prepare(model);
 * adapted.call(tensor2d([[1, 1]])).arraySync(); // => [[2, 3]]
 */
export const Ia3: ContextClass<Ia3Options, WeightContext> = defineContext({
  name: "Ia3",
  context: WeightContext,
  options: { scales: option.tensor().required(), on: option.oneOf("output", "input").default("output") },
  setUp(context, { scales, on }, pattern) {
    context.hook(pattern, on === "output" ? "fwd" : "fwd_pre", (value: unknown, { site }) => {
      if (!isTensor(value) || value.shape.at(-1) !== scales.size || scales.rank !== 1)
        throw scalesUnfit(site.path, value, scales);
      return mul(value, scales);
    });
  },
});

/** A description of scales; see the class of the same name. */
export type Ia3 = DefinedFactory<Ia3Options, WeightContext>;

import { type ContextClass, defineContext, type DefinedFactory, option } from "@hookdict/contexts";
import { isTensor, type TensorDict } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { weightsDiffer } from "../errors.ts";
import { WeightContext } from "../weight-context.ts";

/** Options of {@link WeightSwapping}. */
export interface WeightSwappingOptions {
  /** Values by the weights' paths, such as `weightsOf` gives of another model. *Borrowed*, while the context stands. */
  readonly values: TensorDict;
}

/**
 * Other values in the place of a model's weights.
 *
 * @throws MatchError `WEIGHT_UNMATCHED` for values of a weight that the model has not; ShapeError `WEIGHTS_DIFFER`.
 * @example
 * const model = new (class extends Module {
 *   readonly gain = tensor1d([2, 3]);
 *   override forward(x: Tensor): Tensor { return mul(x, this.gain); }
 * })();
 * using values = new TensorDict({ gain: tensor1d([5, 7]) });
 * using swapped = new WeightSwapping({ values }).prepare(model);
 * swapped.call(tensor1d([1, 1])).arraySync(); // => [5, 7]
 */
export const WeightSwapping: ContextClass<WeightSwappingOptions, WeightContext, undefined> = defineContext({
  name: "WeightSwapping",
  pattern: false,
  context: WeightContext,
  options: { values: option.tensorDict().required() },
  setUp(context, { values }) {
    const changes = [...context.named(values.keys())].map(([name, weight]) => {
      const { tensor, shape } = weight;
      const value: unknown = values.get([name]);
      if (!isTensor(value) || value.shape.join() !== shape.join() || value.dtype !== tensor.dtype)
        throw weightsDiffer(name, value, tensor);
      return [weight, (): Tensor => value] as const;
    });
    context.editEach(new Map(changes));
  },
});

/** A description of what is swapped; see the class of the same name. */
export type WeightSwapping = DefinedFactory<WeightSwappingOptions, WeightContext, undefined>;

import { type ContextClass, defineContext, type DefinedFactory, option } from "@hookdict/contexts";
import { isTensor, type TensorDict } from "@hookdict/tensordict";
import { add, mul, type Tensor } from "@tensorflow/tfjs-core";
import { weightsDiffer } from "../errors.ts";
import { WeightContext } from "../weight-context.ts";

/** Options of {@link TaskVectors}. */
export interface TaskVectorsOptions {
  /** What is added, by the weights' paths: from `taskVector` or `mergeTaskVectors`. *Borrowed*, while the context stands. */
  readonly vector: TensorDict;
  /** What it is multiplied by; negative to unlearn a task. Default 1. */
  readonly alpha?: number;
}

/**
 * Adds a task vector to a model's weights.
 *
 * @throws MatchError `WEIGHT_UNMATCHED` where the model has not all of the vector's weights; ShapeError `WEIGHTS_DIFFER`.
 * @see Ilharco et al., https://arxiv.org/abs/2212.04089
 * @example
 * const model = new (class extends Module {
 *   readonly gain = tensor1d([2, 3]);
 *   override forward(x: Tensor): Tensor { return mul(x, this.gain); }
 * })();
 * using vector = new TensorDict({ gain: tensor1d([1, -1]) });
 * using edited = new TaskVectors({ vector, alpha: 2 }).prepare(model);
 * edited.call(tensor1d([1, 1])).arraySync(); // => [4, 1]
 */
export const TaskVectors: ContextClass<TaskVectorsOptions, WeightContext, undefined> = defineContext({
  name: "TaskVectors",
  pattern: false,
  context: WeightContext,
  options: { vector: option.tensorDict().required(), alpha: option.number().default(1) },
  setUp(context, { vector, alpha }) {
    const changes = [...context.named(vector.keys())].map(([name, weight]) => {
      const value: unknown = vector.get([name]);
      if (!isTensor(value) || value.shape.join() !== weight.shape.join())
        throw weightsDiffer(name, value, weight.tensor);
      return [weight, (before: Tensor): Tensor => add(before, mul(value, alpha))] as const;
    });
    context.editEach(new Map(changes));
  },
});

/** A description of what is added; see the class of the same name. */
export type TaskVectors = DefinedFactory<TaskVectorsOptions, WeightContext, undefined>;

import { type ContextClass, defineContext, type DefinedFactory, option } from "@hookdict/contexts";
import { WeightContext } from "../weight-context.ts";
import type { WeightEdit } from "../weight-edit.ts";

/**
 * Any edit of weights: the model computes with `change(weight, name)` in the place of each weight that `of` matches, until
 * the context ends.
 *
 * @example
 * const model = new (class extends Module {
 *   readonly gain = tensor1d([2, 3]);
 *   override forward(x: Tensor): Tensor { return mul(x, this.gain); }
 * })();
 * using edited = new WeightEditing({ name: "negated", of: "gain", change: (gain) => neg(gain) }).prepare(model);
 * edited.call(tensor1d([1, 1])).arraySync(); // => [-2, -3]
 */
export const WeightEditing: ContextClass<WeightEdit, WeightContext, undefined> = defineContext({
  name: "WeightEditing",
  pattern: false,
  context: WeightContext,
  options: {
    name: option.string().required(),
    of: option.pattern().required(),
    change: option.fn<WeightEdit["change"]>().required(),
  },
  setUp(context, edit) {
    context.edit(edit);
  },
});

/** A description of an edit; see the class of the same name. */
export type WeightEditing = DefinedFactory<WeightEdit, WeightContext, undefined>;

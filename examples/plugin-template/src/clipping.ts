import { defineContext, HookingContext, option } from "@hookdict/contexts";
import { greater, minimum, sum, type Tensor } from "@tensorflow/tfjs-core";

/** What one prepared `ActivationClipping` knows. */
export class ClippingContext extends HookingContext {
  /** Values clipped so far. */
  clipped = 0;
}

/** Clips the outputs of the matched sites at a limit, and counts what it clipped in `hooked.context.clipped`. */
export const ActivationClipping = defineContext({
  name: "ActivationClipping",
  options: { limit: option.number().required() },
  context: ClippingContext,
  setUp(context, { limit }, pattern) {
    context.hook(pattern, "fwd", (value: Tensor) => {
      const [count = 0] = sum(greater(value, limit)).dataSync();
      context.clipped += count;
      return count === 0 ? undefined : minimum(value, limit);
    });
  },
});

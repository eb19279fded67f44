import type { Binding, Pattern } from "@hookdict/core";
import {
  type FactoryDescription,
  HookingContext,
  HookingContextFactory,
  type PrepareOptions,
} from "@hookdict/contexts";
import { greater, minimum, sum, type Tensor } from "@tensorflow/tfjs-core";

/** What one prepared `ActivationClipping` knows. */
export class ClippingContext extends HookingContext {
  /** Values clipped so far. */
  clipped = 0;
}

/** Clips the outputs of the matched sites at a limit, and counts what it clipped in `hooked.context.clipped`. */
export class ActivationClipping extends HookingContextFactory<ClippingContext> {
  readonly pattern: Pattern;
  readonly limit: number;

  constructor(pattern: Pattern, limit: number) {
    super();
    this.pattern = pattern;
    this.limit = limit;
  }

  override describe(): FactoryDescription {
    return { name: "ActivationClipping", options: { pattern: this.pattern, limit: this.limit } };
  }

  protected override createContext(binding: Binding, options: PrepareOptions): ClippingContext {
    return new ClippingContext(binding, options.unmatched);
  }

  protected override setUp(context: ClippingContext): void {
    context.hook(this.pattern, "fwd", (value: Tensor) => {
      const [count = 0] = sum(greater(value, this.limit)).dataSync();
      context.clipped += count;
      return count === 0 ? undefined : minimum(value, this.limit);
    });
  }
}

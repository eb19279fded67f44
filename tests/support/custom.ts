import { type HookingContext, HookingContextFactory } from "@hookdict/contexts";
import { mul, type Tensor } from "@tensorflow/tfjs-core";

type SetUp = (context: HookingContext) => void;

/** A factory in one function. */
export class Custom extends HookingContextFactory {
  readonly #setUp: SetUp;
  constructor(setUp: SetUp) {
    super();
    this.#setUp = setUp;
  }
  override describe(): { name: string; options: Record<string, never> } {
    return { name: "Custom", options: {} };
  }
  protected override setUp(context: HookingContext): void {
    this.#setUp(context);
  }
}

/** Doubles what passes `hook_x`, then does what the test wants at that point. */
export function doubling(setUp: SetUp = () => undefined): Custom {
  return new Custom((context) => {
    context.hook("hook_x", "fwd", (x: Tensor) => mul(x, 2));
    setUp(context);
  });
}

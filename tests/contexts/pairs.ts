import { HookPoint, Module, type TensorDict } from "@hookdict/core";
import { type HookingContext, type HookingContextFactory, Interventions } from "@hookdict/contexts";
import { ActivationCaching, ActivationPatching } from "@hookdict/latent";
import { keep, mul, scalar, type Tensor } from "@tensorflow/tfjs-core";

/** x → hook_mid(x · w) · w with the weight 3, counting its passes. */
export class Weighted extends Module {
  readonly weight: Tensor = keep(scalar(3));
  readonly hook_mid: HookPoint = new HookPoint();
  passes = 0;
  override forward(x: Tensor): Tensor {
    this.passes++;
    return mul(this.hook_mid.call(mul(x, this.weight)), this.weight);
  }
  [Symbol.dispose](): void {
    this.weight.dispose();
  }
}

/** What a pair's members do at `hook_mid`, where 6 arrives. */
export const MEMBERS = {
  ActivationCaching: () => new ActivationCaching("hook_mid"),
  "ActivationCaching, stopEarly": () => new ActivationCaching("hook_mid", { stopEarly: true }),
  "ActivationPatching by 10": (source: TensorDict) => new ActivationPatching("hook_mid", { source }),
  "Interventions: capture, × 2": () =>
    new Interventions({
      captures: [{ at: "hook_mid" }],
      interventions: [{ kind: "scale", at: "hook_mid", factor: 2 }],
    }),
} satisfies Record<string, (source: TensorDict) => HookingContextFactory<HookingContext>>;

/** Name of a shipped factory, with what it does here. */
export type Member = keyof typeof MEMBERS;

const [CACHING, STOPPING, PATCHING, CHANGING] = Object.keys(MEMBERS) as [Member, Member, Member, Member]; // as above

/** What composing two factories gives. */
export interface Pair {
  readonly first: Member;
  readonly second: Member;
  /** What each captures; `null` for one without a cache. */
  readonly captured: readonly [number | null, number | null];
  /** The value that leaves `hook_mid`; `null` when the run stops there. */
  readonly result: number | null;
  /** Whether exchanging the two changes a capture or the result. */
  readonly isOrdered: boolean;
  readonly passes: number;
}

function pair(
  first: Member,
  second: Member,
  captured: Pair["captured"],
  result: number | null,
  order: "any order" | "order matters",
): Pair {
  return { first, second, captured, result, isOrdered: order === "order matters", passes: 1 };
}

/** Every shipped factory with every shipped factory. */
export const PAIRS: readonly Pair[] = [
  pair(CACHING, CACHING, [6, 6], 6, "any order"),
  pair(CACHING, STOPPING, [6, 6], null, "any order"),
  pair(CACHING, PATCHING, [6, null], 10, "order matters"),
  pair(CACHING, CHANGING, [6, 6], 12, "order matters"),
  pair(STOPPING, CACHING, [6, 6], null, "any order"),
  pair(STOPPING, STOPPING, [6, 6], null, "any order"),
  pair(STOPPING, PATCHING, [6, null], null, "order matters"),
  pair(STOPPING, CHANGING, [6, 6], null, "order matters"),
  pair(PATCHING, CACHING, [null, 10], 10, "order matters"),
  pair(PATCHING, STOPPING, [null, 10], null, "order matters"),
  pair(PATCHING, PATCHING, [null, null], 10, "any order"),
  pair(PATCHING, CHANGING, [null, 10], 20, "order matters"),
  pair(CHANGING, CACHING, [6, 12], 12, "order matters"),
  pair(CHANGING, STOPPING, [6, 12], null, "order matters"),
  pair(CHANGING, PATCHING, [6, null], 10, "order matters"),
  pair(CHANGING, CHANGING, [6, 12], 24, "any order"),
];

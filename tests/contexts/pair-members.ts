import { type Direction, HookPoint, Module } from "@hookdict/core";
import { type TensorDict } from "@hookdict/tensordict";
import { compose, type HookingContext, type HookingContextFactory, Interventions } from "@hookdict/contexts";
import { ActivationCaching, ActivationPatching, SteeringVectors } from "@hookdict/latent";
import { add, keep, mul, scalar, type Tensor } from "@tensorflow/tfjs-core";

/** x → hook_first(x · w) → hook_mid → hook_last(that · w) with the weight 3, counting its passes. */
export class Weighted extends Module {
  readonly weight: Tensor = keep(scalar(3));
  readonly hook_first: HookPoint = new HookPoint();
  readonly hook_mid: HookPoint = new HookPoint();
  readonly hook_last: HookPoint = new HookPoint();
  passes = 0;
  override forward(x: Tensor): Tensor {
    this.passes++;
    const mid = this.hook_mid.call(this.hook_first.call(mul(x, this.weight)));
    return this.hook_last.call(mul(mid, this.weight));
  }
  [Symbol.dispose](): void {
    this.weight.dispose();
  }
}

/** What members are made from. */
export interface Materials {
  /** `[direction, "hook_mid"]`: 10 forward, 5 backward. */
  readonly source: TensorDict;
  /** The direction of those that act on gradients. */
  readonly backward: GradientDirection;
}
export type GradientDirection = Extract<Direction, "bwd" | "bwd_pre">;
type Make = (materials: Materials) => HookingContextFactory<HookingContext>;

const at = "hook_mid";

/** What the members of pairs are called in the tables. */
export const CACHING = "ActivationCaching";
export const STOPPING = "ActivationCaching, stopEarly";
export const PATCHING = "ActivationPatching by 10";
export const STEERING = "SteeringVectors: + 1";
export const CHANGING = "Interventions: capture, × 2";
export const COMPOSED = "compose: caching, then × 2";
export const GRADIENTS = "ActivationCaching of gradients";
export const BY_5 = "ActivationPatching of gradients by 5";
export const DOUBLING = "Interventions on gradients: capture, × 2";

/** What a pair's members do at `hook_mid`, where 6 arrives. */
export const MEMBERS = {
  [CACHING]: () => new ActivationCaching(at),
  [STOPPING]: () => new ActivationCaching(at, { stopEarly: true }),
  [PATCHING]: ({ source }) => new ActivationPatching(at, { source }),
  [STEERING]: () => new SteeringVectors(at, { steer: (value) => add(value, 1) }),
  [CHANGING]: () =>
    new Interventions({ captures: [{ at }], interventions: [{ kind: "scale", at, factor: 2 }] }),
  [COMPOSED]: () =>
    compose(
      new ActivationCaching(at),
      new Interventions({ interventions: [{ kind: "scale", at, factor: 2 }] }),
    ),
} satisfies Record<string, Make>;

/** The same for gradients. */
export const GRADIENT_MEMBERS = {
  [GRADIENTS]: ({ backward }) => new ActivationCaching(at, { directions: [backward] }),
  [BY_5]: ({ source, backward }) => new ActivationPatching(at, { source, direction: backward }),
  [DOUBLING]: ({ backward: direction }) =>
    new Interventions({
      captures: [{ at, direction }],
      interventions: [{ kind: "scale", at, direction, factor: 2 }],
    }),
} satisfies Record<string, Make>;

/** Name of a shipped factory, with what it does here. */
export type Member = keyof typeof MEMBERS;
export type GradientMember = keyof typeof GRADIENT_MEMBERS;

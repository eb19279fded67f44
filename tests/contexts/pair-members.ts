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

/** A shipped factory with what it does at `hook_mid`, from which the tables are computed. */
export interface Member {
  /** With what it does here, as the tables show it. */
  readonly name: string;
  readonly make: (materials: Materials) => HookingContextFactory<HookingContext>;
  /** Whether it captures what comes to it. */
  readonly captures?: true;
}

/** One that acts on the value. */
export interface ValueMember extends Member {
  /** Whether the run stops here. */
  readonly stops?: true;
  /** What becomes of the value that comes to it. Default: nothing. */
  readonly value?: (m: number) => number;
  /** The slope of that: 0 lets no gradient through. Default 1. */
  readonly slope?: number;
}

/** One that acts on the gradient. */
export interface GradientMember extends Member {
  /** What becomes of the gradient that comes to it. Default: nothing. */
  readonly gradient?: (g: number) => number;
}

const at = "hook_mid";
const twice = { kind: "scale", at, factor: 2 } as const;

export const VALUE_MEMBERS: readonly ValueMember[] = [
  { name: "ActivationCaching", make: () => new ActivationCaching(at), captures: true },
  {
    name: "ActivationCaching, stopEarly",
    make: () => new ActivationCaching(at, { stopEarly: true }),
    captures: true,
    stops: true,
  },
  {
    name: "ActivationPatching by 10",
    make: ({ source }) => new ActivationPatching(at, { source }),
    value: () => 10,
    slope: 0,
  },
  {
    name: "SteeringVectors: + 1",
    make: () => new SteeringVectors(at, { steer: (value) => add(value, 1) }),
    value: (m) => m + 1,
  },
  {
    name: "Interventions: capture, × 2",
    make: () => new Interventions({ captures: [{ at }], interventions: [twice] }),
    captures: true,
    value: (m) => 2 * m,
    slope: 2,
  },
  {
    name: "compose: caching, then × 2",
    make: () => compose(new ActivationCaching(at), new Interventions({ interventions: [twice] })),
    captures: true,
    value: (m) => 2 * m,
    slope: 2,
  },
];

export const GRADIENT_MEMBERS: readonly GradientMember[] = [
  {
    name: "ActivationCaching of gradients",
    make: ({ backward }) => new ActivationCaching(at, { directions: [backward] }),
    captures: true,
  },
  {
    name: "ActivationPatching of gradients by 5",
    make: ({ source, backward }) => new ActivationPatching(at, { source, direction: backward }),
    gradient: () => 5,
  },
  {
    name: "Interventions on gradients: capture, × 2",
    make: ({ backward: direction }) =>
      new Interventions({ captures: [{ at, direction }], interventions: [{ ...twice, direction }] }),
    captures: true,
    gradient: (g) => 2 * g,
  },
];

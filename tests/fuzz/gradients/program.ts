import { Random } from "../random.ts";

/** What the model does to its value before each of its points; all is exact in float32. */
export type Op = "double" | "shift" | "negate" | "square" | "skip" | "times";

/** What a hook does. `own` takes a gradient of its own, and so doubles. */
export type Effect =
  "look" | "own" | "throw" | "stop" | { readonly scale: number } | { readonly capture: string };

export interface PlacedHook {
  readonly point: number;
  readonly direction: "fwd_pre" | "fwd" | "bwd" | "bwd_pre";
  readonly order: "pre" | "normal" | "post";
  readonly effect: Effect;
}

/** A context, with what it stands on: the bare model, the context before it, or together with that as one. */
export interface Placed {
  readonly on: "model" | "hooked" | "composed";
  readonly hooks: readonly PlacedHook[];
}

/** How a program runs its model. */
export const MODES = ["first", "second", "penalty", "backward", "inside"] as const;
export type Mode = (typeof MODES)[number];

export interface GradientProgram {
  readonly ops: readonly Op[];
  readonly contexts: readonly Placed[];
  readonly modes: readonly Mode[];
  readonly input: number;
  /** Whether the loss of `inside` is the output itself. */
  readonly isOutputLoss: boolean;
}

/** The program of a seed. */
export function programOf(seed: number): GradientProgram {
  const random = new Random(seed);
  const ops = Array.from({ length: 2 + random.int(3) }, () =>
    random.pick<Op>(["double", "shift", "negate", "skip", "shift", "double"]),
  );
  ops[random.int(ops.length)] = "square";
  if (random.chance(0.6)) ops[random.int(ops.length)] = random.chance(0.5) ? "times" : "square";
  const isFailing = random.chance(0.2);
  let captures = 0;
  const effect = (direction: PlacedHook["direction"]): Effect => {
    const isBackward = direction.startsWith("bwd");
    if (isFailing && random.chance(0.25)) return isBackward || random.chance(0.5) ? "throw" : "stop";
    if (random.chance(0.25)) return { capture: `${captures++}` };
    if (isBackward && random.chance(0.15)) return "own";
    return random.chance(0.4) ? "look" : { scale: random.pick([2, -1, 0.5, 4]) };
  };
  const hook = (): PlacedHook => {
    const direction = random.pick<PlacedHook["direction"]>([
      "bwd",
      "bwd_pre",
      "bwd",
      "bwd_pre",
      "fwd",
      "fwd_pre",
    ]);
    return {
      point: random.int(ops.length),
      direction,
      order: random.pick(["normal", "normal", "pre", "post"]),
      effect: effect(direction),
    };
  };
  const contexts = Array.from({ length: 1 + random.int(3) }, (_, i): Placed => ({
    on: i === 0 ? "model" : random.pick(["model", "hooked", "composed"]),
    hooks: Array.from({ length: 1 + random.int(3) }, hook),
  }));
  return {
    ops,
    contexts,
    modes: MODES,
    input: random.pick([1, 2, -1, -2, 0.5]),
    isOutputLoss: random.chance(0.5),
  };
}

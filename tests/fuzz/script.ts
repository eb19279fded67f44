import type { Binding, Direction, Hook, HookOrder } from "@hookdict/core";
import {
  type FactoryDescription,
  HookingContextFactory,
  HookingContextWithCache,
  type PrepareOptions,
} from "@hookdict/contexts";
import { add, mul, type Tensor } from "@tensorflow/tfjs-core";
import type { Effect, ModelledContext, ModelledHook } from "./oracle.ts";
import type { Random } from "./random.ts";
import type { FuzzSubject } from "./subjects.ts";

/** One registration of a random context. */
export interface ScriptedHook {
  readonly pattern: string;
  readonly sites: readonly string[];
  readonly direction: Direction;
  readonly order: HookOrder;
  readonly effect: Effect;
}

/** What a random context does. */
export interface Script {
  readonly hooks: readonly ScriptedHook[];
  /** Where it throws, if it does. */
  readonly fails: "setUp" | "cleanup" | undefined;
}

/** A context that a script has made, beside what the oracle knows of it. */
export interface Part {
  readonly context: HookingContextWithCache;
  readonly modelled: ModelledContext;
  readonly hooks: readonly ModelledHook[];
}

const RANK = { pre: 0, normal: 1, post: 2 } as const;
let ticks = 0;

/** Does what a script says. */
export class Scripted extends HookingContextFactory<HookingContextWithCache> {
  readonly #script: Script;
  readonly #onPart: (part: Part) => void;

  constructor(script: Script, onPart: (part: Part) => void) {
    super();
    this.#script = script;
    this.#onPart = onPart;
  }

  override describe(): FactoryDescription {
    return { name: "Scripted", options: { ...this.#script } };
  }

  protected override createContext(binding: Binding, options: PrepareOptions): HookingContextWithCache {
    return new HookingContextWithCache(binding, {}, options.unmatched);
  }

  protected override setUp(context: HookingContextWithCache): void {
    const { hooks, fails } = this.#script;
    const modelled: ModelledContext = {
      isAsleep: false,
      hasEnded: false,
      throwsAtEnd: fails === "cleanup",
    };
    const known: ModelledHook[] = [];
    for (const { pattern, sites, direction, order, effect } of hooks) {
      if (effect.kind === "capture") context.capture(pattern, direction);
      else context.hook(pattern, direction, hookOf(effect, order, context));
      for (const site of sites) {
        known.push({ owner: modelled, site, direction, rank: RANK[order], tick: ticks++, effect });
      }
    }
    if (fails === "setUp") throw new RangeError("setUp");
    if (fails === "cleanup") {
      context.defer(() => {
        throw new RangeError("cleanup");
      });
    }
    this.#onPart({ context, modelled, hooks: known });
  }
}

function hookOf(effect: Effect, order: HookOrder, context: HookingContextWithCache): Hook {
  const options = { order, unfired: "ignore" } as const;
  switch (effect.kind) {
    case "affine":
      return { ...options, run: (x: Tensor) => add(mul(x, effect.by), effect.plus) };
    case "throw":
      return {
        ...options,
        run: () => {
          throw new RangeError("hook");
        },
      };
    case "stop":
      return { ...options, kind: "stop", run: () => undefined };
    default:
      return { ...options, kind: "observe", run: () => context.dispose() };
  }
}

export function randomScript(random: Random, subject: FuzzSubject): Script {
  const hooks = Array.from({ length: 1 + random.int(3) }, () => randomHook(random, subject));
  const fails = random.chance(0.06) ? "setUp" : random.chance(0.04) ? "cleanup" : undefined;
  return { hooks, fails };
}

function randomHook(random: Random, { name, patterns }: FuzzSubject): ScriptedHook {
  const forward: readonly [Direction, ...Direction[]] =
    name === "graph" ? ["fwd"] : ["fwd", "fwd", "fwd_pre"];
  const direction = random.pick<Direction>(["bwd", "bwd_pre", ...forward]);
  const [pattern, sites] = random.pick(patterns(direction));
  const effect = randomEffect(random, direction.startsWith("bwd"));
  const order = effect.kind === "capture" ? "normal" : random.pick<HookOrder>(["pre", "normal", "post"]);
  return { pattern, sites, direction, order, effect };
}

function randomEffect(random: Random, isBackward: boolean): Effect {
  const roll = random.int(20);
  if (roll < 9) return { kind: "affine", by: 1 + random.int(3), plus: random.int(3) };
  if (roll < 17) return { kind: "capture" };
  if (roll < 18) return { kind: "throw" };
  return { kind: roll < 19 && !isBackward ? "stop" : "end" };
}

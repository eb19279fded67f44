import { type Binding, type HookOrder, type MultiHookHandle, MultiHookManager } from "@hookdict/core";
import { type TensorDict } from "@hookdict/tensordict";
import {
  type CacheProxy,
  type FactoryDescription,
  HookingContextFactory,
  HookingContextWithCache,
  type HookSpec,
  Interventions,
  type PrepareOptions,
} from "@hookdict/contexts";
import { hookOf, kindOf } from "./effects.ts";
import {
  addGroup,
  type Passes,
  type ModelledContext,
  type ModelledProxy,
  newContext,
  type Placed,
} from "./model.ts";
import type { FuzzSubject } from "./subjects.ts";

/** One registration of a random context. */
export interface ScriptedHook extends Placed {
  readonly order: HookOrder;
}

/** What a random context does. */
export interface Script {
  readonly hooks: readonly ScriptedHook[];
  /** Where it throws, if it does. */
  readonly fails: "setUp" | "cleanup" | undefined;
  readonly stopsEarly: boolean;
  readonly passes: Passes;
  readonly clears: boolean;
}

/** A context under way, beside what the oracle knows of it. */
export interface Part {
  readonly modelled: ModelledContext;
  readonly isEnded: () => boolean;
  /** Paths of hooks whose site has not run. */
  readonly unfired: () => readonly string[] | undefined;
  readonly cache: () => TensorDict | undefined;
  /** The handles of the modelled groups, where there are some. */
  readonly handles: MultiHookHandle[];
  readonly proxies: { readonly real: CacheProxy<unknown>; readonly modelled: ModelledProxy }[];
  /** Tensors that the library keeps for it. */
  readonly kept: number;
}

const RANK = { pre: 0, normal: 1, post: 2 } as const;

/** Does what a script says. */
export class Scripted extends HookingContextFactory<HookingContextWithCache> {
  readonly #script: Script;
  readonly #subject: FuzzSubject;
  readonly #onPart: (part: Part) => void;

  constructor(script: Script, subject: FuzzSubject, onPart: (part: Part) => void) {
    super();
    this.#script = script;
    this.#subject = subject;
    this.#onPart = onPart;
  }

  override describe(): FactoryDescription {
    return { name: "Scripted", options: { ...this.#script } };
  }

  protected override createContext(binding: Binding, options: PrepareOptions): HookingContextWithCache {
    const { passes, clears: clearCache } = this.#script;
    return new HookingContextWithCache(binding, { passes, clearCache }, options.unmatched);
  }

  protected override setUp(context: HookingContextWithCache): void {
    const { hooks, fails, stopsEarly, passes, clears } = this.#script;
    const modelled = newContext({ throwsAtEnd: fails === "cleanup", stopsEarly, passes, clears });
    const part = partOf(context, modelled);
    for (const hook of hooks) register(part, context, hook, this.#subject);
    if (stopsEarly) context.stopEarly();
    if (fails === "setUp") throw new RangeError("setUp");
    if (fails === "cleanup") {
      context.defer(() => {
        throw new RangeError("cleanup");
      });
    }
    this.#onPart(part);
  }
}

/** A context of which nothing is known yet. */
export function partOf(context: HookingContextWithCache, modelled: ModelledContext, kept = 0): Part {
  const { binding } = context;
  return {
    modelled,
    isEnded: () => binding.isDisposed,
    unfired: () => binding.unfired,
    cache: () => (binding.isDisposed ? undefined : context.cache),
    handles: [],
    proxies: [],
    kept,
  };
}

/** Registers a hook through its context, and notes it. */
export function register(
  part: Part,
  context: HookingContextWithCache,
  { pattern, sites, direction, effect, order }: ScriptedHook,
  subject: FuzzSubject,
): void {
  const handle =
    effect.kind === "capture"
      ? context.capture(pattern, direction)
      : context.hook(pattern, direction, hookOf(effect, { order, part, context, subject }));
  part.handles.push(handle);
  addGroup(part.modelled, sites, {
    direction,
    effect,
    rank: effect.kind === "capture" ? RANK.normal : RANK[order],
    kind: kindOf(effect),
    unfired: effect.kind === "capture" ? "error" : "ignore",
  });
}

/** Hooks that belong to the model: each ends by its handle. */
export function registerPermanent(hook: ScriptedHook, subject: FuzzSubject): { part: Part; end: () => void } {
  const { pattern, sites, direction, effect, order } = hook;
  const manager = new MultiHookManager(subject.model);
  let isEnded = false;
  const modelled = newContext();
  const part: Part = {
    modelled,
    isEnded: () => isEnded,
    unfired: () => undefined,
    cache: () => undefined,
    handles: [],
    proxies: [],
    kept: 0,
  };
  const handle = manager.register(
    pattern,
    direction,
    hookOf(effect, { order, part, context: undefined, subject }),
  );
  addGroup(modelled, sites, {
    direction,
    effect,
    rank: RANK[order],
    kind: kindOf(effect),
    unfired: "ignore",
  });
  const end = (): void => {
    isEnded = true;
    handle.dispose();
  };
  return { part, end };
}

/** A HookSpec, and what it says in the oracle's words. */
export interface SpecScript {
  readonly spec: HookSpec;
  readonly hooks: readonly Placed[];
}

/** Interventions as a context that tells what it has registered. */
export class Specified extends Interventions {
  readonly #script: SpecScript;
  readonly #onPart: (part: Part) => void;

  constructor(script: SpecScript, onPart: (part: Part) => void) {
    super(script.spec);
    this.#script = script;
    this.#onPart = onPart;
  }

  protected override setUp(context: HookingContextWithCache): void {
    super.setUp(context);
    const kept = (this.spec.interventions ?? []).filter((item) => "value" in item).length;
    const part = partOf(context, newContext(), kept);
    for (const { sites, direction, effect } of this.#script.hooks)
      addGroup(part.modelled, sites, { direction, effect, kind: kindOf(effect) });
    this.#onPart(part);
  }
}

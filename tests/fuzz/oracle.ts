import { add, gather, matMul, mul, tanh, type Tensor, tidy } from "@tensorflow/tfjs-core";
import type { Direction } from "@hookdict/core";
import type { TinyModule } from "@hookdict/core/testing";
import type { FuzzSubject } from "./subjects.ts";

/** What a hook of a random program does. `end` ends the hook's own context in the middle of a call. */
export type Effect =
  | { readonly kind: "affine"; readonly by: number; readonly plus: number }
  | { readonly kind: "capture" | "throw" | "stop" | "end" };

/** A hook at one site, as the oracle knows it. */
export interface ModelledHook {
  readonly owner: ModelledContext;
  readonly site: string;
  /** Backward hooks do nothing to a forward pass. */
  readonly direction: Direction;
  readonly rank: number;
  readonly tick: number;
  readonly effect: Effect;
}

export interface ModelledContext {
  isAsleep: boolean;
  hasEnded: boolean;
  /** Whether one of its cleanups throws. */
  readonly throwsAtEnd: boolean;
}

/** What a call should give: outputs or the code of an error, and the captures made until then. */
export interface Expectation {
  readonly outputs: readonly number[] | undefined;
  readonly error: "HOOK_THREW" | "RUN_STOPPED" | undefined;
  readonly captures: ReadonlyMap<ModelledContext, ReadonlyMap<string, readonly number[]>>;
}

class Interruption extends Error {
  readonly code: "HOOK_THREW" | "RUN_STOPPED";
  constructor(code: "HOOK_THREW" | "RUN_STOPPED") {
    super(code);
    this.code = code;
  }
}

/** Computes the tiny model with plain operations and a list of hooks: no dispatcher, no contexts. */
export class Oracle {
  readonly #weights: TinyModule;
  /** Whether sites are values (what goes in comes out), and what `mix` is called. */
  readonly #sites: Pick<FuzzSubject, "sitesAreValues" | "mixes">;
  #hooks: readonly ModelledHook[] = [];
  #calls = new Map<string, number>();
  #captures = new Map<ModelledContext, Map<string, readonly number[]>>();

  constructor(weights: TinyModule, sites: Pick<FuzzSubject, "sitesAreValues" | "mixes">) {
    this.#weights = weights;
    this.#sites = sites;
  }

  run(tokens: Tensor, hooks: readonly ModelledHook[]): Expectation {
    this.#hooks = hooks.toSorted((a, b) => a.rank - b.rank || a.tick - b.tick);
    this.#calls = new Map();
    this.#captures = new Map();
    try {
      const outputs = tidy(() => [...this.#forward(tokens).dataSync()]);
      return { outputs, error: undefined, captures: this.#captures };
    } catch (error) {
      if (!(error instanceof Interruption)) throw error;
      return { outputs: undefined, error: error.code, captures: this.#captures };
    }
  }

  #forward(tokens: Tensor): Tensor {
    const { table, mix, head } = this.#weights;
    const mixOnce = (x: Tensor): Tensor => tanh(add(matMul(x, mix.kernel), mix.bias));
    const embedded = this.#through("embed", gather(table, tokens));
    const [first, second] = this.#sites.mixes;
    const mixed = this.#site(second, this.#site(first, embedded, mixOnce), mixOnce);
    return this.#site("head", mixed, (x) => add(matMul(x, head.kernel), head.bias));
  }

  #site(name: string, x: Tensor, body: (x: Tensor) => Tensor): Tensor {
    if (this.#sites.sitesAreValues) return this.#through(name, body(x));
    const call = this.#enter(name);
    return this.#chain(name, "fwd", call, body(this.#chain(name, "fwd_pre", call, x)));
  }

  /** A site that gives back what it is given. */
  #through(name: string, x: Tensor): Tensor {
    const call = this.#enter(name);
    return this.#chain(name, "fwd", call, this.#chain(name, "fwd_pre", call, x));
  }

  #enter(name: string): number {
    const call = this.#calls.get(name) ?? 0;
    this.#calls.set(name, call + 1);
    return call;
  }

  #chain(site: string, direction: string, call: number, given: Tensor): Tensor {
    let value = given;
    let isStopped = false;
    for (const hook of this.#hooks) {
      const { owner, effect } = hook;
      if (hook.site !== site || hook.direction !== direction || owner.isAsleep || owner.hasEnded) continue;
      if (effect.kind === "affine") value = add(mul(value, effect.by), effect.plus);
      else if (effect.kind === "capture")
        this.#capture(owner, `${direction} ${call === 0 ? site : `${site}#${call}`}`, value);
      else if (effect.kind === "throw") throw new Interruption("HOOK_THREW");
      else if (effect.kind === "stop") isStopped = true;
      else {
        owner.hasEnded = true;
        if (owner.throwsAtEnd) throw new Interruption("HOOK_THREW");
      }
    }
    if (isStopped) throw new Interruption("RUN_STOPPED");
    return value;
  }

  #capture(owner: ModelledContext, key: string, value: Tensor): void {
    const captures = this.#captures.get(owner) ?? new Map<string, readonly number[]>();
    captures.set(key, [...value.dataSync()]);
    this.#captures.set(owner, captures);
  }
}

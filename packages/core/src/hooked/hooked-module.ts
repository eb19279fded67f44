import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import { contextHasNoCache, contextRunAsync } from "../targets/errors.ts";
import { checkArgument, isHookdictError, showAsText } from "@hookdict/tensordict";
import { refusePromise } from "../runs/runs.ts";
import type { Pattern } from "../sites/pattern.ts";
import type { Site } from "../sites/site.ts";
import type { Hookable, HookTarget } from "../targets/target.ts";
import { TensorDict } from "@hookdict/tensordict";
import { runBackward } from "./backward.ts";
import { Binding } from "./binding.ts";
import { captured, captureKey } from "./capture.ts";
import type { HookEvents } from "../hooks/events.ts";

/** What a hooked module needs of its context. */
export interface BoundContext {
  readonly binding: Binding;
  dispose(): void;
}

/** The result of {@link HookedModule.tryCall} and {@link HookedModule.tryCallAsync}. */
export type CallResult<O> =
  { readonly stopped: false; readonly output: O } | { readonly stopped: true; readonly at: string };

/** A loss and the gradients at sites. **Ownership:** both are owned by the receiver. */
export interface ValueAndGradInputs {
  readonly value: Scalar;
  /** Gradients with respect to the sites' inputs, by path. */
  readonly gradInputs: TensorDict;
}

/** The cache of a context that has one. */
export type CacheOf<C> = C extends { readonly cache: infer K } ? K : never;

/**
 * A model with a context's hooks on it: what `factory.prepare(model)` returns. Call it to run the model; dispose it,
 * or leave its `using` block, to end the context and have the model exactly as before.
 */
export class HookedModule<
  A extends readonly unknown[] = readonly unknown[],
  O = unknown,
  C extends BoundContext = BoundContext,
  M = unknown,
> implements Hookable<A, O, M> {
  static {
    showAsText(this);
  }

  readonly context: C;
  readonly #target: HookTarget<A, O, M>;

  constructor(target: HookTarget<A, O, M>, context: C) {
    checkArgument("HookedModule", "context", context, "a record");
    checkArgument("HookedModule", "context.dispose", Reflect.get(context, "dispose"), "a function");
    checkArgument("HookedModule", "context.binding", context.binding, "a record");
    this.#target = target;
    this.context = context;
  }

  /**
   * The model, for what it does besides being called: `hooked.model.tokens(text)`, `hooked.model.predict(x)`.
   *
   * @throws LifetimeError `CONTEXT_DISPOSED`
   */
  get model(): M {
    this.context.binding.assertLive("model");
    return this.#target.model;
  }

  /**
   * Runs the model.
   *
   * **Ownership:** borrows the arguments; returns owned.
   *
   * @throws LifetimeError `CONTEXT_DISPOSED`, or `RUN_STOPPED` when a hook stopped the run; HookError, ShapeError.
   */
  call(...args: A): O {
    this.context.binding.assertLive("call");
    return this.#target.call(args);
  }

  /**
   * {@link HookedModule.call} for models that wait while they run, as a graph with control flow does. Other models take
   * it as well. Await it before the next call.
   *
   * **Ownership:** borrows the arguments until it is done; returns owned.
   *
   * @throws LifetimeError `RUN_OVERLAPS`; what `call` throws.
   */
  async callAsync(...args: A): Promise<O> {
    this.context.binding.assertLive("callAsync");
    return this.#target.callAsync(args);
  }

  /** {@link HookedModule.call} for runs that may be stopped. **Ownership:** returns the output owned. */
  tryCall(...args: A): CallResult<O> {
    try {
      return { stopped: false, output: this.call(...args) };
    } catch (error) {
      return stoppedAt(error);
    }
  }

  /** {@link HookedModule.callAsync} for runs that may be stopped. **Ownership:** returns the output owned. */
  async tryCallAsync(...args: A): Promise<CallResult<O>> {
    try {
      return { stopped: false, output: await this.callAsync(...args) };
    } catch (error) {
      return stoppedAt(error);
    }
  }

  /**
   * One backward pass: `loss` runs the model and returns a float32 scalar; every `bwd` and `bwd_pre` hook fires, also
   * when the model's inputs are integers and its weights plain tensors.
   *
   * **Ownership:** borrows what `loss` returns: a tensor made in there ends with the pass, one that is kept, such as a
   * capture, stays.
   *
   * @throws UsageError or ShapeError, codes `BACKWARD_*`, `LOSS_*`, `GRADIENTS_MISSING`.
   */
  backward(loss: () => Tensor): void {
    this.context.binding.assertLive("backward");
    checkArgument("backward", "loss", loss, "a function");
    runBackward(this.#target, loss).dispose();
  }

  /**
   * The loss, and its gradients with respect to the inputs of every site that `pattern` matches and the loss depends on.
   *
   * **Ownership:** returns owned.
   */
  valueAndGradInputs(loss: () => Tensor, pattern: Pattern = "**"): ValueAndGradInputs {
    this.context.binding.assertLive("valueAndGradInputs");
    checkArgument("valueAndGradInputs", "loss", loss, "a function");
    return collectGradients(this.#target, loss, pattern, this.context.binding.name);
  }

  /**
   * Makes what `fn` does one run of the model: for models with several entry points, and for parts that are called one by
   * one. A part that is called outside of a run is bare. Calls inside go on with the run, and captures add up. They start
   * afresh: take from the cache before what the run is to be given of the run before; it lives until this one ends.
   *
   * **Ownership:** what `fn` returns is its own affair: no scope is opened.
   *
   * @throws LifetimeError `CONTEXT_DISPOSED`, `RUN_OVERLAPS`; UsageError `RUN_ASYNC` when `fn` returns a promise.
   * @example no-run
   * const resid = hooked.cache.get(["fwd", "blocks.3.hook_resid_post"]);
   * const logits = hooked.during(() => gpt2.unembed.call(gpt2.ln_final.call(resid)));
   */
  during<T>(fn: () => T): T {
    this.context.binding.assertLive("during");
    checkArgument("during", "fn", fn, "a function");
    return this.#target.during(() => refusePromise(fn()));
  }

  /**
   * {@link HookedModule.during} for a function that waits. Whatever runs the model in the meantime is a part of that run.
   *
   * @throws LifetimeError `CONTEXT_DISPOSED`, `RUN_OVERLAPS`
   */
  async duringAsync<T>(fn: () => Promise<T>): Promise<T> {
    this.context.binding.assertLive("duringAsync");
    checkArgument("duringAsync", "fn", fn, "a function");
    return this.#target.openAsync(fn);
  }

  /**
   * Runs `fn` with this context's hooks asleep; other contexts' hooks stay awake. If it returns a promise, they sleep
   * until that is settled.
   */
  disabled<T>(fn: () => T): T {
    return this.context.binding.disabled(fn);
  }

  /**
   * `fn(this)`, then the end of the context: `using` for consoles, notebooks and callbacks.
   *
   * @throws UsageError `CONTEXT_RUN_ASYNC` when `fn` returns a promise.
   */
  run<T>(fn: (hooked: this) => T): T {
    using _end = this;
    checkArgument("run", "fn", fn, "a function");
    const result = fn(this);
    if (!(result instanceof Promise)) return result;
    result.catch(() => undefined); // reported here; what it meets when its context has ended is no news
    throw contextRunAsync();
  }

  /** `run` for a function that returns a promise: the context ends when that is settled. */
  async runAsync<T>(fn: (hooked: this) => Promise<T>): Promise<T> {
    using _end = this;
    checkArgument("runAsync", "fn", fn, "a function");
    return await fn(this);
  }

  /** @throws UsageError `CONTEXT_NO_CACHE`, where the type says `never`. */
  get cache(): CacheOf<C> {
    const { context } = this;
    if (!("cache" in context)) throw contextHasNoCache(this.context.binding.name);
    return context.cache as CacheOf<C>; // the conditional type says the same
  }

  /**
   * The cache, which the context goes on without. **Ownership:** returns owned.
   *
   * @throws UsageError `CONTEXT_NO_CACHE`; LifetimeError `CONTEXT_DISPOSED`.
   */
  takeCache(): CacheOf<C> {
    const context: BoundContext & { readonly takeCache?: () => unknown } = this.context;
    if (context.takeCache === undefined) throw contextHasNoCache(this.context.binding.name);
    return context.takeCache() as CacheOf<C>; // what `cache` gave
  }

  /** Paths of hooked sites that did not run in the latest run of the model. */
  get unfired(): readonly string[] {
    return this.context.binding.unfired;
  }

  /** Every site of the model. */
  get sites(): readonly Site[] {
    return this.#target.sites();
  }

  get events(): HookEvents {
    return this.context.binding.events;
  }

  hookTarget(): HookTarget<A, O, M> {
    return this.#target;
  }

  /** The model, the context and its hooks, in at most one screen. */
  toString(): string {
    return `HookedModule of ${this.#target.name}\n${String(this.context.binding)}`;
  }

  /** Ends the context; twice is nothing. */
  dispose(): void {
    this.context.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Where a run was stopped. @throws any other error */
function stoppedAt(error: unknown): { readonly stopped: true; readonly at: string } {
  if (!isHookdictError(error) || error.code !== "RUN_STOPPED") throw error;
  return { stopped: true, at: String(error.fields["site"]) };
}

function collectGradients(
  target: HookTarget,
  loss: () => Tensor,
  pattern: Pattern,
  name: string,
): ValueAndGradInputs {
  using binding = new Binding(target, `${name}.valueAndGradInputs`);
  const gradInputs = new TensorDict();
  try {
    binding.hook(pattern, "bwd", {
      kind: "observe",
      unfired: "ignore",
      run: (gradient, { site, pass }) => {
        gradInputs.set(captureKey("bwd", site.path, pass)[1], captured(gradient));
      },
    });
    return { value: runBackward(target, loss), gradInputs };
  } catch (error) {
    gradInputs.dispose();
    throw error;
  }
}

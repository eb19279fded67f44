import {
  Binding,
  type Direction,
  type Hookable,
  HookedModule,
  HookFactory,
  type HookFunction,
  type HookInfo,
  type MultiHookHandle,
  type Pattern,
  resolveTarget,
} from "@hookdict/core";
import { describeValue, isTensor, mapTensors, TensorDict } from "@hookdict/tensordict";
import { share } from "@hookdict/tensordict/tensors";
import { fill, type Tensor } from "@tensorflow/tfjs-core";
import { HookingContextWithCache } from "../capture/context-with-cache.ts";
import { setInvalid } from "../errors.ts";
import { CacheProxy } from "./proxy.ts";

/**
 * What a session puts in a value's place: a tensor (*borrowed* for as long as the hook stands), a number that fills the
 * value's shape, a function of the present value, or what a `get` sees earlier in the same call.
 */
export type SetValue = Tensor | number | CacheProxy<unknown> | HookFunction;

/** Options of a session's methods. */
export interface SessionOptions {
  readonly direction?: Direction;
}

/**
 * A model under hooks that are added one by one, by hand: what a notebook wants. Each method returns what removes its
 * hook; the session's end removes all.
 *
 * @example no-run
 * using session = openSession(model);
 * const clean = session.get("blocks.0.hook_resid_pre");
 * session.set("blocks.2.hook_resid_pre", clean); // in the same call
 * session.call(tokens).dispose();
 * clean.value.shape;
 */
export class Session<
  A extends readonly unknown[] = readonly unknown[],
  O = unknown,
  M = unknown,
> extends HookedModule<A, O, HookingContextWithCache, M> {
  /**
   * Sees the outputs of the matched sites (or the values of another direction).
   *
   * @throws MatchError `PATTERN_UNMATCHED`; UsageError `DIRECTION_UNKNOWN`; LifetimeError `CONTEXT_DISPOSED`.
   */
  get<V = Tensor>(pattern: Pattern, { direction = "fwd" }: SessionOptions = {}): CacheProxy<V> {
    const { binding } = this.context;
    binding.assertLive("get");
    return CacheProxy.open<V>(binding, pattern, direction);
  }

  /**
   * Puts another value in place of the outputs of the matched sites.
   *
   * @throws like `get`; UsageError `SET_INVALID`. In the call: UsageError `PROXY_ORDER`, `PROXY_SEVERAL`; ShapeError when it does not fit.
   */
  set(pattern: Pattern, value: SetValue, { direction = "fwd" }: SessionOptions = {}): MultiHookHandle {
    return this.context.hook(pattern, direction, hookOf(value));
  }

  /** `get` of the sites' inputs: a tensor, or a tuple of several. */
  getInput<V = Tensor>(pattern: Pattern): CacheProxy<V> {
    return this.get<V>(pattern, { direction: "fwd_pre" });
  }

  /** `set` of the sites' inputs. */
  setInput(pattern: Pattern, value: SetValue): MultiHookHandle {
    return this.set(pattern, value, { direction: "fwd_pre" });
  }

  /** `get` of the gradients with respect to the sites' outputs, filled by `backward`. */
  getGradOutput<V = Tensor>(pattern: Pattern): CacheProxy<V> {
    return this.get<V>(pattern, { direction: "bwd_pre" });
  }

  /** `set` of the gradients with respect to the sites' outputs, before they flow through the sites. */
  setGradOutput(pattern: Pattern, value: SetValue): MultiHookHandle {
    return this.set(pattern, value, { direction: "bwd_pre" });
  }

  /** Captures into the session's `cache` under `[direction, path]`; `takeCache()` lets it outlive the session. */
  save(pattern: Pattern, { direction = "fwd" }: SessionOptions = {}): MultiHookHandle {
    return this.context.capture(pattern, direction);
  }

  /** Ends the run at the first matched site that is reached: `call` then throws `RUN_STOPPED`, `tryCall` tells. */
  stop(pattern: Pattern): MultiHookHandle {
    return this.context.hook(pattern, "fwd", HookFactory.stop());
  }
}

/**
 * Opens a session on a model, or on a hooked module: on top of its hooks.
 *
 * @throws UsageError `MODEL_NOT_HOOKABLE`
 */
export function openSession<A extends readonly unknown[], O, M>(model: Hookable<A, O, M>): Session<A, O, M> {
  const target = resolveTarget(model);
  return new Session(target, new HookingContextWithCache(new Binding(target, "Session")));
}

function hookOf(value: SetValue): HookFunction {
  if (typeof value === "function") return value;
  if (typeof value === "number") {
    const filled = ({ shape, dtype }: Tensor): Tensor => fill(shape, value, dtype as "float32"); // or what the value has
    return (present: unknown) => mapTensors(present, filled);
  }
  if (isTensor(value)) return () => share(value);
  const isProxy = typeof value === "object" && value !== null && "resolve" in value; // plain JavaScript may give anything
  if (!isProxy) throw setInvalid(describeValue(value));
  return (present: unknown, { site }: HookInfo) =>
    mapTensors(structuredLike(present, value.resolve(site.path)), share);
}

/** What a TensorDict of captures holds, as the tuple or record that it is to replace, if it has the same parts. */
function structuredLike(present: unknown, held: unknown): unknown {
  if (!(held instanceof TensorDict) || typeof present !== "object" || present === null) return held;
  const isTuple = Array.isArray(present);
  if (!isTuple && Object.getPrototypeOf(present) !== Object.prototype) return held;
  const parts = Object.entries(present) as [string, unknown][];
  if (parts.filter(([, part]) => part !== undefined).length !== held.size) return held; // refused at the site
  const taken = parts.map(([key, part]) => [key, structuredLike(part, held.get(key, undefined))] as const);
  return isTuple ? taken.map(([, part]) => part) : Object.fromEntries(taken);
}

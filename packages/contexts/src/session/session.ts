import {
  Binding,
  type Direction,
  type Hookable,
  HookedModule,
  HookFactory,
  type HookFunction,
  type HookInfo,
  type HookOrder,
  type MultiHookHandle,
  type Pattern,
  resolveTarget,
} from "@hookdict/core";
import { describeValue, isTensor, mapTensors, TensorDict } from "@hookdict/tensordict";
import { share } from "@hookdict/tensordict/tensors";
import { fill, type Tensor } from "@tensorflow/tfjs-core";
import { HookingContextWithCache } from "../capture/context-with-cache.ts";
import { within } from "../capture/relative.ts";
import { checkOptions } from "../define/check-options.ts";
import { option } from "../define/option.ts";
import { setInvalid } from "../errors.ts";
import { CacheProxy } from "./proxy.ts";

/**
 * What a session puts in a value's place: a tensor (*borrowed* for as long as the hook stands), a number that fills the
 * value's shape, a function of the present value, or what a `get` sees earlier in the same call.
 */
export type SetValue<V = never> = Tensor | number | CacheProxy<unknown> | HookFunction<V>;

/** Options of a session's methods. */
export interface SessionOptions {
  /** Default `"fwd"`. */
  readonly direction?: Direction;
  /** Before (`"pre"`) or after (`"post"`) the other hooks at the site, those that are there already, too. */
  readonly order?: HookOrder;
  /** Path of a submodule: the pattern looks below it. */
  readonly relative?: string;
}

/** Options where the method's name says the direction. */
export type PlaceOptions = Omit<SessionOptions, "direction">;

const OPTIONS = {
  direction: option.direction(),
  order: option.oneOf("pre", "normal", "post"),
  relative: option.string(),
};

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
  get<V = Tensor>(pattern: Pattern, options: SessionOptions = {}): CacheProxy<V> {
    checkOptions("session.get", OPTIONS, options);
    const { direction = "fwd", order = "normal", relative = "" } = options;
    const { binding } = this.context;
    binding.assertLive("get");
    return CacheProxy.open<V>(binding, within(pattern, relative), direction, order);
  }

  /**
   * Puts another value in place of the outputs of the matched sites.
   *
   * @throws like `get`; UsageError `SET_INVALID`. In the call: UsageError `PROXY_ORDER`, `PROXY_SEVERAL`; ShapeError when it does not fit.
   */
  set<V = Tensor>(pattern: Pattern, value: SetValue<V>, options: SessionOptions = {}): MultiHookHandle {
    checkOptions("session.set", OPTIONS, options);
    const { direction = "fwd", order = "normal", relative = "" } = options;
    return this.context.hook(within(pattern, relative), direction, { run: hookOf(value), order });
  }

  /** `get` of the sites' inputs: a tensor, or a tuple of several. */
  getInput<V = Tensor>(pattern: Pattern, options: PlaceOptions = {}): CacheProxy<V> {
    return this.get<V>(pattern, { ...options, direction: "fwd_pre" });
  }

  /** `set` of the sites' inputs. */
  setInput<V = Tensor>(pattern: Pattern, value: SetValue<V>, options: PlaceOptions = {}): MultiHookHandle {
    return this.set(pattern, value, { ...options, direction: "fwd_pre" });
  }

  /** `get` of the gradients with respect to the sites' outputs, filled by `backward`. */
  getGradOutput<V = Tensor>(pattern: Pattern, options: PlaceOptions = {}): CacheProxy<V> {
    return this.get<V>(pattern, { ...options, direction: "bwd_pre" });
  }

  /** `set` of the gradients with respect to the sites' outputs, before they flow through the sites. */
  setGradOutput<V = Tensor>(
    pattern: Pattern,
    value: SetValue<V>,
    options: PlaceOptions = {},
  ): MultiHookHandle {
    return this.set(pattern, value, { ...options, direction: "bwd_pre" });
  }

  /** `get` of the gradients with respect to the sites' inputs, filled by `backward`. */
  getGradInput<V = Tensor>(pattern: Pattern, options: PlaceOptions = {}): CacheProxy<V> {
    return this.get<V>(pattern, { ...options, direction: "bwd" });
  }

  /** `set` of the gradients with respect to the sites' inputs, which flow on upstream. */
  setGradInput<V = Tensor>(
    pattern: Pattern,
    value: SetValue<V>,
    options: PlaceOptions = {},
  ): MultiHookHandle {
    return this.set(pattern, value, { ...options, direction: "bwd" });
  }

  /**
   * Captures into the session's `cache` under `[direction, path]`, where `relative` says from where the path starts;
   * `takeCache()` lets it outlive the session.
   */
  save(pattern: Pattern, options: Omit<SessionOptions, "order"> = {}): MultiHookHandle {
    checkOptions("session.save", { direction: OPTIONS.direction, relative: OPTIONS.relative }, options);
    const { direction = "fwd", relative = "" } = options;
    return this.context.capture(within(pattern, relative), direction, undefined, relative);
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

function hookOf<V>(value: SetValue<V>): HookFunction {
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

import {
  type Binding,
  type CallResult,
  type Direction,
  type Hook,
  type Hookable,
  type HookedModule,
  type HookFunction,
  type HookInfo,
  type Pattern,
} from "@hookdict/core";
import { isTensor, type TensorDict, tensorsOf } from "@hookdict/tensordict";
import { share } from "@hookdict/tensordict/tensors";
import { dispose, keep, type Tensor } from "@tensorflow/tfjs-core";
import { type Passes, type CaptureOptions, HookingContextWithCache } from "../context-with-cache.ts";
import type { HookingContext } from "../context.ts";
import { lossMissing, stopWithLoss } from "../errors.ts";
import { type FactoryDescription, HookingContextFactory } from "../factory.ts";
import { type AxisSlices, checkSliceAxes, checkSlices, sliceAxes } from "./slice.ts";

/** A hook with its place: `["**.hook_z", hook]`, or with a direction other than `fwd`: `["**.hook_z", "bwd", hook]`. */
export type PlacedHook =
  | readonly [pattern: Pattern, hook: Hook | HookFunction]
  | readonly [pattern: Pattern, direction: Direction, hook: Hook | HookFunction];

/** Options of {@link runWithHooks}. */
export interface RunWithHooksOptions<O> {
  /** A float32 scalar made of the output. When given, a backward pass follows, in which backward hooks fire. */
  readonly loss?: (output: O) => Tensor;
}

/** Options of {@link runWithCache}. */
export interface RunWithCacheOptions<O> {
  /** Which sites are captured. Default all. */
  readonly names?: Pattern;
  /** Default `["fwd"]`. */
  readonly directions?: readonly Direction[];
  /**
   * A float32 scalar made of the output. When given, a backward pass follows, and the gradients with respect to the
   * outputs of the sites are captured under `["bwd_pre", path]`, where there are any.
   */
  readonly loss?: (output: O) => Tensor;
  /**
   * What is kept along declared axes, such as `{ pos: -1 }`: the last position, without the axis. A site that does not
   * declare an axis is kept whole along it.
   */
  readonly slice?: AxisSlices;
  /** Leave out the axis `batch` of every capture; its size must be 1. Default `false`. */
  readonly removeBatchDim?: boolean;
  /** Which runs of a site that runs several times are captured. Default `"all"`. */
  readonly passes?: Passes;
  /** End the run after the last captured site; see `HookingContext.stopEarly`. Default `false`. */
  readonly stopEarly?: boolean;
}

/** **Ownership:** both are owned by the receiver. */
export interface CachedRun<O> {
  readonly stopped: false;
  readonly output: O;
  /** Keys `[direction, path]`. */
  readonly cache: TensorDict;
}

/** A run that may have ended early. **Ownership:** what there is, is owned by the receiver. */
export type StoppedRun<O> = CallResult<O> & { readonly cache: TensorDict };

/**
 * Runs a model once with hooks, which are gone afterwards.
 *
 * **Ownership:** borrows the arguments; returns owned.
 *
 * @throws UsageError `LOSS_MISSING` for backward hooks without a loss; MatchError `PATTERN_UNMATCHED`; HookError.
 * @example no-run
 * runWithHooks(model, [tokens], [["blocks.0.hook_resid_pre", (resid) => mul(resid, 2)]]);
 */
export function runWithHooks<A extends readonly unknown[], O>(
  model: Hookable<A, O>,
  args: A,
  hooks: readonly PlacedHook[],
  options: RunWithHooksOptions<O> = {},
): O {
  using hooked = new RunFactory("runWithHooks", (context) => {
    for (const placed of hooks) {
      const [pattern, direction, hook] =
        placed.length === 3 ? placed : ([placed[0], "fwd", placed[1]] as const);
      if (direction.startsWith("bwd") && options.loss === undefined)
        throw lossMissing("runWithHooks", "a hook with the direction", direction);
      context.hook(pattern, direction, hook);
    }
  }).prepare(model);
  return options.loss === undefined ? hooked.call(...args) : callWithLoss(hooked, args, options.loss);
}

/**
 * Runs a model once and captures what passes its sites.
 *
 * **Ownership:** borrows the arguments; returns the output and the cache owned.
 *
 * @throws UsageError `SLICE_AXIS`, `SLICE_INVALID`, `STOP_WITH_LOSS`, `LOSS_MISSING`; ShapeError `SLICE_INDEX`, `BATCH_NOT_ONE`; MatchError
 * `PATTERN_UNMATCHED`; codes of `backward`.
 * @example no-run
 * const { output, cache } = runWithCache(model, [tokens], { names: "**.hook_resid_pre", slice: { pos: -1 } });
 */
export function runWithCache<A extends readonly unknown[], O>(
  model: Hookable<A, O>,
  args: A,
  options?: RunWithCacheOptions<O> & { readonly stopEarly?: false },
): CachedRun<O>;
export function runWithCache<A extends readonly unknown[], O>(
  model: Hookable<A, O>,
  args: A,
  options: RunWithCacheOptions<O> & { readonly stopEarly: true },
): StoppedRun<O>;
export function runWithCache<A extends readonly unknown[], O>(
  model: Hookable<A, O>,
  args: A,
  options: RunWithCacheOptions<O> = {},
): StoppedRun<O> {
  const { loss, stopEarly = false } = options;
  if (loss !== undefined && stopEarly) throw stopWithLoss();
  using hooked = new RunFactory("runWithCache", (context) => captureAll(context, options), {
    passes: options.passes ?? "all",
  }).prepare(model);
  const result: CallResult<O> = stopEarly
    ? hooked.tryCall(...args)
    : {
        stopped: false,
        output: loss === undefined ? hooked.call(...args) : callWithLoss(hooked, args, loss),
      };
  return { ...result, cache: hooked.takeCache() };
}

function captureAll<O>(context: HookingContextWithCache, options: RunWithCacheOptions<O>): void {
  const { names = "**", directions = ["fwd"], slice = {}, removeBatchDim = false, loss, stopEarly } = options;
  const sites = context.sites(names);
  checkSlices(slice);
  checkSliceAxes(sites, [...Object.keys(slice), ...(removeBatchDim ? ["batch"] : [])]);
  const cuts = Object.keys(slice).length > 0 || removeBatchDim;
  const cut = (value: unknown, { site }: HookInfo): unknown =>
    isTensor(value) ? sliceAxes(site, value, slice, removeBatchDim) : value;
  const callback = cuts ? cut : undefined;
  for (const direction of directions) {
    if (loss === undefined && direction.startsWith("bwd"))
      throw lossMissing("runWithCache", "the direction", direction);
    context.capture({ sites }, direction, callback);
  }
  // Not every site has a gradient: integers, and what the loss does not depend on.
  if (loss !== undefined) context.capture({ sites }, "bwd_pre", callback, "", "ignore");
  if (stopEarly === true) context.stopEarly();
}

/** One run, set up by a function. */
class RunFactory extends HookingContextFactory<HookingContextWithCache> {
  readonly #name: string;
  readonly #setUp: (context: HookingContextWithCache) => void;
  readonly #options: CaptureOptions;

  constructor(name: string, setUp: (context: HookingContextWithCache) => void, options: CaptureOptions = {}) {
    super();
    this.#options = options;
    this.#name = name;
    this.#setUp = setUp;
  }

  override describe(): FactoryDescription {
    return { name: this.#name, options: {} };
  }

  protected override createContext(binding: Binding): HookingContextWithCache {
    return new HookingContextWithCache(binding, this.#options);
  }

  protected override setUp(context: HookingContextWithCache): void {
    this.#setUp(context);
  }
}

/** Calls inside a backward pass. **Ownership:** returns owned. */
function callWithLoss<A extends readonly unknown[], O>(
  hooked: HookedModule<A, O, HookingContext>,
  args: A,
  loss: (output: O) => Tensor,
): O {
  let output: O | undefined;
  try {
    hooked.backward(() => {
      const value = hooked.call(...args);
      for (const tensor of tensorsOf(value)) keep(tensor);
      output = value;
      return loss(value);
    });
  } catch (error) {
    dispose(tensorsOf(output));
    throw error;
  }
  return released(output) as O; // the same structure
}

/** The value with tensors that the caller's scope frees again, in place of kept ones. A TensorDict keeps its own. */
function released(value: unknown): unknown {
  if (isTensor(value)) {
    const given = share(value);
    value.dispose();
    return given;
  }
  if (Array.isArray(value)) return value.map(released);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, released(item)]));
}

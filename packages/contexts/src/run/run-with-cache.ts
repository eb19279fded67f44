import { type CallResult, type Direction, type Hookable, type Pattern } from "@hookdict/core";
import type { TensorDict } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { HookingContextWithCache } from "../capture/context-with-cache.ts";
import { CAPTURE_OPTIONS } from "../capture/declared.ts";
import type { CaptureOptions } from "../capture/options.ts";
import { checkOptions } from "../define/check-options.ts";
import { option, type Option } from "../define/option.ts";
import { lossMissing, stopWithLoss } from "../errors.ts";
import { callWithLoss, LOSS } from "./loss.ts";
import { checkArguments, RunFactory } from "./run-factory.ts";

/** Options of {@link runWithCache} and {@link runWithCacheAsync}. */
export interface CachedRunOptions extends Omit<CaptureOptions, "clearCache"> {
  /** Which sites are captured. Default all. */
  readonly names?: Pattern;
  /** Default `["fwd"]`. */
  readonly directions?: readonly Direction[];
  /** End the run after the last captured site; see `HookingContext.stopEarly`. Default `false`. */
  readonly stopEarly?: boolean;
}

/** Options of {@link runWithCache}. */
export interface RunWithCacheOptions<O> extends CachedRunOptions {
  /**
   * A float32 scalar made of the output. When given, a backward pass follows, and the gradients with respect to the
   * outputs of the sites are captured under `["bwd_pre", path]`, where there are any.
   */
  readonly loss?: (output: O) => Tensor;
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
 * Runs a model once and captures what passes its sites.
 *
 * **Ownership:** borrows the arguments; returns the output and the cache owned.
 *
 * @throws UsageError `OPTION_UNKNOWN`, `OPTION_INVALID`, `ARGUMENTS_INVALID`, `SLICE_AXIS`, `STOP_WITH_LOSS`, `LOSS_MISSING`; ShapeError `SLICE_INDEX`, `BATCH_NOT_ONE`; MatchError
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
  const factory = cachedRun("runWithCache", options, { ...CACHED_RUN_OPTIONS, ...LOSS });
  checkArguments("runWithCache", args);
  const { loss, stopEarly = false } = options;
  if (loss !== undefined && stopEarly) throw stopWithLoss();
  using hooked = factory.prepare(model);
  const result: CallResult<O> = stopEarly
    ? hooked.tryCall(...args)
    : {
        stopped: false,
        output: loss === undefined ? hooked.call(...args) : callWithLoss(hooked, args, loss),
      };
  return { ...result, cache: hooked.takeCache() };
}

/**
 * {@link runWithCache} for models that wait while they run, such as graphs with control flow. Other models take it as
 * well. It has no `loss`: a backward pass cannot wait.
 *
 * **Ownership:** borrows the arguments until it is done; returns the output and the cache owned.
 *
 * @throws like `runWithCache`, in the promise.
 * @example no-run
 * const { output, cache } = await runWithCacheAsync(graph, [x], { names: "**.Softmax" });
 */
export function runWithCacheAsync<A extends readonly unknown[], O>(
  model: Hookable<A, O>,
  args: A,
  options?: CachedRunOptions & { readonly stopEarly?: false },
): Promise<CachedRun<O>>;
export function runWithCacheAsync<A extends readonly unknown[], O>(
  model: Hookable<A, O>,
  args: A,
  options: CachedRunOptions & { readonly stopEarly: true },
): Promise<StoppedRun<O>>;
export async function runWithCacheAsync<A extends readonly unknown[], O>(
  model: Hookable<A, O>,
  args: A,
  options: CachedRunOptions = {},
): Promise<StoppedRun<O>> {
  const factory = cachedRun("runWithCacheAsync", options, CACHED_RUN_OPTIONS);
  checkArguments("runWithCacheAsync", args);
  using hooked = factory.prepare(model);
  const result: CallResult<O> =
    options.stopEarly === true
      ? await hooked.tryCallAsync(...args)
      : { stopped: false, output: await hooked.callAsync(...args) };
  return { ...result, cache: hooked.takeCache() };
}

const CACHED_RUN_OPTIONS = {
  ...CAPTURE_OPTIONS,
  names: option.pattern(),
  directions: option.list(option.direction(), 1).wants('a list of directions, such as ["fwd", "bwd"]'),
  stopEarly: option.boolean(),
};

function cachedRun(
  fn: string,
  given: CachedRunOptions,
  declared: Readonly<Record<string, Option>>,
): RunFactory {
  checkOptions(fn, declared, given);
  const { loss }: RunWithCacheOptions<never> = given;
  const capture: CaptureOptions = given.cache === undefined ? given : { ...given, clearCache: false };
  return new RunFactory(fn, (context) => captureAll(fn, context, given, loss !== undefined), capture);
}

function captureAll(
  fn: string,
  context: HookingContextWithCache,
  { names = "**", directions = ["fwd"], stopEarly = false }: CachedRunOptions,
  hasLoss: boolean,
): void {
  const sites = context.sites(names);
  for (const direction of directions) {
    if (!hasLoss && direction.startsWith("bwd")) throw lossMissing(fn, "the direction", direction);
    context.capture({ sites }, direction);
  }
  // Not every site has a gradient: integers, and what the loss does not depend on.
  if (hasLoss) context.capture({ sites }, "bwd_pre", undefined, "", "ignore");
  if (stopEarly) context.stopEarly();
}

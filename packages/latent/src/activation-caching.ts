import { type Direction, type HookInfo, type Pattern } from "@hookdict/core";
import {
  type CaptureCallback,
  type CaptureOptions,
  defineContext,
  type DefinedFactory,
  type HookingContextWithCache,
  option,
  within,
} from "@hookdict/contexts";
import type { Tensor } from "@tensorflow/tfjs-core";

/** Options of {@link ActivationCaching}. */
export interface ActivationCachingOptions<V = never> extends CaptureOptions {
  /** What is captured at each site. Default `["fwd"]`. */
  readonly directions?: readonly Direction[];
  /**
   * Stored in place of the value, for example a part of it; `undefined` stores nothing.
   * **Ownership:** borrows the value; tensors that it returns belong to the run.
   */
  readonly callback?: (value: V, info: HookInfo) => unknown;
  /** Path of a submodule: the pattern looks below it, and keys start there. */
  readonly relative?: string;
  /**
   * End each run once every forward hook on the model, of all contexts, has fired. `tryCall` then tells where the run
   * stopped; `call` throws `RUN_STOPPED`. A site that would run again is not waited for. Default `false`.
   */
  readonly stopEarly?: boolean;
}

/** A description of what is captured; see the class of the same name. */
export type ActivationCaching = DefinedFactory<ActivationCachingOptions, HookingContextWithCache>;

/** The class {@link ActivationCaching}. `V` is what the callback is given: a tensor, unless it says otherwise. */
export interface ActivationCachingClass {
  readonly name: string;
  /** @throws UsageError `OPTION_UNKNOWN`, `OPTION_INVALID`, `OPTIONS_INVALID`, `PATTERN_INVALID` */
  new <V = Tensor>(pattern: Pattern, options?: ActivationCachingOptions<V>): ActivationCaching;
}

/**
 * Captures the values that pass the matched sites into a TensorDict, under `[direction, path]`.
 *
 * @example
 * using hooked = new ActivationCaching("blocks.*.hook_resid_pre").prepare(model);
 * const output = hooked.call(tokens);
 * hooked.cache.get(["fwd", "blocks.0.hook_resid_pre"]);
 */
export const ActivationCaching: ActivationCachingClass = defineContext({
  name: "ActivationCaching",
  captures: true,
  options: {
    directions: option
      .list(option.direction(), 1)
      .wants('a list of directions, such as ["fwd", "bwd"]')
      .default(["fwd"]),
    callback: option.fn<CaptureCallback>(),
    relative: option.string().default(""),
    stopEarly: option.boolean().default(false),
  },
  setUp(context, { directions, callback, relative, stopEarly }, pattern) {
    const sites = context.sites(within(pattern, relative));
    for (const direction of directions) context.capture({ sites }, direction, callback, relative);
    if (stopEarly) context.stopEarly();
  },
});

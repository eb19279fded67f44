import type { Binding, Direction, Pattern } from "@hookdict/core";
import type { TensorDict } from "@hookdict/tensordict";
import {
  type Passes,
  type CaptureCallback,
  type FactoryDescription,
  type HookingContext,
  HookingContextFactory,
  HookingContextWithCache,
  type PrepareOptions,
} from "@hookdict/contexts";
import { optionInvalid } from "./errors.ts";
import { checkKnown } from "./options.ts";
import { within } from "./relative.ts";

/** Options of {@link ActivationCaching}. */
export interface ActivationCachingOptions {
  /** What is captured at each site. Default `["fwd"]`. */
  readonly directions?: readonly Direction[];
  /**
   * Stored in place of the value, for example a slice of it; `undefined` stores nothing.
   * **Ownership:** borrows the value; tensors that it returns belong to the run.
   */
  readonly callback?: CaptureCallback;
  /** Path of a submodule: the pattern looks below it, and keys start there. */
  readonly relative?: string;
  /** Where captures go; *borrowed*. Default a TensorDict that ends with the context. */
  readonly cache?: TensorDict;
  /** Empty the cache when a run of the model begins. Default `true`; otherwise keys go on: `path#1`, `path#2`, ... */
  readonly clearCache?: boolean;
  /** Which passes of a site that has several in one run are kept. Default `"all"`. */
  readonly passes?: Passes;
  /**
   * End each run once every forward hook on the model, of all contexts, has fired. `tryCall` then tells where the run
   * stopped; `call` throws `RUN_STOPPED`. A site that would run again is not waited for. Default `false`.
   */
  readonly stopEarly?: boolean;
}

const OPTIONS: readonly (keyof ActivationCachingOptions)[] = [
  "directions",
  "callback",
  "relative",
  "cache",
  "clearCache",
  "passes",
  "stopEarly",
];

/**
 * Captures the values that pass the matched sites into a TensorDict, under `[direction, path]`.
 *
 * @example
 * using hooked = new ActivationCaching("blocks.*.hook_resid_pre").prepare(model);
 * const output = hooked.call(tokens);
 * hooked.cache.get(["fwd", "blocks.0.hook_resid_pre"]);
 */
export class ActivationCaching extends HookingContextFactory<HookingContextWithCache> {
  readonly pattern: Pattern;
  readonly #options: ActivationCachingOptions;

  /** @throws UsageError `OPTION_UNKNOWN`, `OPTION_INVALID` */
  constructor(pattern: Pattern, options: ActivationCachingOptions = {}) {
    super();
    check(options);
    this.pattern = pattern;
    this.#options = Object.freeze({ ...options });
  }

  override describe(): FactoryDescription {
    return { name: "ActivationCaching", options: { pattern: this.pattern, ...this.#options } };
  }

  /** Two that fill one cache would overwrite each other's captures. */
  override conflict(other: HookingContextFactory<HookingContext>): string | undefined {
    const { cache } = this.#options;
    const isShared =
      cache !== undefined && other instanceof ActivationCaching && other.#options.cache === cache;
    return isShared ? "both capture into the same cache" : undefined;
  }

  protected override createContext(binding: Binding, options: PrepareOptions): HookingContextWithCache {
    return new HookingContextWithCache(binding, this.#options, options.unmatched);
  }

  protected override setUp(context: HookingContextWithCache): void {
    const { directions = ["fwd"], callback, relative = "" } = this.#options;
    const sites = context.sites(within(this.pattern, relative));
    for (const direction of directions) context.capture({ sites }, direction, callback, relative);
    if (this.#options.stopEarly === true) context.stopEarly();
  }
}

function check(options: ActivationCachingOptions): void {
  const { directions, passes } = options;
  checkKnown("ActivationCaching", options, OPTIONS);
  if (directions !== undefined && (!Array.isArray(directions) || directions.length === 0))
    throw optionInvalid(
      "ActivationCaching",
      "directions",
      directions,
      'a list of directions, such as ["fwd", "bwd"]',
    );
  if (passes !== undefined && !["all", "first", "last"].includes(passes))
    throw optionInvalid("ActivationCaching", "passes", passes, '"all", "first" or "last"');
}

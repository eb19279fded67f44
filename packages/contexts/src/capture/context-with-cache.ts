import { checkArgument } from "@hookdict/tensordict";
import {
  type Binding,
  captured,
  type Direction,
  type HookFunction,
  type HookInfo,
  type HookTarget,
  type MultiHookHandle,
  type Pattern,
  type Site,
  type Unmatched,
} from "@hookdict/core";
import { TensorDict } from "@hookdict/tensordict";
import { Tensor } from "@tensorflow/tfjs-core";
import { HookingContext } from "../context.ts";
import { checkOptions } from "../define/check-options.ts";
import { CAPTURE_OPTIONS } from "./declared.ts";
import { CaptureKeys, relativePath } from "./keys.ts";
import type { CaptureCallback, CaptureOptions } from "./options.ts";
import { checkSliceAxes } from "./slice.ts";
import { changedValue, changeOf } from "./value.ts";

/** Which contexts capture into a cache, or into the run of one. */
const writers = new WeakMap<TensorDict, Set<HookingContextWithCache>>();

/**
 * The context that empties `cache` in each of the model's runs and captures anew what lies under `key`, so that a run
 * finds nothing there of the runs before it; `undefined` when there is none, or it is asleep.
 */
export function refillerOf(
  cache: TensorDict,
  target: HookTarget,
  key: readonly [Direction, string],
): HookingContextWithCache | undefined {
  const found = writers.get(cache) ?? new Set();
  return [...found].find((writer) => writer.target === target && writer.refills(key));
}

/**
 * A context whose hooks capture into a TensorDict with keys `[direction, path]`, or `[run, direction, path]`.
 *
 * **Ownership:** a capture is a kept reference clone that belongs to the cache; the cache ends with the context, unless
 * it was given.
 */
export class HookingContextWithCache extends HookingContext {
  #isOwnCache: boolean;
  readonly #options: CaptureOptions;
  readonly #keys: CaptureKeys;
  readonly #change: ReturnType<typeof changeOf>;
  #cache: TensorDict;
  #isCapturing = false;
  /** Where `[direction, path]` lies: the cache, or the named run in it. */
  #place: TensorDict | undefined;

  /** @throws UsageError `OPTION_UNKNOWN`, `OPTION_INVALID`, `OPTIONS_INVALID` */
  constructor(binding: Binding, options: CaptureOptions = {}, unmatched: Unmatched = "error") {
    super(binding, unmatched);
    const { name } = binding;
    this.#options = checkOptions(name, CAPTURE_OPTIONS, captureOnly(name, options));
    this.#isOwnCache = options.cache === undefined;
    this.#cache = options.cache ?? new TensorDict();
    this.#keys = new CaptureKeys(options);
    this.#change = changeOf(options);
    binding.defer(() => {
      this.#leave();
      if (this.#isOwnCache) this.#cache.dispose();
    });
    binding.onRunStart(() => {
      if (!binding.isEnabled) return; // a run that the context sleeps through is not its own
      const place = this.#present;
      if (place !== undefined) this.#keys.startRun(place, binding.target);
    });
    this.#enter();
  }

  /** Whether anything was asked to be captured. */
  get isCapturing(): boolean {
    return this.#isCapturing;
  }

  /** The captures so far. **Ownership:** *borrowed*: it ends with the context; see `takeCache`. */
  get cache(): TensorDict {
    return this.#cache;
  }

  /** The captures so far; the context goes on with an empty cache. **Ownership:** returns owned. */
  takeCache(): TensorDict {
    this.binding.assertLive("takeCache");
    const taken = this.#cache;
    this.#leave();
    this.#cache = new TensorDict();
    this.#isOwnCache = true;
    this.#keys.forget();
    this.#enter();
    return taken;
  }

  /**
   * Captures the direction's value at every site that the pattern matches.
   *
   * @param relative Path under which keys start; sites outside keep their whole path.
   * @param unfired What `backward` does when a backward capture never fired.
   * @throws UsageError `SLICE_AXIS` for an axis to slice that none of the sites declares; like `hook`.
   */
  capture(
    where: Pattern | { readonly sites: readonly Site[] },
    direction: Direction,
    callback?: CaptureCallback,
    relative = "",
    unfired: "error" | "ignore" = "error",
  ): MultiHookHandle {
    const { passes = "all", slice = {}, removeBatchDim = false } = this.#options;
    const axes = [...Object.keys(slice), ...(removeBatchDim ? ["batch"] : [])];
    const sites = axes.length === 0 ? where : { sites: this.#sitesAt(where) };
    if (axes.length > 0) checkSliceAxes(this.#sitesAt(sites), axes);
    const run: HookFunction<unknown> = (value, info) => this.#store(value, info, callback, relative);
    this.#isCapturing = true;
    const isWhole = callback === undefined && this.#change === undefined;
    const captures = isWhole ? (passes === "all" ? "all" : "one") : "unknown";
    return this.hook(sites, direction, { kind: "observe", run, captures, unfired });
  }

  /** @internal See {@link refillerOf}. */
  refills(key: readonly [Direction, string]): boolean {
    const place = this.#present;
    return (
      !this.isDisposed && this.binding.isEnabled && place !== undefined && this.#keys.refills(place, key)
    );
  }

  #sitesAt(where: Pattern | { readonly sites: readonly Site[] }): readonly Site[] {
    return typeof where === "object" && where !== null && "sites" in where ? where.sites : this.sites(where);
  }

  /** Where captures lie, if that is there. */
  get #present(): TensorDict | undefined {
    const { run } = this.#options;
    if (this.#cache.isDisposed) return undefined;
    if (run === undefined) return this.#cache;
    const found: unknown = this.#cache.get(run, undefined);
    return found instanceof TensorDict ? found : undefined;
  }

  /** Where captures go: the run is made when its first capture comes. */
  #ready(): TensorDict {
    const { run } = this.#options;
    if (run === undefined) return this.#cache; // the way of each capture
    if (this.#present === undefined) {
      this.#cache.set(run, new TensorDict());
      this.#enter();
    }
    return this.#present ?? this.#cache;
  }

  #enter(): void {
    const place = this.#present;
    if (place === undefined) return;
    this.#place = place;
    writers.set(place, (writers.get(place) ?? new Set()).add(this));
  }

  #leave(): void {
    if (this.#place !== undefined) writers.get(this.#place)?.delete(this);
    this.#place = undefined;
  }

  #store(value: unknown, info: HookInfo, callback: CaptureCallback | undefined, relative: string): unknown {
    const { site, direction, pass } = info;
    const place = this.#ready();
    const key = this.#keys.of(place, direction, relativePath(site.path, relative), pass);
    if (key === undefined) return undefined;
    const whole = direction === "fwd_pre_kwargs" ? info.inputs : value;
    const isWhole = callback === undefined && this.#change === undefined;
    const stored = isWhole ? captured(whole) : changedValue(whole, info, callback, this.#change);
    if (stored === undefined || stored instanceof Promise) return stored; // a promise is an error of the hook
    try {
      place.set(key, stored as never); // a tensor, a TensorDict or a plain value
    } catch (error) {
      if (stored instanceof Tensor || stored instanceof TensorDict) stored.dispose(); // nobody has taken it
      throw error;
    }
    this.#keys.wrote(key);
    this.binding.emitter?.emit("captured", { site, key });
    return undefined;
  }
}

/** The options that concern captures: a context may pass all that it was given. */
function captureOnly(owner: string, options: CaptureOptions): CaptureOptions {
  checkArgument(owner, "options", options, "a record");
  const entries = Object.entries(options).filter(([name]) => Object.hasOwn(CAPTURE_OPTIONS, name));
  return Object.fromEntries(entries); // fewer of the same
}

import {
  type Binding,
  captured,
  captureKey,
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
import { Tensor, tidy } from "@tensorflow/tfjs-core";
import { HookingContext } from "./context.ts";

/** Which passes of a site in one run of the model are kept. */
export type Passes = "all" | "first" | "last";

/** How a context captures. */
export interface CaptureOptions {
  /** Where captures go. Default a new TensorDict that ends with the context; a given one is *borrowed*. */
  readonly cache?: TensorDict;
  /** Empty the cache whenever a run of the model begins. Default `true`. */
  readonly clearCache?: boolean;
  /** Which runs of a site that runs several times are kept. Default `"all"`: `path`, `path#1`, `path#2`, ... */
  readonly passes?: Passes;
}

/** What is stored in place of the value; `undefined` stores nothing. Its result belongs to the run. */
export type CaptureCallback = (value: never, info: HookInfo) => unknown;

/** Which contexts capture into a cache. */
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
 * A context whose hooks capture into a TensorDict with keys `[direction, path]`.
 *
 * **Ownership:** a capture is a kept reference clone that belongs to the cache; the cache ends with the context, unless
 * it was given.
 */
export class HookingContextWithCache extends HookingContext {
  #isOwnCache: boolean;
  readonly #clears: boolean;
  readonly #passes: Passes;
  /** Keys written in the present run (in all runs, when the cache is not cleared). */
  readonly #written: (readonly [Direction, string])[] = [];
  /** How often each site had run before the present run, when the cache is not cleared. */
  readonly #offsets = new Map<string, number>();
  readonly #lastCall = new Map<string, number>();
  #cache: TensorDict;

  constructor(binding: Binding, options: CaptureOptions = {}, unmatched: Unmatched = "error") {
    super(binding, unmatched);
    this.#isOwnCache = options.cache === undefined;
    this.#cache = options.cache ?? new TensorDict();
    this.#writes(true);
    this.#clears = options.clearCache ?? true;
    this.#passes = options.passes ?? "all";
    binding.defer(() => {
      this.#writes(false);
      if (this.#isOwnCache) this.#cache.dispose();
    });
    binding.onRunStart(() => this.#startRun());
  }

  /** The captures so far. **Ownership:** *borrowed*: it ends with the context; see `takeCache`. */
  get cache(): TensorDict {
    return this.#cache;
  }

  /** The captures so far; the context goes on with an empty cache. **Ownership:** returns owned. */
  takeCache(): TensorDict {
    this.binding.assertLive("takeCache");
    const taken = this.#cache;
    this.#writes(false);
    this.#cache = new TensorDict();
    this.#writes(true);
    this.#isOwnCache = true;
    this.#written.length = 0;
    return taken;
  }

  /**
   * Captures the direction's value at every site that the pattern matches.
   *
   * @param relative Path under which keys start; sites outside keep their whole path.
   * @param unfired What `backward` does when a backward capture never fired.
   */
  capture(
    where: Pattern | { readonly sites: readonly Site[] },
    direction: Direction,
    callback?: CaptureCallback,
    relative = "",
    unfired: "error" | "ignore" = "error",
  ): MultiHookHandle {
    const run: HookFunction<unknown> = (value, info) => this.#store(value, info, callback, relative);
    const one = this.#passes === "all" ? "all" : "one";
    const captures = callback === undefined ? one : "unknown";
    return this.hook(where, direction, { kind: "observe", run, captures, unfired });
  }

  #writes(on: boolean): void {
    const known = writers.get(this.#cache) ?? new Set();
    if (on) writers.set(this.#cache, known.add(this));
    else known.delete(this);
  }

  /** @internal See {@link refillerOf}. */
  refills(key: readonly [Direction, string]): boolean {
    if (!this.#clears || this.isDisposed || !this.binding.isEnabled) return false;
    return (
      !this.#cache.has(key) ||
      this.#written.some(([direction, path]) => direction === key[0] && path === key[1])
    );
  }

  #startRun(): void {
    if (!this.binding.isEnabled) return;
    if (this.#clears) {
      for (const key of this.#written) if (this.#cache.has(key)) this.#cache.delete(key);
      this.#written.length = 0;
    } else {
      for (const [id, last] of this.#lastCall) this.#offsets.set(id, last + 1);
    }
  }

  /** Number of a pass of a site, counted on from earlier runs. */
  #goOn(direction: Direction, site: Site, pass: number): number {
    const id = `${direction} ${site.path}`;
    const total = (this.#offsets.get(id) ?? 0) + pass;
    this.#lastCall.set(id, total);
    return total;
  }

  #store(value: unknown, info: HookInfo, callback: CaptureCallback | undefined, relative: string): unknown {
    const { site, direction } = info;
    const pass = this.#clears ? info.pass : this.#goOn(direction, site, info.pass);
    if (this.#passes === "first" && pass > 0) return undefined;
    const key = captureKey(direction, relativePath(site.path, relative), this.#passes === "last" ? 0 : pass);
    const stored =
      callback === undefined
        ? captured(direction === "fwd_pre_kwargs" ? info.inputs : value)
        : // A scope of its own: what the callback leaves behind is freed, the captured clone is kept.
          inScope(() => {
            const made = callback(value as never, info);
            return made instanceof Promise ? made : captured(made);
          });
    if (stored === undefined || stored instanceof Promise) return stored; // a promise is an error of the hook
    try {
      this.#cache.set(key, stored as never); // a tensor, a TensorDict or a plain value
    } catch (error) {
      if (stored instanceof Tensor || stored instanceof TensorDict) stored.dispose(); // nobody has taken it
      throw error;
    }
    this.#written.push(key);
    this.binding.emitter?.emit("captured", { site, key });
    return undefined;
  }
}

/** `tidy` for results that keep themselves, such as a TensorDict. */
function inScope<T>(fn: () => T): T {
  const result: { value?: T } = {};
  tidy(() => {
    result.value = fn();
  });
  return result.value as T; // set by the line above, unless `fn` has thrown
}

/** The path as seen from `root`: what follows it, or the whole when the site is not below it. */
export function relativePath(path: string, root: string): string {
  return root !== "" && path.startsWith(`${root}.`) ? path.slice(root.length + 1) : path;
}

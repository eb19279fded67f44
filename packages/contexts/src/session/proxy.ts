import {
  type Binding,
  captured,
  type Direction,
  type HookInfo,
  type HookOrder,
  type HookTarget,
  type MultiHookHandle,
  type Pattern,
} from "@hookdict/core";
import { describeValue, LINES, showAsText, TensorDict } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { proxyEmpty, proxyOrder, proxySeveral, proxySite } from "../errors.ts";

/** Where the hooks of a `get` put what they see: it lives from one run to the next, or to the end of its owner. */
class ProxyStore {
  readonly handle: MultiHookHandle;
  readonly values: TensorDict = new TensorDict();
  /** Key of the latest run of each site. */
  readonly latest = new Map<string, string>();
  readonly #leave: () => void;

  constructor(binding: Binding, pattern: Pattern, direction: Direction, order: HookOrder) {
    const deaf = binding.onRunStart(() => {
      if (binding.isEnabled) this.#startRun(binding.target); // a run that the session sleeps through is not its own
    });
    const forget = binding.defer(() => this.values.dispose());
    this.#leave = () => {
      deaf();
      forget();
    };
    this.handle = binding.hook(pattern, direction, {
      kind: "observe",
      order,
      captures: "all",
      run: (value, { site: { path }, pass }: HookInfo) => {
        const key = pass === 0 ? path : `${path}#${pass}`;
        this.values.set(key, captured(value));
        this.latest.set(path, key);
      },
    });
  }

  /** Ends it before its owner does. */
  dispose(): void {
    this.#leave();
    this.handle.dispose();
    if (this.values.isDisposed) return;
    for (const key of this.values.keys()) this.values.delete(key);
    this.latest.clear();
  }

  /** Begins a run: nothing is seen yet. */
  #startRun(target: HookTarget): void {
    for (const key of this.values.keys()) target.retire(this.values.release(key));
    this.latest.clear();
  }
}

/**
 * What a session's `get` will have seen, once the sites have run: to be read after the call, or to be given to a later
 * `set` in the same call.
 *
 * **Ownership:** values are *borrowed*: they end with the next call, with the handle, or with the session.
 */
export class CacheProxy<V = Tensor> implements Disposable {
  static {
    showAsText(this);
  }

  readonly #store: ProxyStore;
  /** The one site that this proxy is for; all of them when it is `undefined`. */
  readonly #path: string | undefined;

  private constructor(store: ProxyStore, path: string | undefined) {
    this.#store = store;
    this.#path = path;
  }

  /** @internal */
  static open<V>(binding: Binding, pattern: Pattern, direction: Direction, order: HookOrder): CacheProxy<V> {
    return new CacheProxy<V>(new ProxyStore(binding, pattern, direction, order), undefined);
  }

  /** The sites, in the model's order. */
  get paths(): readonly string[] {
    return this.#path === undefined ? this.#store.handle.paths : [this.#path];
  }

  /** The hooks. */
  get handle(): MultiHookHandle {
    return this.#store.handle;
  }

  /** Whether every site has run in the present, or latest, run. */
  get isFilled(): boolean {
    return this.paths.every((path) => this.#store.latest.has(path));
  }

  /**
   * The value of the only site; of its latest pass, when it has several in one run.
   *
   * @throws UsageError `PROXY_SEVERAL`, `PROXY_EMPTY`; LifetimeError `DICT_DISPOSED` after the end.
   */
  get value(): V {
    const { paths } = this;
    const [path] = paths;
    if (path === undefined || paths.length > 1) throw proxySeveral(paths);
    const key = this.#store.latest.get(path);
    // Before the check: a disposed TensorDict says so.
    const value = this.#store.values.get<V | undefined, undefined>(key ?? path, undefined);
    if (value === undefined) throw proxyEmpty(paths);
    return value;
  }

  /** All values so far, under `path`, `path#1`, ... **Ownership:** *borrowed*. */
  get all(): TensorDict {
    return this.#store.values;
  }

  /** The proxy of one of the sites. @throws MatchError `PROXY_SITE` */
  at(path: string): CacheProxy<V> {
    if (typeof path !== "string" || !this.paths.includes(path)) throw proxySite(path, this.paths);
    return new CacheProxy<V>(this.#store, path);
  }

  /**
   * The value for a hook at `site`: that of the only site, or of the site with the same path.
   *
   * @internal
   * @throws UsageError `PROXY_ORDER`, `PROXY_SEVERAL`.
   */
  resolve(site: string): V {
    const { paths } = this;
    const path = paths.length === 1 ? paths[0] : paths.find((candidate) => candidate === site);
    if (path === undefined) throw proxySeveral(paths);
    if (!this.#store.latest.has(path)) throw proxyOrder(path, site);
    return this.at(path).value;
  }

  /** The sites, and what is there of them. */
  toString(): string {
    const { paths } = this;
    const shown = paths.slice(0, LINES - 2).map((path) => {
      const key = this.#store.latest.get(path);
      const held: unknown =
        key === undefined ? undefined : this.#store.values.get<unknown, undefined>(key, undefined);
      return `  ${path}  ${held === undefined ? "not run yet" : describeValue(held)}`;
    });
    const more = paths.length - shown.length;
    return ["CacheProxy", ...shown, ...(more > 0 ? [`  … ${more} more`] : [])].join("\n");
  }

  /** Removes the hooks and frees what was captured. */
  dispose(): void {
    this.#store.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

import { type Site } from "@hookdict/core";
import {
  checkArgument,
  isTensor,
  mapTensors,
  showAsText,
  type TensorDict,
  tensorsOf,
} from "@hookdict/tensordict";
import { collectTensors } from "@hookdict/tensordict/tensors";
import { cast, dispose, type Tensor } from "@tensorflow/tfjs-core";
import type { Group } from "../batch/groups.ts";
import type { SiteState } from "../run/site-state.ts";
import type { Visit } from "../run/visit.ts";
import { type CacheEntry, OpenEntry } from "./entry.ts";
import { cacheKey, cacheLeft, cacheOnHost, cacheSeveral } from "./errors.ts";
import { CacheNames } from "./names.ts";
import { type CacheNode, nodeAt } from "./node.ts";
import type { CacheOptions, HostTensor } from "./options.ts";
import type { Recorder } from "./recorder.ts";
import { dictOf } from "./to-dict.ts";

/** Where a cache stands. */
export interface CachePlace {
  readonly sites: readonly Site[];
  /** Paths of the sites that it records. */
  readonly chosen: ReadonlySet<string>;
  readonly group: Group | undefined;
  /** The visit in which it was created: it records from the next one on. */
  readonly since: Visit | undefined;
}

/**
 * What passed the sites of a model in a trace, as all bodies have left it: an entry for each visit of each site. Read it
 * by path, or along the model's structure: `cache.root.blocks[0].hook_resid_pre.output`.
 *
 * **Ownership:** owns its tensors, and is the trace's; `toTensorDict` hands them out.
 *
 * @typeParam M The model, whose modules `root` has.
 */
export class TraceCache<M = unknown> implements Recorder, Disposable {
  static {
    showAsText(this);
  }

  readonly #options: CacheOptions;
  readonly #place: CachePlace;
  readonly #names: CacheNames;
  readonly #entries = new Map<string, OpenEntry[]>();
  readonly #owned: Tensor[] = [];

  /** @internal */
  constructor(options: CacheOptions, place: CachePlace) {
    this.#options = options;
    this.#place = place;
    this.#names = new CacheNames(options.rename, options.alias);
  }

  /** @internal */
  record(site: SiteState, visit: Visit): void {
    const { inputs = false, outputs = true, dtype } = this.#options;
    const { phase, moment } = visit;
    const isWanted = phase === "input" ? inputs : phase === "output" && outputs;
    if (!isWanted || visit === this.#place.since || !this.#place.chosen.has(site.path)) return;
    const value = collectTensors(() => {
      const rows = visit.take(this.#place.group);
      return dtype === undefined ? rows : mapTensors(rows, (tensor) => castOwned(tensor, dtype));
    }, this.#owned);
    const entry = this.#entryAt(site.path, moment.step, moment.call);
    if (phase === "output") entry.output = value;
    else entry.inputs = (Array.isArray(value) ? value : [value]) as Tensor[]; // what sites take
  }

  #entryAt(path: string, step: number, call: number): OpenEntry {
    const list = this.#entries.get(path) ?? [];
    this.#entries.set(path, list);
    const found = list.find((entry) => entry.step === step && entry.call === call);
    if (found !== undefined) return found;
    const entry = new OpenEntry(path, step, call);
    list.push(entry);
    return entry;
  }

  /** Names of the sites that were recorded, in the order of their first visit. */
  get keys(): readonly string[] {
    return [...this.#entries.keys()].map((path) => this.#names.shown(path));
  }

  /** How many sites were recorded. */
  get size(): number {
    return this.#entries.size;
  }

  has(key: string): boolean {
    return this.#entries.has(this.#pathOf(key));
  }

  /** Every visit of a site. **Ownership:** *borrowed*. @throws KeyError `TRACE_CACHE_KEY` */
  visits<V = Tensor>(key: string): readonly CacheEntry<V>[] {
    const found = this.#entries.get(this.#pathOf(key));
    if (found === undefined) throw cacheKey(key, this.keys);
    return found as readonly CacheEntry<unknown>[] as readonly CacheEntry<V>[]; // as the type parameter says
  }

  /** The only visit of a site. **Ownership:** *borrowed*. @throws KeyError `TRACE_CACHE_KEY`; UsageError `TRACE_CACHE_SEVERAL` */
  entry<V = Tensor>(key: string): CacheEntry<V> {
    const [first, ...more] = this.visits<V>(key);
    if (first === undefined || more.length > 0) throw cacheSeveral(key, 1 + more.length);
    return first;
  }

  /** The output in the only visit of a site. **Ownership, errors:** as `entry`; UsageError `TRACE_CACHE_LEFT_OUT`. */
  output<V = Tensor>(key: string): V {
    const { output } = this.entry<V>(key);
    if (output === null) throw cacheLeft("output", key);
    return output;
  }

  /** The first input in the only visit of a site. **Ownership, errors:** as `output`. */
  input(key: string): Tensor {
    const { input } = this.entry(key);
    if (input === null) throw cacheLeft("input", key);
    return input;
  }

  /**
   * The model's structure, to read entries along it: its modules by name, items of lists by number, and at each
   * `output`, `input`, `inputs` and `visits`. `at("0.attn")` goes down several levels at once.
   */
  get root(): CacheNode<M> {
    const known = this.#place.sites.map(({ path }) => path);
    return nodeAt(this as TraceCache, "", known, (name) => this.#names.original(name)) as CacheNode<M>; // the model's
  }

  /**
   * What was recorded as a TensorDict with keys `["fwd", path]` and `["fwd_pre", path]`, and `path#1`, `path#2`, ... for
   * further visits. Nothing is copied: the cache is empty afterwards.
   *
   * **Ownership:** returns owned.
   *
   * @throws UsageError `TRACE_CACHE_HOST`
   */
  toTensorDict(): TensorDict {
    if (this.#options.host === true) throw cacheOnHost();
    const dict = dictOf([...this.#entries.values()], (path) => this.#names.shown(path));
    this.#entries.clear();
    this.#owned.length = 0;
    return dict;
  }

  /** @internal The run has ended: moves values into typed arrays, if that was asked for. */
  settle(): void {
    if (this.#options.host !== true) return;
    const data = new Map(this.#owned.map((tensor) => [tensor, tensor.dataSync()]));
    this.#toHost(data);
  }

  /** @internal {@link TraceCache.settle} for runs that wait. */
  async settleAsync(): Promise<void> {
    if (this.#options.host !== true) return;
    const pairs = this.#owned.map(async (tensor) => [tensor, await tensor.data()] as const);
    this.#toHost(new Map(await Promise.all(pairs)));
  }

  #toHost(data: ReadonlyMap<Tensor, unknown>): void {
    const host = (value: unknown): unknown => hostOf(value, data);
    for (const list of this.#entries.values()) {
      for (const entry of list) {
        entry.output = host(entry.output);
        entry.inputs = host(entry.inputs) as readonly Tensor[] | null; // typed arrays where that was asked for
      }
    }
    this.#free();
  }

  /** Empties the cache. */
  clear(): void {
    this.#entries.clear();
    this.#free();
  }

  #free(): void {
    dispose(this.#owned.filter((tensor) => !tensor.isDisposed));
    this.#owned.length = 0;
  }

  /** Frees what it holds; twice is nothing. */
  dispose(): void {
    this.clear();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** One line for each site. */
  toString(): string {
    const lines = [...this.#entries].map(
      ([path, list]) => `  ${this.#names.shown(path)}: ${list.length} visit${list.length === 1 ? "" : "s"}`,
    );
    return [`TraceCache of ${this.size} site${this.size === 1 ? "" : "s"}`, ...lines].join("\n");
  }

  #pathOf(key: string): string {
    checkArgument("a trace's cache", "key", key, "text");
    const path = key.replaceAll("/", ".");
    return this.#entries.has(path) ? path : this.#names.original(path);
  }
}

function castOwned(tensor: Tensor, dtype: NonNullable<CacheOptions["dtype"]>): Tensor {
  const made = cast(tensor, dtype);
  if (made !== tensor) tensor.dispose();
  return made;
}

/** A value with typed arrays in place of tensors that are being moved. */
function hostOf(value: unknown, data: ReadonlyMap<Tensor, unknown>): unknown {
  if (isTensor(value)) {
    if (!data.has(value)) return value;
    const { shape, dtype } = value;
    return { shape: [...shape], dtype, data: data.get(value) as HostTensor["data"] }; // what `data` gives
  }
  if (Array.isArray(value)) return value.map((item) => hostOf(item, data));
  if (typeof value !== "object" || value === null || tensorsOf(value).length === 0) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hostOf(item, data)]));
}

import { Binding, type HookTarget } from "@hookdict/core";
import { dispose, type Tensor } from "@tensorflow/tfjs-core";
import type { BatchAxis } from "./batch/axis.ts";
import { noInputs } from "./batch/errors.ts";
import type { Group } from "./batch/groups.ts";
import { joinInputs, type JoinedBatch } from "./batch/inputs.ts";
import { TraceCache } from "./cache/cache.ts";
import { type CacheOptions, checkCacheOptions } from "./cache/options.ts";
import type { EditedModel } from "./edit.ts";
import { nextEpoch } from "./epoch.ts";
import { traceDisposed, traceRunning } from "./errors.ts";
import { Holdings } from "./holdings.ts";
import { noteNeeds, othersNeedRest } from "./needs.ts";
import type { TraceOptions } from "./options.ts";
import type { Barrier } from "./run/barrier.ts";
import type { Cell } from "./run/cell.ts";
import type { Scheduler } from "./run/scheduler.ts";
import { hookableOf, SiteStates } from "./run/site-states.ts";
import { type Planned, type RunHost, TraceRun } from "./run/trace-run.ts";
import { dryRun } from "./scan/dry-run.ts";
import { knownTable, type SiteTable, tableOf } from "./scan/table.ts";
import { hookGradients, type HookHost, hookSites } from "./site-hooks.ts";

/** A run that has begun. */
export interface Begun {
  readonly run: TraceRun;
  readonly args: readonly unknown[] | undefined;
  /** **Ownership:** the run's. */
  readonly made: readonly Tensor[];
}

/** What a trace holds between its runs, and how these begin and end. */
export class TraceCore<A extends readonly unknown[], O, M, I> implements HookHost, RunHost {
  readonly target: HookTarget<A, O, M>;
  readonly options: TraceOptions<A, I>;
  readonly #edited: EditedModel | undefined;
  readonly binding: Binding;
  states: SiteStates;
  scheduler: Scheduler | undefined;
  readonly holdings: Holdings = new Holdings();
  readonly cells: Cell<unknown>[] = [];
  readonly barriers: Barrier[] = [];
  /** Caches of the whole batch, which record every run. */
  readonly caches: TraceCache[] = [];
  /** Caches that bodies have made. */
  readonly #made: TraceCache[] = [];
  planned: Planned[] = [];
  #current: TraceRun | undefined;

  /** @internal */
  constructor(target: HookTarget<A, O, M>, options: TraceOptions<A, I>, edited: EditedModel | undefined) {
    this.target = target;
    this.options = options;
    this.#edited = edited;
    const binding = new Binding(target, options.name ?? "Trace");
    this.binding = binding;
    try {
      if (options.gradients !== undefined) binding.sites(options.gradients); // parts of values are sites from here on
      this.states = SiteStates.of(target, options.batchAxes);
      hookSites(this, "normal", this.states.hookable);
      binding.onRunStart(() => this.#current?.rootStarted());
      if (options.gradients !== undefined) hookGradients(this, options.gradients);
      noteNeeds(binding, () => this.scheduler?.isIdle === false);
    } catch (error) {
      binding.dispose(error);
      throw error;
    }
  }

  /** The sites of a function are found while it runs. */
  #refresh(): void {
    if (this.target.kind === "function") this.#hookNew();
  }

  /** Takes note of sites that have come. */
  #hookNew(): void {
    const { target, options, states } = this;
    const found = target.sites().filter(({ path }) => states.get(path) === undefined);
    if (found.length === 0) return;
    hookSites(this, "normal", hookableOf(target, found));
    this.states = SiteStates.of(target, options.batchAxes);
  }

  get allCaches(): readonly TraceCache[] {
    return [...this.caches, ...this.#made];
  }

  check(action: string): void {
    if (this.binding.isDisposed) throw traceDisposed(action);
    if (this.#current !== undefined) throw traceRunning(action);
  }

  get resultAxis(): BatchAxis {
    return this.options.resultAxis ?? 0;
  }

  makeCache(options: CacheOptions, group: Group | undefined, scheduler: Scheduler): TraceCache {
    const cache = this.newCache(options, group, scheduler);
    scheduler.recorders.push(cache);
    this.#made.push(cache);
    return cache;
  }

  newCache<N>(
    options: CacheOptions,
    group: Group | undefined,
    scheduler: Scheduler | undefined,
  ): TraceCache<N> {
    checkCacheOptions(options);
    const chosen = new Set(
      this.binding
        .sites(options.sites ?? "**", options.sites === undefined ? "ignore" : "error")
        .map(({ path }) => path),
    );
    // A part of a value is a site once it is asked for.
    if ([...chosen].some((path) => this.states.get(path) === undefined)) this.#hookNew();
    const { sites } = this.states;
    return new TraceCache<N>(options, { sites, chosen, group, since: scheduler?.visiting });
  }

  canStop(scheduler: Scheduler): boolean {
    if (!scheduler.hasStopped && this.options.stopEarly !== true) return false;
    if (scheduler.recorders.length > 0 || this.options.gradients !== undefined) return false;
    return !othersNeedRest(this.target, this.binding); // only its entries are looked at
  }

  withArgs<T>(action: string, fn: (args: readonly unknown[], joined: JoinedBatch) => T): T {
    this.check(action);
    const made: Tensor[] = [];
    const free = (): void => dispose(made);
    let isPending = false;
    try {
      const joined = this.#join(made);
      if (joined === undefined) throw noInputs();
      const result = fn(joined.args, joined);
      isPending = result instanceof Promise;
      return result instanceof Promise ? (result.finally(free) as T) : result; // a promise of the same
    } finally {
      if (!isPending) free();
    }
  }

  #join(made: Tensor[]): JoinedBatch | undefined {
    return joinInputs(this.planned, this.options.batch, made);
  }

  begin(action: string, isDriven: boolean): Begun {
    this.check(action);
    const target = this.target as unknown as HookTarget; // arguments of the model's own
    if (target.isRunning || target.isBare) throw traceRunning(action);
    this.#refresh();
    const made: Tensor[] = [];
    try {
      const joined = this.#join(made);
      if (joined === undefined && !isDriven) throw noInputs();
      const table = joined === undefined ? undefined : knownTable(target, joined.args);
      const { gradients } = this.options;
      const parts = {
        target,
        sites: this.states,
        epoch: nextEpoch(),
        table,
        gradients: gradients === undefined ? undefined : String(gradients),
      };
      const run = new TraceRun(this, parts, this.planned, joined);
      for (const cache of this.caches) cache.clear();
      run.scheduler.recorders.push(...this.caches);
      this.#current = run;
      this.scheduler = run.scheduler;
      this.planned = [];
      return { run, args: joined?.args, made };
    } catch (error) {
      dispose(made);
      throw error;
    }
  }

  /** The bodies that wait, on zeros in place of what the model computes; they stay for the next run. */
  dryRun(): SiteTable {
    return this.withArgs("dryRun", (args, joined) => {
      const target = this.target as unknown as HookTarget; // arguments of the model's own
      const table = tableOf(target, args);
      this.#refresh();
      const gradients = this.options.gradients === undefined ? undefined : String(this.options.gradients);
      const parts = { target, sites: this.states, epoch: nextEpoch(), table, gradients };
      const [holdings, caches]: [Holdings, TraceCache[]] = [new Holdings(), []];
      const host: RunHost = {
        resultAxis: this.resultAxis,
        holdings,
        makeCache: (options, group, scheduler) => {
          const cache = this.newCache(options, group, scheduler);
          caches.push(cache);
          scheduler.recorders.push(cache);
          return cache;
        },
      };
      try {
        dryRun(new TraceRun(host, parts, this.planned, joined), table, this.states);
        return table;
      } finally {
        for (const cache of caches) cache.dispose();
        holdings.dispose();
        this.#clearPlaces();
      }
    });
  }

  /** What bodies have put aside for each other ends with the run. */
  #clearPlaces(): void {
    for (const cell of this.cells) cell.clear();
    for (const barrier of this.barriers) barrier.clear();
  }

  edited<T>(fn: () => T): T {
    return this.#edited === undefined ? fn() : this.#edited.during(fn);
  }

  fail(run: TraceRun, error: unknown): undefined {
    const failed = run.fail(error);
    if (failed === undefined) return undefined;
    for (const cache of run.scheduler.recorders) if (cache instanceof TraceCache) cache.clear();
    throw failed.thrown;
  }

  dispose(): void {
    this.planned = [];
    for (const cache of this.allCaches) cache.dispose();
    this.holdings.dispose();
    this.binding.dispose();
    if (this.#current === undefined) this.states.giveBack();
  }

  end({ run, made }: Begun): void {
    this.#current = undefined;
    this.scheduler = undefined;
    run.close();
    if (made.length > 0) dispose([...made]);
    this.#clearPlaces();
  }
}

import { Binding, type HookTarget } from "@hookdict/core";
import { dispose, type Tensor } from "@tensorflow/tfjs-core";
import { noInputs } from "./batch/errors.ts";
import type { Group } from "./batch/groups.ts";
import { type InputOf, joinInputs, type JoinedBatch } from "./batch/inputs.ts";
import { TraceCache } from "./cache/cache.ts";
import type { CacheOptions } from "./cache/options.ts";
import { differentiate } from "./differentiate.ts";
import { driven } from "./driven.ts";
import type { EditedModel } from "./edit.ts";
import { nextEpoch } from "./epoch.ts";
import { traceDisposed, traceRunning } from "./errors.ts";
import { Holdings } from "./holdings.ts";
import { Invoke, type TraceBody } from "./invoke.ts";
import { noteNeeds, othersNeedRest } from "./needs.ts";
import type { TraceOptions } from "./options.ts";
import { Barrier } from "./run/barrier.ts";
import { Cell } from "./run/cell.ts";
import { gradientsWait } from "./run/errors.ts";
import type { Scheduler } from "./run/scheduler.ts";
import { SiteStates } from "./run/site-states.ts";
import { type Planned, type RunHost, TraceRun } from "./run/trace-run.ts";
import { knownTable, type SiteTable, tableOf, tableOfAsync } from "./scan/table.ts";
import { hookGradients, type HookHost, hookSites } from "./site-hooks.ts";

/** Options of {@link Trace.invoke}. */
export interface InvokeOptions {
  /** For messages. Default the function's name and the place among the invokes. */
  readonly name?: string;
}

/** Runs the model, inside {@link Trace.run}. */
export type TraceCall<A extends readonly unknown[], O> = (...args: A) => O;

/** A run that has begun. */
interface Begun {
  readonly run: TraceRun;
  readonly args: readonly unknown[] | undefined;
  /** **Ownership:** the run's. */
  readonly made: readonly Tensor[];
}

/**
 * Bodies of user code that run interleaved with a model, several in one batch: see {@link openTrace}.
 *
 * **Ownership:** owns what bodies return and save, what `run` returns, and its caches, until it ends or gives them away.
 *
 * @typeParam I What an invoke takes as input.
 */
export class Trace<
  A extends readonly unknown[] = readonly unknown[],
  O = unknown,
  M = unknown,
  I = InputOf<A>,
> implements Disposable {
  readonly #target: HookTarget<A, O, M>;
  readonly #options: TraceOptions<A, I>;
  readonly #edited: EditedModel | undefined;
  readonly #binding: Binding;
  readonly #host: HookHost & RunHost;
  readonly #holdings = new Holdings();
  readonly #cells: Cell<unknown>[] = [];
  readonly #barriers: Barrier[] = [];
  /** Caches of the whole batch, which record every run. */
  readonly #caches: TraceCache[] = [];
  /** Caches that bodies have made. */
  readonly #made: TraceCache[] = [];
  #states: SiteStates;
  #planned: Planned[] = [];
  #count = 0;
  #current: TraceRun | undefined;

  /** @internal */
  constructor(target: HookTarget<A, O, M>, options: TraceOptions<A, I>, edited: EditedModel | undefined) {
    this.#target = target;
    this.#options = options;
    this.#edited = edited;
    this.#states = new SiteStates(target, options.batchAxes);
    const binding = new Binding(target, options.name ?? "Trace");
    this.#binding = binding;
    this.#host = this.#makeHost();
    try {
      const handles = hookSites(this.#host, "normal");
      binding.onRunStart(() => this.#current?.rootStarted());
      if (options.gradients !== undefined) hookGradients(this.#host, options.gradients);
      noteNeeds(binding, () => this.#current !== undefined && !this.#current.scheduler.isIdle);
      this.#refresh = () => {
        // The sites of a function are found while it runs.
        if (target.kind !== "function" || target.sites().length === this.#states.sites.length) return;
        for (const handle of handles) handle.replacePattern("**");
        this.#states = new SiteStates(target, options.batchAxes);
      };
    } catch (error) {
      binding.dispose(error);
      throw error;
    }
  }

  readonly #refresh: () => void;

  /**
   * Adds a body that runs interleaved with the next run. With an input it sees that input's rows of the batch; without, the
   * whole batch. Bodies are served in the order in which they were added.
   *
   * **Ownership:** borrows the input until the run ends.
   *
   * @throws LifetimeError `TRACE_DISPOSED`; UsageError `TRACE_RUNNING`.
   */
  invoke<R>(input: I, body: TraceBody<R>, options?: InvokeOptions): Invoke<R>;
  invoke<R>(body: TraceBody<R>, options?: InvokeOptions): Invoke<R>;
  invoke<R>(
    first: I | TraceBody<R>,
    second: TraceBody<R> | InvokeOptions = {},
    third: InvokeOptions = {},
  ): Invoke<R> {
    this.#check("invoke");
    const hasInput = typeof second === "function";
    const body = (hasInput ? second : first) as TraceBody<R>; // one of the overloads
    const options = hasInput ? third : (second as InvokeOptions); // likewise
    const place = `invoke ${this.#count++}`;
    const { name } = (body as { readonly name?: string } | undefined) ?? {};
    const told = options.name ?? (name === undefined || name === "" ? place : `${place} (${name})`);
    const invoke = new Invoke<R>(told, this.#holdings);
    const planned: Planned = { invoke: invoke as Invoke, body };
    this.#planned.push(hasInput ? { ...planned, input: { value: first } } : planned);
    return invoke;
  }

  /**
   * Runs the model once, on the inputs of all invokes as one batch, and the bodies with it. With a function, that runs the
   * model instead, any number of times: each is a step, and what the function returns is the result.
   *
   * **Ownership:** returns *borrowed*: the trace's, until it ends; see {@link Trace.take}. Tensors that the function makes and
   * does not return are freed.
   *
   * @returns The result; `undefined` when the run was stopped.
   * @throws what a body throws, the very object; the errors of {@link Tracer}; whatever the model throws.
   */
  run(): O | undefined;
  run<R>(drive: (call: TraceCall<A, O>, args: A) => R): R | undefined;
  run(drive?: (call: TraceCall<A, O>, args: A) => unknown): unknown {
    const begun = this.#begin("run", drive !== undefined);
    const { run } = begun;
    const args = begun.args as A; // what the model takes, or the user said
    try {
      return this.#edits(() => {
        run.start();
        const { gradients } = this.#options;
        if (gradients !== undefined) differentiate(this.#target, this.#binding, run, args, drive);
        else
          run.serveResult(
            drive === undefined
              ? this.#target.call(args)
              : driven(() => drive((...given) => this.#target.call(given), args)),
          );
        const output = run.complete();
        for (const cache of this.#allCaches) cache.settle();
        return output;
      });
    } catch (error) {
      return this.#fail(run, error);
    } finally {
      this.#end(begun);
    }
  }

  /**
   * {@link Trace.run} for models that wait while they run, and for functions that do. Bodies are synchronous nevertheless.
   *
   * **Ownership, errors:** as `run`; what a function makes besides its result, it must free. UsageError
   * `TRACE_GRADIENTS_ASYNC`.
   */
  async runAsync(): Promise<O | undefined>;
  async runAsync<R>(drive: (call: (...args: A) => Promise<O>, args: A) => Promise<R>): Promise<R | undefined>;
  async runAsync(drive?: (call: (...args: A) => Promise<O>, args: A) => Promise<unknown>): Promise<unknown> {
    if (this.#options.gradients !== undefined) throw gradientsWait();
    const begun = this.#begin("runAsync", drive !== undefined);
    const { run } = begun;
    const args = begun.args as A; // as above
    try {
      return await this.#edits(async () => {
        run.start();
        const call = async (...given: A): Promise<O> => this.#target.callAsync(given);
        run.serveResult(drive === undefined ? await call(...args) : await drive(call, args));
        const output = run.complete();
        for (const cache of this.#allCaches) await cache.settleAsync();
        return output;
      });
    } catch (error) {
      return this.#fail(run, error);
    } finally {
      this.#end(begun);
    }
  }

  /**
   * What a run on the inputs of the invokes so far visits: order, shapes and dtypes of all sites. TensorFlow.js cannot
   * compute shapes alone, so the model is run once for each signature of inputs; nothing is kept but the table. From then
   * on, a value of another shape is refused where a body sets it, and errors of order tell the order.
   *
   * **Ownership:** borrows; keeps no tensor.
   *
   * @throws UsageError `TRACE_NO_INPUT`, `TRACE_RUNNING`; whatever the model throws.
   */
  scan(): SiteTable {
    return this.#withArgs("scan", (args) => tableOf(this.#target as unknown as HookTarget, args)); // of the model's own
  }

  /** {@link Trace.scan} for models that wait. */
  async scanAsync(): Promise<SiteTable> {
    return this.#withArgs("scanAsync", async (args) =>
      tableOfAsync(this.#target as unknown as HookTarget, args),
    ); // as above
  }

  /** A place for one value that a body puts and others wait for. */
  cell<V = Tensor>(name?: string): Cell<V> {
    const cell = new Cell<V>(name ?? `cell ${this.#cells.length}`);
    this.#cells.push(cell as Cell<unknown>); // only to be cleared
    return cell;
  }

  /** A place where bodies wait for each other. @param count Default: as many as there are invokes. */
  barrier(count?: number): Barrier {
    const barrier = new Barrier(count);
    this.#barriers.push(barrier);
    return barrier;
  }

  /**
   * Records what passes sites in each run, for the whole batch, as the bodies have left it.
   *
   * **Ownership:** *borrowed*: the trace's; see {@link TraceCache.toTensorDict}.
   *
   * @throws MatchError `PATTERN_UNMATCHED`; UsageError `TRACE_RUNNING`.
   */
  cache(options: CacheOptions = {}): TraceCache<M> {
    this.#check("cache");
    const cache = this.#newCache<M>(options, undefined, undefined);
    this.#caches.push(cache as TraceCache); // the model's type is for readers
    return cache;
  }

  /** What a body has returned or saved, or `run` has returned. **Ownership:** returns owned. @throws LifetimeError `TRACE_TAKE` */
  take<V>(value: V): V {
    this.#holdings.release(value);
    return value;
  }

  get isDisposed(): boolean {
    return this.#binding.isDisposed;
  }

  /** Takes the hooks off the model and frees what the trace owns. Twice is nothing. */
  dispose(): void {
    this.#planned = [];
    for (const cache of this.#allCaches) cache.dispose();
    this.#holdings.dispose();
    this.#binding.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  get #allCaches(): readonly TraceCache[] {
    return [...this.#caches, ...this.#made];
  }

  #check(action: string): void {
    if (this.isDisposed) throw traceDisposed(action);
    if (this.#current !== undefined) throw traceRunning(action);
  }

  #makeHost(): HookHost & RunHost {
    const states = (): SiteStates => this.#states;
    const scheduler = (): Scheduler | undefined => this.#current?.scheduler;
    return {
      binding: this.#binding,
      get states() {
        return states();
      },
      get scheduler() {
        return scheduler();
      },
      canStop: (of) => this.#canStop(of),
      resultAxis: this.#options.resultAxis ?? 0,
      holdings: this.#holdings,
      makeCache: (options, group, of) => {
        const cache = this.#newCache(options, group, of);
        of.recorders.push(cache);
        this.#made.push(cache);
        return cache;
      },
    };
  }

  #newCache<N>(
    options: CacheOptions,
    group: Group | undefined,
    scheduler: Scheduler | undefined,
  ): TraceCache<N> {
    const { sites } = this.#states;
    const chosen = new Set(
      this.#binding
        .sites(options.sites ?? "**", options.sites === undefined ? "ignore" : "error")
        .map(({ path }) => path),
    );
    return new TraceCache<N>(options, { sites, chosen, group, since: scheduler?.visiting });
  }

  #canStop(scheduler: Scheduler): boolean {
    if (!scheduler.hasStopped && this.#options.stopEarly !== true) return false;
    if (scheduler.recorders.length > 0 || this.#options.gradients !== undefined) return false;
    return !othersNeedRest(this.#target as unknown as HookTarget, this.#binding); // only its entries are looked at
  }

  #withArgs<T>(action: string, fn: (args: readonly unknown[]) => T): T {
    this.#check(action);
    const made: Tensor[] = [];
    const free = (): void => dispose(made);
    let isPending = false;
    try {
      const joined = this.#join(made);
      if (joined === undefined) throw noInputs();
      const result = fn(joined.args);
      isPending = result instanceof Promise;
      return result instanceof Promise ? (result.finally(free) as T) : result; // a promise of the same
    } finally {
      if (!isPending) free();
    }
  }

  #join(made: Tensor[]): JoinedBatch | undefined {
    return joinInputs(this.#planned, this.#options.batch, made);
  }

  #begin(action: string, isDriven: boolean): Begun {
    this.#check(action);
    const target = this.#target as unknown as HookTarget; // arguments of the model's own
    if (target.isRunning || target.isBare) throw traceRunning(action);
    this.#refresh();
    const made: Tensor[] = [];
    try {
      const joined = this.#join(made);
      if (joined === undefined && !isDriven) throw noInputs();
      const table = joined === undefined ? undefined : knownTable(target, joined.args);
      const { gradients } = this.#options;
      const parts = {
        target,
        sites: this.#states,
        epoch: nextEpoch(),
        table,
        gradients: gradients === undefined ? undefined : String(gradients),
      };
      const run = new TraceRun(this.#host, parts, this.#planned, joined);
      for (const cache of this.#caches) cache.clear();
      run.scheduler.recorders.push(...this.#caches);
      this.#current = run;
      this.#planned = [];
      return { run, args: joined?.args, made };
    } catch (error) {
      dispose(made);
      throw error;
    }
  }

  #edits<T>(fn: () => T): T {
    return this.#edited === undefined ? fn() : this.#edited.during(fn);
  }

  #fail(run: TraceRun, error: unknown): undefined {
    const failed = run.fail(error);
    if (failed === undefined) return undefined;
    for (const cache of run.scheduler.recorders) if (cache instanceof TraceCache) cache.clear();
    throw failed.thrown;
  }

  #end({ run, made }: Begun): void {
    this.#current = undefined;
    run.close();
    dispose([...made]);
    for (const cell of this.#cells) cell.clear();
    for (const barrier of this.#barriers) barrier.clear();
  }
}

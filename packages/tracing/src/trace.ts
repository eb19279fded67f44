import type { HookTarget } from "@hookdict/core";
import { checkArgument, checkOptionNames, showAsText } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { InputOf } from "./batch/inputs.ts";
import type { TraceCache } from "./cache/cache.ts";
import type { CacheOptions } from "./cache/options.ts";
import { differentiate } from "./differentiate.ts";
import { driven } from "./driven.ts";
import { Invoke, type TraceBody } from "./invoke.ts";
import { Barrier } from "./run/barrier.ts";
import { Cell } from "./run/cell.ts";
import { gradientsWait } from "./run/gradient-errors.ts";
import { type SiteTable, tableOf, tableOfAsync } from "./scan/table.ts";
import type { TraceCore } from "./trace-core.ts";

/** Options of {@link Trace.invoke}. */
export interface InvokeOptions {
  /** For messages. Default the function's name and the place among the invokes. */
  readonly name?: string;
}

const NONE: InvokeOptions = Object.freeze({});

/** Runs the model, inside {@link Trace.run}. */
export type TraceCall<A extends readonly unknown[], O> = (...args: A) => O;

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
  static {
    showAsText(this);
  }

  readonly #core: TraceCore<A, O, M, I>;
  #count = 0;

  /** @internal */
  constructor(core: TraceCore<A, O, M, I>) {
    this.#core = core;
  }

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
    second: TraceBody<R> | InvokeOptions = NONE,
    third: InvokeOptions = NONE,
  ): Invoke<R> {
    this.#core.check("invoke");
    const hasInput = typeof second === "function";
    const body = (hasInput ? second : first) as TraceBody<R>; // one of the overloads
    const options = hasInput ? third : second; // likewise
    if (options !== NONE) {
      checkOptionNames("invoke", options, ["name"]);
      checkArgument("invoke", "name", options.name, "text?");
    }
    const place = this.#count++;
    const invoke = new Invoke<R>(() => options.name ?? placed(place, body), this.#core.holdings);
    this.#core.planned.push({ invoke, body, input: hasInput ? { value: first } : undefined });
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
    checkArgument("run", "drive", drive, "a function?");
    const begun = this.#core.begin("run", drive !== undefined);
    const { run } = begun;
    const args = begun.args as A; // what the model takes, or the user said
    try {
      return this.#core.edited(() => {
        run.start();
        const { gradients } = this.#core.options;
        if (gradients !== undefined) differentiate(this.#core.target, this.#core.binding, run, args, drive);
        else
          run.serveResult(
            drive === undefined
              ? this.#core.target.call(args)
              : driven(() => drive((...given) => this.#core.target.call(given), args)),
          );
        const output = run.complete();
        for (const cache of this.#core.allCaches) cache.settle();
        return output;
      });
    } catch (error) {
      return this.#core.fail(run, error);
    } finally {
      this.#core.end(begun);
    }
  }

  /**
   * {@link Trace.run} for models that wait while they run, and for functions that do. Bodies are synchronous nevertheless.
   *
   * **Ownership, errors:** as `run`; *takes* the tensors that a function returns; what else it makes, it must free. UsageError
   * `TRACE_GRADIENTS_ASYNC`.
   */
  async runAsync(): Promise<O | undefined>;
  async runAsync<R>(drive: (call: (...args: A) => Promise<O>, args: A) => Promise<R>): Promise<R | undefined>;
  async runAsync(drive?: (call: (...args: A) => Promise<O>, args: A) => Promise<unknown>): Promise<unknown> {
    if (this.#core.options.gradients !== undefined) throw gradientsWait();
    checkArgument("runAsync", "drive", drive, "a function?");
    const begun = this.#core.begin("runAsync", drive !== undefined);
    const { run } = begun;
    const args = begun.args as A; // as above
    try {
      return await this.#core.edited(async () => {
        run.start();
        const call = async (...given: A): Promise<O> => this.#core.target.callAsync(given);
        run.serveResult(drive === undefined ? await call(...args) : await drive(call, args));
        const output = run.complete();
        for (const cache of this.#core.allCaches) await cache.settleAsync();
        return output;
      });
    } catch (error) {
      return this.#core.fail(run, error);
    } finally {
      this.#core.end(begun);
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
    return this.#core.withArgs("scan", (args) => tableOf(this.#core.target as unknown as HookTarget, args)); // of the model's own
  }

  /** {@link Trace.scan} for models that wait. */
  async scanAsync(): Promise<SiteTable> {
    return this.#core.withArgs("scanAsync", async (args) =>
      tableOfAsync(this.#core.target as unknown as HookTarget, args),
    ); // as above
  }

  /**
   * Runs the bodies that wait for the next run without the model: each site has zeros of the shape and dtype that a
   * {@link Trace.scan} has seen there. So sites that do not exist or do not come, requests out of order and values of a wrong
   * shape are found before anything is computed. The bodies stay for the next run, and whatever they do outside of the trace
   * is done twice. One run of the model is one step here; values do not flow from site to site, and gradients are not there.
   *
   * **Ownership:** borrows; keeps no tensor. What bodies return and save is freed.
   *
   * @returns the table that {@link Trace.scan} gives; models that wait are scanned first, by {@link Trace.scanAsync}.
   * @throws as `run`: the errors of {@link Tracer}, what a body throws; UsageError `TRACE_NO_INPUT`, `TRACE_RUNNING`.
   */
  dryRun(): SiteTable {
    return this.#core.dryRun();
  }

  /** A place for one value that a body puts and others wait for. */
  cell<V = Tensor>(name?: string): Cell<V> {
    const cell = new Cell<V>(name ?? `cell ${this.#core.cells.length}`);
    this.#core.cells.push(cell); // only to be cleared
    return cell;
  }

  /** A place where bodies wait for each other. @param count Default: as many as there are invokes. */
  barrier(count?: number): Barrier {
    const barrier = new Barrier(count);
    this.#core.barriers.push(barrier);
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
    this.#core.check("cache");
    const cache = this.#core.newCache<M>(options, undefined, undefined);
    this.#core.caches.push(cache as TraceCache); // the model's type is for readers
    return cache;
  }

  /** What a body has returned or saved, or `run` has returned. **Ownership:** returns owned. @throws LifetimeError `TRACE_TAKE` */
  take<V>(value: V): V {
    this.#core.holdings.release(value);
    return value;
  }

  /** The model, and how many bodies wait for the next run. */
  toString(): string {
    const { binding, planned, target } = this.#core;
    const waiting = `${planned.length} invoke${planned.length === 1 ? "" : "s"} for the next run`;
    return `Trace of ${target.name}${binding.isDisposed ? " (disposed)" : `: ${waiting}`}`;
  }

  get isDisposed(): boolean {
    return this.#core.binding.isDisposed;
  }

  /** Takes the hooks off the model and frees what the trace owns. Twice is nothing. */
  dispose(): void {
    this.#core.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function placed(place: number, body: unknown): string {
  const name = typeof body === "function" ? body.name : ""; // plain JavaScript may give anything
  return name === "" ? `invoke ${place}` : `invoke ${place} (${name})`;
}

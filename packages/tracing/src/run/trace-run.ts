import { runPlace } from "@hookdict/core";
import {
  argumentInvalid,
  isEndless,
  isTensor,
  joinErrors,
  mapTensors,
  tensorsOf,
} from "@hookdict/tensordict";
import { collectTensors, keptClone, share } from "@hookdict/tensordict/tensors";
import { dispose, keep, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { positionsUnknown, positionUnknown } from "../batch/errors.ts";
import type { JoinedBatch } from "../batch/inputs.ts";
import type { Group } from "../batch/groups.ts";
import type { BatchAxis } from "../batch/axis.ts";
import type { TraceCache } from "../cache/cache.ts";
import type { CacheOptions } from "../cache/options.ts";
import type { Invoke, TraceBody } from "../invoke.ts";
import { Tracer } from "../tracer.ts";
import type { Holdings } from "../holdings.ts";
import type { BodyAccess } from "./access.ts";
import { Coroutine } from "./coroutine.ts";
import { Queue } from "./queue.ts";
import { Scheduler, type RunParts } from "./scheduler.ts";
import type { SiteState } from "./site-state.ts";
import { Visit } from "./visit.ts";

/** A body that waits for its run. */
export interface Planned {
  readonly invoke: Invoke;
  readonly body: TraceBody<unknown>;
  /** The arguments, or whatever the trace's batch takes; absent for a body that sees the whole batch. */
  readonly input: { readonly value: unknown } | undefined;
}

/** What a run needs of its trace. */
export interface RunHost {
  readonly resultAxis: BatchAxis;
  readonly holdings: Holdings;
  makeCache(options: CacheOptions, group: Group | undefined, scheduler: Scheduler): TraceCache;
}

/** One run of a trace: its bodies, from their start to the end of all they own. */
export class TraceRun {
  readonly scheduler: Scheduler;
  /** How many steps have begun. */
  #steps = 0;
  readonly host: RunHost;
  readonly #planned: readonly Planned[];
  readonly joined: JoinedBatch | undefined;
  #output: unknown;

  constructor(
    host: RunHost,
    { target, sites, epoch, table, gradients }: Omit<RunParts, "batch" | "invokes" | "isWhole">,
    planned: readonly Planned[],
    joined: JoinedBatch | undefined,
  ) {
    this.host = host;
    this.#planned = planned;
    this.joined = joined;
    const queue = new Queue();
    const groups = groupsOf(planned, joined);
    const bodies = planned.map(({ invoke }, i) => new Coroutine(i, invoke, groups[i], target, queue));
    const total = joined?.sizes.reduce((sum, size) => sum + size, 0) ?? 0;
    const invokes = planned.length;
    const parts = { target, sites, epoch, table, gradients, batch: { total }, invokes, isWhole: true };
    this.scheduler = new Scheduler(parts, bodies, queue);
  }

  /** Lets the bodies run up to their first wait. */
  start(): void {
    this.scheduler.start((body) => {
      const { body: make } = this.#planned[body.order] as Planned; // one for each
      return make(new Tracer(new RunAccess(this, body)));
    });
  }

  /** A run of the whole model begins: the next step, unless whoever runs it says which step it belongs to. */
  rootStarted(): void {
    const { step = this.#steps } = runPlace();
    this.#steps = Math.max(this.#steps, step + 1);
    this.scheduler.runs++;
    this.scheduler.beginStep(step);
  }

  get steps(): number {
    return this.#steps;
  }

  /** The model has returned: serves the result. **Ownership:** takes the output. */
  serveResult(output: unknown): void {
    for (const tensor of tensorsOf(output)) keep(tensor);
    this.#output = output;
    if (this.scheduler.isIdle) return; // nobody is there to see it
    const moment = { step: Math.max(this.#steps - 1, 0), call: 0 };
    const site = { path: "the result", axis: this.host.resultAxis };
    const visit = new Visit(site, "output", moment, output, this.scheduler.parts.batch);
    tidy(() => {
      this.scheduler.finish(visit);
      if (!visit.isChanged) return;
      this.#output = mapTensors(visit.whole(), keptClone);
      dispose(tensorsOf(output));
    });
  }

  /** Ends the run well: gives the output, and to each invoke its value. **Ownership:** *borrowed*: the trace's. */
  complete(): unknown {
    this.scheduler.end();
    for (const [i, { invoke }] of this.#planned.entries()) {
      const body = this.scheduler.bodies[i];
      if (body?.state === "finished") invoke.settle(this.settle(body, body.result));
    }
    for (const tensor of tensorsOf(this.#output)) this.host.holdings.add(tensor);
    const output = this.#output;
    this.#output = undefined;
    return output;
  }

  /** Ends the run after an exception: gives what to throw, unless the run was only stopped. */
  fail(error: unknown): { readonly thrown: unknown } | undefined {
    const { scheduler } = this;
    const isStop = scheduler.failure === undefined && isStopOf(error);
    if (isStop) {
      this.complete();
      return undefined;
    }
    const later = scheduler.cancel();
    return { thrown: joinErrors([scheduler.failure?.error ?? error, ...later]) };
  }

  /** Frees everything that was not given away. Twice is nothing. */
  close(): void {
    this.scheduler.cancel();
    for (const body of this.scheduler.bodies) body.free();
    if (this.#output === undefined) return;
    dispose(tensorsOf(this.#output).filter((tensor) => !tensor.isDisposed));
    this.#output = undefined;
  }

  /** Moves what a body gives away to the trace; tensors that are not the body's are cloned. */
  settle(body: Coroutine, value: unknown): unknown {
    const { holdings } = this.host;
    if (typeof value !== "object" || value === null) return value;
    const at = isTensor(value) && !value.isDisposed ? body.owned.lastIndexOf(value) : -1;
    if (at >= 0) {
      body.owned.splice(at, 1);
      return holdings.add(value as Tensor); // just found among tensors
    }
    if (isEndless(value))
      throw argumentInvalid(body.name, "what it saves or returns", value, "what does not hold itself");
    const own = new Set(body.owned);
    const move = (given: unknown): unknown => {
      if (isTensor(given)) {
        if (given.isDisposed || holdings.has(given)) return given;
        if (!own.has(given)) return holdings.add(keep(share(given)));
        own.delete(given);
        return holdings.add(given);
      }
      if (Array.isArray(given)) return given.map(move);
      if (isRecord(given))
        return Object.fromEntries(Object.entries(given).map(([key, item]) => [key, move(item)]));
      for (const tensor of tensorsOf(given)) holdings.add(tensor); // a TensorDict keeps its own
      return given;
    };
    const moved = collectTensors(() => move(value), []);
    body.owned.splice(0, body.owned.length, ...own);
    return moved;
  }
}

/** What a body may do with its run. A class: a record of functions would be made anew for each body. */
class RunAccess implements BodyAccess {
  readonly #run: TraceRun;
  readonly #body: Coroutine;

  constructor(run: TraceRun, body: Coroutine) {
    this.#run = run;
    this.#body = body;
  }

  get name(): string {
    return this.#body.name;
  }

  rows(): number {
    return this.#body.group?.size ?? this.#run.scheduler.parts.batch.total;
  }

  step(): number {
    return this.#body.step;
  }

  site(path: string): SiteState {
    return this.#run.scheduler.parts.sites.require(path, this.#body);
  }

  steps(): number {
    return this.#run.steps;
  }

  save(value: unknown): unknown {
    return this.#run.settle(this.#body, value);
  }

  cache(options: CacheOptions): TraceCache {
    return this.#run.host.makeCache(options, this.#body.group, this.#run.scheduler);
  }

  hooked<T>(fn: () => T): T {
    return this.#run.scheduler.parts.target.hooked(fn);
  }

  pos(position: number, row: number): number {
    const rows = this.#run.joined?.rows;
    if (rows === undefined) throw positionsUnknown(this.#body.name);
    const found = rows[(this.#body.group?.start ?? 0) + row];
    const length = found?.length ?? 0;
    const at = position < 0 ? position + length : position;
    if (found === undefined || !Number.isInteger(at) || at < 0 || at >= length)
      throw positionUnknown(position, row, length);
    return found.start + at;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isStopOf(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === "TRACE_STOPPED";
}

/** Each body's rows; none for one that has all. */
function groupsOf(
  planned: readonly Planned[],
  joined: JoinedBatch | undefined,
): readonly (Group | undefined)[] {
  const sizes = joined?.sizes ?? [];
  if (sizes.length < 2) return [];
  let next = 0;
  let start = 0;
  return planned.map(({ input }) => {
    if (input === undefined) return undefined;
    const size = sizes[next++] ?? 0;
    const group: Group = { start, size };
    start += size;
    return group;
  });
}

import { type HookTarget } from "@hookdict/core";
import { collectTensors } from "@hookdict/tensordict/tensors";
import type { Batch } from "../batch/groups.ts";
import type { Recorder } from "../cache/recorder.ts";
import type { SiteTable } from "../scan/table.ts";
import type { Coroutine } from "./coroutine.ts";
import { livelock } from "./errors.ts";
import type { Queue } from "./queue.ts";
import { leftOver, neverReached, type Progress, type Reason, refusalOf, askedOf } from "./refusals.ts";
import { isSiteRequest, Refusal, type Request } from "./request.ts";
import { refuseLoss, serve } from "./serve.ts";
import type { Phase, SiteState } from "./site-state.ts";
import type { SiteStates } from "./site-states.ts";
import { insideSkipped } from "./errors.ts";
import { Visit, type Visited } from "./visit.ts";

/** How often bodies may be served in one visit. */
const LIMIT = 100_000;

/** What a scheduler is told of its run. */
export interface RunParts {
  readonly target: HookTarget;
  readonly sites: SiteStates;
  readonly batch: Batch;
  readonly epoch: number;
  readonly invokes: number;
  /** What a forward run with such inputs is known to visit. */
  readonly table?: SiteTable | undefined;
  /** Whether bodies may wait for the result, steps and gradients: not so in an edit. */
  readonly isWhole: boolean;
  /** What the gradients of the trace were asked of; `undefined` when it takes none. */
  readonly gradients?: string | undefined;
}

/**
 * Runs bodies interleaved with one run of a model. At each visit of a site, whoever waits for it is served in the order of
 * the bodies, again and again until nobody is left who can be; then the visit is over for all.
 */
export class Scheduler implements Progress {
  readonly parts: RunParts;
  readonly bodies: readonly Coroutine[];
  readonly recorders: Recorder[] = [];
  /** The step under way; -1 before the first. */
  step = -1;
  /** How many runs of the model have begun: a step may have several. */
  runs = 0;
  /** The first error of a body, the very object. */
  failure: { readonly error: unknown } | undefined;
  /** Bodies that have called backward, with their losses. */
  readonly backward: { readonly body: Coroutine; readonly loss: unknown }[] = [];
  /** Whether the model has returned. */
  isOver = false;
  isBackward = false;
  hasSkips = false;
  visiting: Visit | undefined;
  readonly #queue: Queue;
  /** Skipped rows that wait for the output which they are to replace. */
  readonly #partial = new Map<SiteState, Visit>();
  #isBusy = false;

  constructor(parts: RunParts, bodies: readonly Coroutine[], queue: Queue) {
    this.parts = parts;
    this.bodies = bodies;
    this.#queue = queue;
  }

  /** Lets every body run up to its first wait. @throws what a body throws */
  start(make: (body: Coroutine) => unknown): void {
    this.#guard(undefined, () => {
      for (const body of this.bodies) body.open(() => make(body));
      for (const body of this.bodies) this.#resume(body, undefined);
      this.#drain(undefined);
    });
  }

  /** A run of the whole model begins: the next step. */
  beginStep(step: number): void {
    if (this.#isBusy || step === this.step) return;
    const late = this.bodies.flatMap((body) => {
      const { pending } = body;
      const isLate = pending !== undefined && isSiteRequest(pending) && pending.step < step;
      return isLate ? [{ body, reason: neverReached(body, pending, this) }] : [];
    });
    this.step = step;
    this.#guard(undefined, () => {
      for (const { body, reason } of late) this.#refuse(body, reason);
      for (const body of this.bodies)
        if (body.pending?.kind === "step" && body.pending.step <= step) body.becomeReady();
      this.#drain(undefined);
    });
  }

  /** Notes a visit that nobody waits for, without its value; `false` when somebody does: then {@link Scheduler.visit} it. */
  passesBy(site: SiteState, phase: Phase, coreCall: number): boolean {
    if (this.#isBusy) return true;
    site.reach(this.parts.epoch, this.step, this.runs);
    const call = site.callOf(coreCall);
    const isQuiet = site.waiters.length === 0 && this.recorders.length === 0 && !this.#queue.hasReady;
    if (!isQuiet || (phase === "output" && this.#partial.has(site))) return false;
    site.complete(phase, call);
    return true;
  }

  /**
   * A site is visited. Gives what the bodies have left, or `undefined` when nobody has looked.
   *
   * @param coreCall Core's count of the site's calls in the run.
   */
  visit(site: SiteState, phase: Phase, value: unknown, coreCall: number): Visit | undefined {
    if (this.passesBy(site, phase, coreCall)) return undefined;
    const call = site.callOf(coreCall);
    const skipped = phase === "output" ? this.#partial.get(site) : undefined;
    const visit = new Visit(site, phase, { step: this.step, call }, value, this.parts.batch);
    this.#guard(visit, () => {
      for (const { group, value: rows } of skipped?.skips ?? []) visit.put(group, rows);
      this.#drain(visit);
      for (const recorder of this.recorders) recorder.record(site, visit);
    });
    if (skipped !== undefined) this.#partial.delete(site);
    site.complete(phase, call);
    return visit;
  }

  /** What stands in for a site's output, when bodies have skipped all of it. @throws what a body throws */
  skippedBy(site: SiteState, visit: Visit): { readonly output: unknown } | undefined {
    const [body] = this.bodies;
    if (visit.skips.length === 0 || body === undefined) return undefined;
    const skipped = collectTensors(() => visit.skippedOutput(), body.owned);
    if (skipped === undefined) this.#partial.set(site, visit);
    else this.#guard(visit, () => this.#refuseInside(site, visit));
    return skipped;
  }

  /** The model has returned: serves the result, and ends every wait for a step. */
  finish(result: Visit): void {
    this.isOver = true;
    this.#guard(result, () => {
      for (const body of this.bodies) if (body.pending?.kind === "step") body.becomeReady();
      this.#drain(result);
    });
  }

  /** The backward pass begins: those who called backward go on. */
  beginBackward(): void {
    this.isBackward = true;
    this.#guard(undefined, () => {
      for (const { body } of this.backward) body.becomeReady();
      this.#drain(undefined);
    });
  }

  /** Refuses what can no longer be served. @throws the first error, with the others as its `suppressed` */
  end(): void {
    const found: unknown[] = [];
    for (const body of this.bodies) {
      while (body.pending !== undefined) {
        const { pending } = body;
        const arrived = pending.kind === "arrive" ? pending.barrier.waiters.length : 0;
        try {
          this.#guard(undefined, () => this.#refuse(body, leftOver(body, pending, this, arrived)));
        } catch (error) {
          found.push(error);
        }
      }
    }
    const [first, ...rest] = found;
    if (found.length === 0) return;
    if (rest.length > 0 && first instanceof Error && Object.isExtensible(first))
      Object.defineProperty(first, "suppressed", { value: rest, configurable: true });
    throw first;
  }

  /** Ends all bodies, so that their `finally` blocks run. Returns what these throw. */
  cancel(): readonly unknown[] {
    const found: unknown[] = [];
    this.#isBusy = true;
    for (const body of this.bodies) {
      try {
        this.#unpark(body);
        body.cancel();
      } catch (error) {
        found.push(error);
      }
    }
    this.#isBusy = false;
    return found;
  }

  /** Whether no body waits for anything any more. */
  get isIdle(): boolean {
    return this.bodies.every(({ isOver }) => isOver);
  }

  get hasStopped(): boolean {
    return this.bodies.some(({ state }) => state === "stopped");
  }

  #guard(visit: Visit | undefined, fn: () => void): void {
    const outer = this.visiting;
    this.visiting = visit;
    this.#isBusy = true;
    try {
      fn();
    } catch (error) {
      this.failure ??= { error };
      throw error;
    } finally {
      this.#isBusy = false;
      this.visiting = outer;
    }
  }

  #drain(visit: Visit | undefined): void {
    const isServable = (body: Coroutine): boolean => visit !== undefined && this.#canServe(body, visit);
    let from = 0;
    let times = 0;
    for (;;) {
      const body = this.#queue.next(visit === undefined ? [] : this.#waitersOf(visit.site), from, isServable);
      if (body === undefined && from === 0) return;
      from = body?.order ?? 0;
      if (body === undefined) continue;
      if (++times > LIMIT) throw livelock(body.name, visit?.site.path ?? "the run's start", LIMIT);
      this.#serve(body, visit);
    }
  }

  #waitersOf(site: Visited): readonly Coroutine[] {
    return "waiters" in site ? (site as SiteState).waiters : this.bodies;
  }

  #canServe({ pending }: Coroutine, { site, phase, moment }: Visit): boolean {
    if (pending === undefined) return false;
    if (!isSiteRequest(pending))
      return (pending.kind === "result" || pending.kind === "setResult") && !("waiters" in site);
    if (pending.site !== site || pending.phase !== phase) return false;
    return pending.step === moment.step && pending.call === moment.call;
  }

  #serve(body: Coroutine, visit: Visit | undefined): void {
    const { pending } = body;
    if (pending === undefined) return;
    this.#unpark(body);
    if (pending.kind === "skip") this.hasSkips = true;
    this.#resume(body, serve(body, pending, visit, this));
  }

  #refuse(body: Coroutine, make: Reason): void {
    this.#unpark(body);
    this.#resume(body, new Refusal(make));
  }

  /** Lets a body go on until it waits for something that is yet to come. */
  #resume(body: Coroutine, answer: unknown): void {
    let next = answer;
    for (;;) {
      const request = body.advance(next);
      if (request === undefined) return;
      const make = refusalOf(body, request, this);
      const refusal =
        make !== undefined
          ? new Refusal(make)
          : request.kind === "backward"
            ? refuseLoss(body, request.loss)
            : undefined;
      if (refusal === undefined) return this.#park(body, request);
      next = refusal;
    }
  }

  #refuseInside(site: SiteState, { moment }: Visit): void {
    for (const body of this.bodies) {
      const { pending } = body;
      if (pending === undefined || !isSiteRequest(pending) || pending.step !== moment.step) continue;
      if (!pending.site.path.startsWith(`${site.path}.`) || !site.isSkippedFor(body.group)) continue;
      this.#refuse(body, () => insideSkipped(askedOf(body, pending), site.path));
    }
  }

  #park(body: Coroutine, request: Request): void {
    if (isSiteRequest(request)) request.site.waiters.push(body);
    else if (request.kind === "take") {
      if (request.cell.isFilled) body.becomeReady();
      else request.cell.waiters.push(body);
    } else if (request.kind === "arrive") request.barrier.add(body, this.parts.invokes);
    else if (request.kind === "step") {
      if (request.step <= this.step || this.isOver) body.becomeReady();
    } else if (request.kind === "backward") this.backward.push({ body, loss: request.loss });
  }

  #unpark(body: Coroutine): void {
    const { pending } = body;
    if (pending === undefined || !isSiteRequest(pending)) return;
    const { waiters } = pending.site;
    const at = waiters.indexOf(body);
    if (at >= 0) waiters.splice(at, 1);
  }
}

import type { Site } from "@hookdict/core";
import type { BatchAxis } from "../batch/axis.ts";
import type { Group } from "../batch/groups.ts";
import type { Coroutine } from "./coroutine.ts";

/** Which of a site's values a request is about: its inputs, its output, or the gradient with respect to either. */
export type Phase = "input" | "output" | "gradOutput" | "gradInput";

/** A place in a run: step n, and there the call-th visit of a site. */
export interface Moment {
  readonly step: number;
  readonly call: number;
}

const isGradient = (phase: Phase): phase is "gradOutput" | "gradInput" =>
  phase === "gradOutput" || phase === "gradInput";

/**
 * A site as one trace sees it: how far its visits are, and which bodies wait for it. One count for all bodies: what one
 * of them has missed, all have.
 */
export class SiteState {
  readonly site: Site;
  readonly path: string;
  readonly axis: BatchAxis;
  /** Bodies whose pending request is about this site. */
  readonly waiters: Coroutine[] = [];
  /** The run that the counts below are of. */
  epoch = -1;
  hasRun = false;
  #step = -1;
  #run = -1;
  /** What core's own count of calls was when the step began. */
  #base: number | undefined;
  #inputs = 0;
  #outputs = 0;
  /** Gradients come in reverse: these calls have had theirs. */
  #gradients: Set<string> | undefined;
  /** Whose rows were skipped, by call; `undefined` for all. */
  #skips: Map<number, Set<Group | undefined>> | undefined;

  constructor(site: Site, axis: BatchAxis) {
    this.site = site;
    this.path = site.path;
    this.axis = axis;
  }

  /** Starts the counts afresh when the trace's run, or its step, is another one. */
  reach(epoch: number, step: number, run: number): void {
    if (this.epoch === epoch && this.#step === step) {
      if (this.#run !== run) this.#base = -this.#inputs; // core counts from 0 in each run, calls go on
      this.#run = run;
      return;
    }
    if (this.epoch !== epoch) {
      this.#gradients = undefined;
      this.hasRun = false;
      if (this.waiters.length > 0) this.waiters.length = 0;
    }
    this.epoch = epoch;
    this.#step = step;
    this.#run = run;
    this.#base = undefined;
    this.#inputs = 0;
    this.#outputs = 0;
    this.#skips = undefined;
  }

  /** The number, within the step, of a visit that core counts within the run. */
  callOf(coreCall: number): number {
    this.#base ??= coreCall;
    return coreCall - this.#base;
  }

  complete(phase: Phase, call: number): void {
    if (isGradient(phase)) (this.#gradients ??= new Set()).add(`${phase} ${call}`);
    else {
      this.hasRun = true;
      if (phase === "input") this.#inputs = Math.max(this.#inputs, call + 1);
      else this.#outputs = Math.max(this.#outputs, call + 1);
    }
  }

  /** How many visits are behind in the present step. */
  count(phase: Phase): number {
    if (isGradient(phase)) return this.#gradients?.size ?? 0;
    return phase === "input" ? this.#inputs : this.#outputs;
  }

  /** Whether a visit of the present step is behind. */
  isPast(phase: Phase, call: number): boolean {
    if (isGradient(phase)) return this.#gradients?.has(`${phase} ${call}`) ?? false;
    return call < (phase === "input" ? this.#inputs : this.#outputs);
  }

  /** Notes that a group, or everybody, skips a call. */
  noteSkip(call: number, group: Group | undefined): void {
    const skips = (this.#skips ??= new Map());
    skips.set(call, (skips.get(call) ?? new Set()).add(group));
  }

  /** Whether every call in the present step so far was skipped for a group. */
  isSkippedFor(group: Group | undefined): boolean {
    if (this.#skips === undefined || this.#skips.size < this.#inputs) return false;
    return [...this.#skips.values()].every((groups) => groups.has(undefined) || groups.has(group));
  }
}

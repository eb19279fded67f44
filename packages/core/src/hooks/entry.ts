import { conforms, describeValue, isHookdictError, isTensor } from "@hookdict/tensordict";
import { leaveToScope } from "@hookdict/tensordict/tensors";
import type { Owner } from "./owner.ts";
import type { SitePort } from "./port.ts";
import { runPlace } from "../runs/place.ts";
import { nextTick } from "../runs/runs.ts";
import type { Site } from "../sites/site.ts";
import { type Chain, chainOf, type Direction } from "./direction.ts";
import { hookDisposed, hookReturnedPromise, hookThrew, replacementMismatch } from "./errors.ts";
import type { Captures, Hook, HookFunction, HookInfo, HookKind, HookOrder } from "./hook.ts";

const RANK: Readonly<Record<HookOrder, number>> = { pre: 0, normal: 1, post: 2 };

/** A hook as it is registered, at one site or many: what its entries have in common. */
export class HookTerms {
  readonly owner: Owner;
  readonly direction: Direction;
  readonly chain: Chain;
  readonly run: HookFunction<unknown>;
  readonly kind: HookKind;
  readonly rank: number;
  readonly reshapes: boolean;
  readonly unfired: "error" | "ignore";
  readonly captures: Captures | undefined;
  /** Whether the hook would do nothing in a pass of a site: asked before anything is made for it. */
  readonly ignores: ((site: Site, pass: number) => boolean) | undefined;
  /** Name of the hook's function. */
  readonly name: string;

  constructor(owner: Owner, direction: Direction, hook: Hook<unknown> | Hook) {
    this.owner = owner;
    this.direction = direction;
    this.chain = chainOf(direction);
    this.run = hook.run as HookFunction<unknown>; // a hook states the value type it expects of its sites
    this.kind = hook.kind ?? "replace";
    this.rank = RANK[hook.order ?? "normal"];
    this.reshapes = hook.reshapes ?? false;
    this.unfired = hook.unfired ?? "error";
    this.captures = hook.captures;
    this.ignores = hook.ignores;
    this.name = hook.run.name === "run" ? "" : hook.run.name;
  }

  /** The same with another function. */
  running(run: HookFunction<unknown>): HookTerms {
    return Object.assign(Object.create(HookTerms.prototype) as HookTerms, this, { run });
  }
}

/**
 * One hook at one site. A model may have thousands, made at once: what they share is kept once, and fields are only
 * declared, for defining them first would cost as much again.
 */
export class HookEntry {
  declare terms: HookTerms;
  declare readonly port: SitePort;
  declare tick: number;
  /** Set at once on removal: a hook removed during a call does not fire again. */
  declare removed: boolean;
  /** A hook that calls the model does not fire inside itself. */
  declare running: boolean;
  /** The latest run of the model in which the hook fired. */
  declare firedIn: number;

  constructor(terms: HookTerms, port: SitePort) {
    this.port = port;
    this.running = false;
    this.terms = port.wrap(terms);
    this.tick = nextTick();
    this.removed = false;
    this.firedIn = -1;
  }

  /** Registers a hook that was taken off anew: what a new entry would be, without being made. */
  renew(terms: HookTerms): void {
    this.terms = this.port.wrap(terms);
    this.tick = nextTick();
    this.removed = false;
    this.firedIn = -1;
  }

  get owner(): Owner {
    return this.terms.owner;
  }

  get site(): Site {
    return this.port.site;
  }

  get direction(): Direction {
    return this.terms.direction;
  }

  get chain(): Chain {
    return this.terms.chain;
  }

  get kind(): HookKind {
    return this.terms.kind;
  }

  get rank(): number {
    return this.terms.rank;
  }

  get captures(): Captures | undefined {
    return this.terms.captures;
  }

  isLive(): boolean {
    return !this.removed && !this.running && this.terms.owner.isEnabled && this.port.model.admits(this.tick);
  }

  /** Whether there is nothing to do in a pass, which the hook has seen then, unless it is none of its site's. */
  ignores(pass: number): boolean {
    if (pass < 0) return true;
    const { port, terms } = this;
    if (terms.ignores === undefined || !terms.ignores(port.site, pass)) return false;
    this.firedIn = port.model.runId;
    return true;
  }

  info(inputs: unknown, kwargs: HookInfo["kwargs"], gradOutput: unknown, pass: number): HookInfo {
    const { port, terms } = this;
    const { step, firstPosition, firstSource } = runPlace();
    return {
      site: port.site,
      direction: terms.direction,
      pass,
      step,
      firstPosition,
      firstSource,
      inputs,
      kwargs,
      gradOutput,
    };
  }
}

/** A chain's hooks in the order in which they run. Never changed in place: a run keeps the list it began with. */
export type HookChain = readonly HookEntry[];

/** Runs a hook and says where it was when it throws. */
export function fire(entry: HookEntry, value: unknown, info: HookInfo): unknown {
  entry.running = true;
  try {
    const result = entry.terms.run(value, info);
    if (result instanceof Promise) {
      result.catch(() => undefined); // reported below; a rejection must not end the process
      throw hookReturnedPromise(entry);
    }
    if (isDisposed(value)) throw hookDisposed(entry, "disposed the value that it was given");
    if (isDisposed(result)) throw hookDisposed(entry, "returned a disposed tensor");
    entry.firedIn = entry.port.model.runId;
    return result;
  } catch (error) {
    throw knowsItsSite(error) ? error : hookThrew(entry, error);
  } finally {
    entry.running = false;
  }
}

/** A run that was stopped is another model's, called by the hook: this one goes on, or fails. */
function knowsItsSite(error: unknown): boolean {
  return isHookdictError(error) && "site" in error.fields && error.code !== "RUN_STOPPED";
}

/** Single tensors only: looking through structures would cost every hook. */
function isDisposed(value: unknown): boolean {
  return isTensor(value) && value.isDisposed;
}

/**
 * Checks what a hook returned against what it was given, and returns it.
 *
 * **Ownership:** takes the TensorDicts that the hook has made since `mark`: they end with the run.
 */
export function accept(entry: HookEntry, expected: unknown, got: unknown, mark: number): unknown {
  if (got !== expected) leaveToScope(got, mark);
  if (conforms(expected, got, entry.terms.reshapes)) return got;
  throw replacementMismatch(entry, describeValue(expected), describeValue(got));
}

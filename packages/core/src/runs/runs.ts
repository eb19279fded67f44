import {
  checkArgument,
  forEachTensor,
  isTensor,
  isTensorDict,
  joinErrors,
  mapTensors,
  opaqueIn,
  type TensorDict,
  tensorsOf,
} from "@hookdict/tensordict";
import { activeScope, leaveToScope, releaseTapeLater, share, tensorMark } from "@hookdict/tensordict/tensors";
import type { Tensor } from "@tensorflow/tfjs-core";
import { runAsync, runsOverlap, valueOpaque } from "./errors.ts";

/** How a run has ended. */
export interface Outcome {
  readonly error?: unknown;
  readonly result?: unknown;
}

/** Somebody who is told of a model's runs. */
export interface RunListener {
  runStarted(): void;
  runFinished(outcome: Outcome): void;
}

/** One counter for registrations and runs: a hook takes part in the runs that began after it was registered. */
let ticks = 0;
export function nextTick(): number {
  return ++ticks;
}

/** Makes what a function does one run of a model. */
export type During = <T>(fn: () => T) => T;

/** The runs of one model: when one is under way, which it is, and who is told. */
export abstract class Runs {
  /** Tick of the latest run; see {@link Runs.during}. */
  runId = 0;
  protected readonly listeners: Set<RunListener> = new Set();
  #depth = 0;
  /** Whether the run under way waits for something between its sites. */
  #isWaiting = false;
  /** Whether the run under way takes in others. */
  #isOpen = false;
  /** How often the model is bare, one time inside the other, and what is told to who would attach hooks meanwhile. */
  #bare = 0;
  /** What the run under way was given; `undefined` where that is not known. */
  #given: readonly unknown[] | undefined;
  /** The tensors of that, once somebody has asked. */
  #held: ReadonlySet<Tensor> | undefined;
  /** What ends with the run under way, which may read it; see {@link Runs.retire}. */
  #retired: { dispose(): void }[] = [];
  #refuse: ((owner: string) => Error) | undefined;

  /** Name of the model, for messages. */
  abstract readonly name: string;

  /** Whether a hook of the model is under way, which may call the model. */
  protected abstract isInHook(): boolean;

  get isRunning(): boolean {
    return this.#depth > 0;
  }

  /** Whether a hook registered at `tick` takes part: a run is under way, and began after that, and hooks are awake. */
  admits(tick: number): boolean {
    return this.#depth > 0 && tick < this.runId && this.#bare === 0;
  }

  /** Whether hooks of all owners are asleep; see {@link Runs.bare}. */
  get isBare(): boolean {
    return this.#bare > 0;
  }

  /**
   * Runs `fn` with the hooks of all owners asleep: what it runs of the model is neither a run nor part of one, and
   * nothing is counted.
   *
   * @param refuse Makes the error for an owner of hooks that comes meanwhile. Default: it is let in.
   */
  bare<T>(fn: () => T, refuse?: (owner: string) => Error): T {
    checkArgument("bare", "fn", fn, "a function");
    const outer = this.#refuse;
    this.#refuse = refuse;
    this.#bare++;
    try {
      return fn();
    } finally {
      this.#bare--;
      this.#refuse = outer;
    }
  }

  /** Runs `fn` with hooks awake, inside {@link Runs.bare}. */
  hooked<T>(fn: () => T): T {
    checkArgument("hooked", "fn", fn, "a function");
    const depth = this.#bare;
    this.#bare = 0;
    try {
      return fn();
    } finally {
      this.#bare = depth;
    }
  }

  /** @throws what {@link Runs.bare} was told to throw for somebody who comes meanwhile */
  protected assertOpen(owner: string): void {
    if (this.#bare > 0 && this.#refuse !== undefined) throw this.#refuse(owner);
  }

  /**
   * Runs `fn` as one run of the model, or as a part of the run under way.
   *
   * @param given All that the run is given, where that is known; see {@link Runs.retire}.
   * @throws LifetimeError `RUN_OVERLAPS` while another run waits, unless one of its hooks calls the model.
   */
  during<T>(fn: () => T, given?: readonly unknown[]): T {
    if (this.isBare) return fn();
    if (this.#isWaiting && !this.isInHook()) throw runsOverlap(this.name);
    if (this.#depth++ > 0) {
      try {
        return fn();
      } finally {
        this.#depth--;
      }
    }
    const listeners = [...this.listeners];
    const mark = tensorMark();
    this.runId = nextTick();
    this.#given = given;
    let outcome: Outcome = {};
    try {
      for (const listener of listeners) listener.runStarted();
      const result = fn();
      outcome = { result };
      return result;
    } catch (error) {
      outcome = { error };
      releaseTapeLater();
      throw error;
    } finally {
      this.#depth--;
      this.#endRetired();
      finish(listeners, outcome, mark);
    }
  }

  /**
   * Frees what an earlier run has captured: at once, or at the end of the run under way where that may read it, since it
   * was given it, or nobody knows what it was given.
   *
   * **Ownership:** takes.
   */
  retire(value: unknown): void {
    if (!isTensor(value) && !isTensorDict(value)) return;
    if (this.isRunning && this.#mayRead(value)) this.#retired.push(value);
    else value.dispose();
  }

  #mayRead(value: Tensor | TensorDict): boolean {
    if (this.#given === undefined) return true;
    const held = (this.#held ??= new Set(tensorsOf(this.#given))); // once a run: every capture comes here
    return isTensor(value) ? held.has(value) : tensorsOf(value).some((tensor) => held.has(tensor));
  }

  #endRetired(): void {
    this.#given = this.#held = undefined; // nothing is kept alive for the next run
    if (this.#retired.length === 0) return;
    const retired = this.#retired;
    this.#retired = [];
    for (const value of retired) value.dispose();
  }

  /**
   * {@link Runs.during} for a run of the model that waits. Runs of one model follow each other: hooks could not tell two
   * that overlap from one.
   *
   * @throws LifetimeError `RUN_OVERLAPS` while another run is under way, unless {@link Runs.openAsync} has opened it.
   */
  async duringAsync<T>(fn: () => Promise<T>): Promise<T> {
    if (!this.#isOpen || this.#isWaiting) return this.#begin(fn, () => (this.#isWaiting = true));
    this.#isWaiting = true;
    try {
      return await fn();
    } finally {
      this.#isWaiting = false;
    }
  }

  /**
   * One run for all that happens until a function is done: whatever runs the model, or a part of it, in the meantime is a
   * part of it.
   *
   * @throws LifetimeError `RUN_OVERLAPS` while a run that waits is under way.
   */
  async openAsync<T>(fn: () => Promise<T>): Promise<T> {
    if (this.#isOpen && !this.#isWaiting) return fn();
    return this.#begin(fn, () => (this.#isOpen = true));
  }

  async #begin<T>(fn: () => Promise<T>, mark: () => void): Promise<T> {
    if (this.#depth > 0) throw runsOverlap(this.name);
    const listeners = [...this.listeners];
    const start = tensorMark();
    this.runId = nextTick();
    this.#given = undefined;
    this.#depth++;
    mark();
    let outcome: Outcome = {};
    try {
      for (const listener of listeners) listener.runStarted();
      const result = await fn();
      outcome = { result };
      return result;
    } catch (error) {
      outcome = { error };
      throw error;
    } finally {
      this.#depth--;
      this.#isWaiting = this.#isOpen = false;
      this.#endRetired();
      finish(listeners, outcome, start);
    }
  }
}

/**
 * Tells everybody that a run has ended. Where a listener throws, the first error is kept, and what the run has made and
 * nobody gets is freed.
 */
function finish(listeners: readonly RunListener[], { result, ...outcome }: Outcome, mark: number): void {
  const errors: unknown[] = [];
  for (const listener of listeners) {
    try {
      listener.runFinished(outcome);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length === 0) return;
  releaseTapeLater();
  forEachTensor(result, (tensor) => {
    if (tensor.id >= mark && !tensor.kept) tensor.dispose();
  });
  const [first, ...rest] = "error" in outcome ? [outcome.error, ...errors] : errors;
  throw joinErrors([first, ...rest]);
}

/** Runs `fn` as one run of each. */
export function duringAll<T>(all: readonly Runs[], fn: () => T): T {
  return all.reduceRight((next, runs) => () => runs.during(next), fn)();
}

/** {@link duringAll} for a run that waits. */
export async function duringAllAsync<T>(all: readonly Runs[], fn: () => Promise<T>): Promise<T> {
  return all.reduceRight((next, runs) => async () => runs.duringAsync(next), fn)();
}

/** {@link Runs.openAsync} of each. */
export async function openAllAsync<T>(all: readonly Runs[], fn: () => Promise<T>): Promise<T> {
  return all.reduceRight((next, runs) => async () => runs.openAsync(next), fn)();
}

/** Gives back what a run's function returned. @throws UsageError `RUN_ASYNC` for a promise */
export function refusePromise<T>(result: T): T {
  if (!(result instanceof Promise)) return result;
  result.catch(() => undefined); // reported here; a rejection must not end the process
  throw runAsync();
}

/** Calls listeners one after the other. */
export function callAll(listeners: Iterable<() => void>): void {
  for (const listener of listeners) listener();
}

/** What a model gave, as its caller owns it. @throws UsageError `VALUE_OPAQUE` */
export function owned(given: unknown, mark: number): unknown {
  const opaque = opaqueIn(given);
  if (opaque !== undefined) throw valueOpaque("returned by call", opaque);
  const scope = activeScope();
  const seen = new Set<Tensor>();
  const output = mapTensors(given, (tensor) => {
    if (tensor.kept || tensor.scopeId !== scope || seen.has(tensor)) return share(tensor);
    seen.add(tensor);
    return tensor;
  });
  leaveToScope(given, mark);
  return output;
}

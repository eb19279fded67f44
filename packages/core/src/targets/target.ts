import { type Tensor, tidy } from "@tensorflow/tfjs-core";
import type { Binding } from "../hooked/binding.ts";
import { HookEntry, type HookTerms, nextTick } from "../hooks/entry.ts";
import type { HookSlot } from "../hooks/slot.ts";
import type { Matcher } from "../sites/pattern.ts";
import { runsOverlap } from "./errors.ts";
import { joinErrors } from "@hookdict/tensordict";
import { leaveToScope, tensorMark } from "@hookdict/tensordict/tensors";
import { forEachTensor, mapTensors } from "@hookdict/tensordict";
import { share } from "@hookdict/tensordict/tensors";
import { releaseTapeLater } from "@hookdict/tensordict/tensors";
import { activeScope } from "@hookdict/tensordict/tensors";
import { EarlyStop } from "../hooks/early-stop.ts";
import { SitePort } from "../hooks/port.ts";
import type { Site, SiteKind } from "../sites/site.ts";

/** Where a site's hooks live, and how to take the slot off once it is empty. */
export interface Place {
  readonly slot: HookSlot;
  release(): void;
}

/** How a run has ended. */
interface Outcome {
  readonly error?: unknown;
  readonly result?: unknown;
}

/**
 * Tells every owner that a run has ended. Where a listener throws, the first error is kept, and what the run has made
 * and nobody gets is freed.
 */
function finish(running: readonly Binding[], { result, ...outcome }: Outcome, mark: number): void {
  const errors: unknown[] = [];
  for (const binding of running) {
    try {
      binding.runFinished(outcome);
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

/** Anything that can be prepared: a module, a hooked module, an adapted model. */
export interface Hookable<A extends readonly unknown[] = readonly unknown[], O = unknown, M = unknown> {
  /** What hooks are registered with; the same for the same model. */
  hookTarget(): HookTarget<A, O, M>;
}

/**
 * A model under hooks: its sites, where their hooks live, and its runs. One subclass per kind of model; the same
 * model always has the same target, so that all its contexts share one count of runs.
 */
export abstract class HookTarget<
  A extends readonly unknown[] = readonly unknown[],
  O = unknown,
  M = unknown,
> {
  abstract readonly kind: SiteKind;
  /** The model itself, as its user has it. */
  abstract readonly model: M;
  /** Name for messages: the model's class or name. */
  abstract readonly name: string;
  /** Tick of the latest run; see {@link HookTarget.during}. */
  runId = 0;
  readonly entries: Set<HookEntry> = new Set();
  /** Present while an owner wants runs to end early. */
  early: EarlyStop | undefined;
  /** Whether somebody has asked for the events of an owner of hooks. */
  isHeard = false;
  readonly #bindings = new Set<Binding>();
  #depth = 0;
  /** How often the model is bare, one time inside the other, and what is told to who would attach hooks meanwhile. */
  #bare = 0;
  #refuse: ((owner: string) => Error) | undefined;
  /** Whether the run under way waits for something between its sites. */
  #isWaiting = false;

  /** Every site, in the model's order. Looked up anew: a model may have grown. */
  abstract sites(): readonly Site[];
  /** The sites that a pattern matches, in the model's order. */
  matching(matcher: Matcher): readonly Site[] {
    return this.sites().filter((site) => matcher.matches(site));
  }
  /** Runs the model. **Ownership:** borrows the arguments; the result belongs to the caller's scope. */
  abstract invoke(args: A): O;
  /** The slot at a site, installed if need be. */
  protected abstract acquire(site: Site): Place;
  /** The first owner has come, or the last one gone: start or stop noticing runs of the whole model. */
  protected abstract watch(on: boolean): void;

  /** @throws what {@link HookTarget.bare} was told to throw */
  attach(binding: Binding): void {
    if (this.isBare && this.#refuse !== undefined) throw this.#refuse(binding.name);
    if (this.#bindings.size === 0) this.watch(true);
    this.#bindings.add(binding);
  }

  detach(binding: Binding): void {
    if (this.early?.owners.has(binding) === true)
      this.early = EarlyStop.of([...this.early.owners].filter(([owner]) => owner !== binding));
    if (!this.#bindings.delete(binding)) return;
    this.isHeard = [...this.#bindings].some(({ emitter }) => emitter !== undefined);
    if (this.#bindings.size === 0) this.watch(false);
  }

  /** From the next run on, runs end once every forward hook has fired, until the owner is detached. */
  stopEarly(binding: Binding): void {
    const owners = this.early?.owners ?? new Map<Binding, number>();
    this.early = EarlyStop.of(owners.has(binding) ? owners : [...owners, [binding, nextTick()]]);
  }

  /** Whether an owner, or a part of it, wants runs to end early. */
  stopsFor(owner: Binding): boolean {
    return [...(this.early?.owners.keys() ?? [])].some((binding) => binding.belongsTo(owner));
  }

  add(terms: HookTerms, site: Site): HookEntry {
    const port = this.#portAt(site);
    const entry = new HookEntry(terms, port);
    port.count++;
    port.slot.insert(entry);
    this.entries.add(entry);
    return entry;
  }

  remove(entry: HookEntry): void {
    if (!this.entries.delete(entry)) return;
    const { port } = entry;
    port.count--;
    port.slot.remove(entry);
    if (port.slot.isEmpty) port.place.release();
  }

  #portAt(site: Site): SitePort {
    const place = this.acquire(site);
    const { ports } = place.slot;
    const known = ports.length === 0 ? undefined : ports.find((port) => port.target === this);
    return known ?? new SitePort(site, this, place);
  }

  /** Whether hooks of all owners are asleep; see {@link HookTarget.bare}. */
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

  /** Runs `fn` with hooks awake, inside {@link HookTarget.bare}. */
  hooked<T>(fn: () => T): T {
    const depth = this.#bare;
    this.#bare = 0;
    try {
      return fn();
    } finally {
      this.#bare = depth;
    }
  }

  /** Whether a hook registered at `tick` takes part: one added during a run waits for the next. */
  admits(tick: number): boolean {
    return this.#depth === 0 || tick < this.runId;
  }

  get isRunning(): boolean {
    return this.#depth > 0;
  }

  /**
   * Runs `fn` as one run of the model, or as a part of the run under way.
   *
   * @throws LifetimeError `RUN_OVERLAPS` while another run waits, unless one of its hooks calls the model.
   */
  during<T>(fn: () => T): T {
    if (this.isBare) return fn();
    if (this.#isWaiting && !this.#isInHook()) throw runsOverlap(this.name);
    if (this.#depth++ > 0) {
      try {
        return fn();
      } finally {
        this.#depth--;
      }
    }
    const running = [...this.#bindings];
    const mark = tensorMark();
    this.runId = nextTick();
    let outcome: Outcome = {};
    try {
      for (const binding of running) binding.runStarted();
      const result = fn();
      outcome = { result };
      return result;
    } catch (error) {
      outcome = { error };
      releaseTapeLater();
      throw error;
    } finally {
      this.#depth--;
      finish(running, outcome, mark);
    }
  }

  /**
   * {@link HookTarget.during} for a run that waits. Runs of one model follow each other: hooks could not tell two that
   * overlap from one.
   *
   * @throws LifetimeError `RUN_OVERLAPS` while another run is under way.
   */
  async duringAsync<T>(fn: () => Promise<T>): Promise<T> {
    if (this.#depth > 0) throw runsOverlap(this.name);
    const running = [...this.#bindings];
    const mark = tensorMark();
    this.runId = nextTick();
    this.#depth++;
    this.#isWaiting = true;
    let outcome: Outcome = {};
    try {
      for (const binding of running) binding.runStarted();
      const result = await fn();
      outcome = { result };
      return result;
    } catch (error) {
      outcome = { error };
      throw error;
    } finally {
      this.#depth--;
      this.#isWaiting = false;
      finish(running, outcome, mark);
    }
  }

  #isInHook(): boolean {
    return [...this.entries].some((entry) => entry.running);
  }

  /** {@link HookTarget.call} for models that may wait; where none can, it is `call`. **Ownership:** as there. */
  async callAsync(args: A): Promise<O> {
    return this.call(args);
  }

  /**
   * Runs the model in a scope of its own.
   *
   * **Ownership:** borrows the arguments; returns owned: intermediates are freed, and an output that is an input or a
   * weight, or that occurs twice, is returned as a clone. A TensorDict that the model made and returns is given away.
   */
  call(args: A): O {
    let output: unknown;
    try {
      this.during(() => (output = this.#inScope(args)));
      return output as O; // the same structure as the model returned
    } catch (error) {
      forEachTensor(output, (tensor) => tensor.dispose()); // a listener of the run's end threw: nobody gets the output
      throw error;
    }
  }

  #inScope(args: A): unknown {
    let output: unknown;
    // `tidy` finds the tensors of tuples and records only; a TensorDict keeps its own.
    tidy(() => {
      const scope = activeScope();
      const seen = new Set<Tensor>();
      const mark = tensorMark();
      const given = this.invoke(args);
      output = mapTensors(given, (tensor) => {
        if (tensor.kept || tensor.scopeId !== scope || seen.has(tensor)) return share(tensor);
        seen.add(tensor);
        return tensor;
      });
      leaveToScope(given, mark);
      return output as never; // any container of tensors
    });
    return output;
  }
}

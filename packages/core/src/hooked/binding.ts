import type { Tensor } from "@tensorflow/tfjs-core";
import { stopBackward, unknownDirection } from "../hooks/errors.ts";
import { contextDisposed } from "../targets/errors.ts";
import { chainOf, type Direction, DIRECTIONS, isDirection } from "../hooks/direction.ts";
import { type HookEntry, HookTerms } from "../hooks/entry.ts";
import { type HandleBatch, type MultiHookHandle, RegisteredHandle, removeEntry } from "../hooks/handle.ts";
import type { Owner } from "../hooks/owner.ts";
import { checkHook, type Hook, type HookFunction } from "../hooks/hook.ts";
import { checkArgument, CleanupStack, showAsText, undoAll } from "@hookdict/tensordict";
import type { Pattern } from "../sites/pattern.ts";
import type { Site } from "../sites/site.ts";
import { checkTarget } from "../targets/resolve.ts";
import type { HookTarget } from "../targets/target.ts";
import { formatBinding } from "./format.ts";
import { bringParts } from "./part-predicate.ts";
import { isSiteList, matchSites, type Unmatched } from "./matching.ts";
import { callAll } from "../runs/runs.ts";
import { createEvents, type HookEvents } from "../hooks/events.ts";

/**
 * An owner of hooks on one model: the token by which a context's hooks are told from all others, with everything that
 * must be undone when it ends.
 */
export class Binding implements Owner {
  static {
    showAsText(this);
  }
  readonly name: string;
  readonly target: HookTarget;
  readonly isPermanent: boolean;
  readonly #parent: Binding | undefined;
  #emitter: HookEvents | undefined;
  readonly #hooked = new Set<MultiHookHandle>();
  /** Handles registered since another clean-up was added: one step undoes them, and those that end earlier leave. */
  #batch: HandleBatch | undefined;
  readonly #cleanup = new CleanupStack();
  readonly #onRunStart = new Set<{ readonly run: () => void }>();
  readonly #onRunEnd: (() => void)[] = [];
  readonly #onSleep = new Set<() => void>();
  #disabled = 0;
  #disposed = false;
  readonly #describe: () => string;

  /**
   * @param options.describe What the owner is, in one line, for printing. Default its name.
   * @param options.isPermanent Whether its hooks belong to the model. Default `false`.
   * @param options.parent The owner whose part this one is: it ends with it, sleeps with it and shares its events.
   */
  constructor(
    target: HookTarget,
    name: string,
    options: {
      readonly describe?: () => string;
      readonly parent?: Binding | undefined;
      readonly isPermanent?: boolean;
    } = {},
  ) {
    checkTarget("Binding", target);
    checkArgument("Binding", "name", name, "text");
    checkArgument("Binding", "options", options, "a record");
    const { describe = () => name, parent, isPermanent = false } = options;
    this.isPermanent = isPermanent;
    this.target = target;
    this.name = name;
    this.#describe = describe;
    this.#parent = parent;
    target.attach(this);
    this.#cleanup.defer(() => target.detach(this));
    parent?.defer(() => this.dispose());
    if (parent !== undefined) this.#cleanup.defer(parent.onSleep(() => callAll(this.#onSleep)));
  }

  get isEnabled(): boolean {
    return this.#disabled === 0 && (this.#parent === undefined || this.#parent.isEnabled);
  }

  /** Present once somebody has asked for {@link Binding.events}. */
  get emitter(): HookEvents | undefined {
    return this.#parent === undefined ? this.#emitter : this.#parent.emitter;
  }

  get isDisposed(): boolean {
    return this.#disposed;
  }

  get events(): HookEvents {
    if (this.#parent !== undefined) return this.#parent.events;
    this.target.isHeard = true;
    return (this.#emitter ??= createEvents());
  }

  /** @throws LifetimeError `CONTEXT_DISPOSED` */
  assertLive(action: string): void {
    if (this.#disposed) throw contextDisposed(this.name, action);
  }

  /**
   * The sites that a pattern matches, in the model's order.
   *
   * @throws MatchError `PATTERN_UNMATCHED` when it matches none, or when a glob or predicate of a list matches none, with the nearest names, unless `unmatched` says otherwise.
   */
  sites(pattern: Pattern, unmatched: Unmatched = "error"): readonly Site[] {
    bringParts(this, pattern);
    const { matched, dead } = matchSites(this.target, pattern, unmatched);
    if (dead.length > 0) this.emitter?.emit("unmatched", { context: this.name, patterns: dead });
    return matched;
  }

  /**
   * Registers a hook at sites, or at every site that a pattern matches.
   *
   * @typeParam V What the hook expects: a `Tensor`, unless the function says otherwise.
   *
   * @throws MatchError, UsageError `DIRECTION_UNKNOWN`, `STOP_BACKWARD`; LifetimeError after the end.
   */
  hook<V = Tensor>(
    where: Pattern | { readonly sites: readonly Site[] },
    direction: Direction,
    hook: Hook<V> | HookFunction<V>,
    unmatched: Unmatched = "error",
  ): MultiHookHandle {
    this.assertLive("hook");
    if (!isDirection(direction)) throw unknownDirection(direction, DIRECTIONS);
    const whole: Hook<V> = typeof hook === "function" ? { run: hook } : checkHook(hook);
    if (whole.kind === "stop" && chainOf(direction).startsWith("bwd")) throw stopBackward(direction);
    const sites = isSiteList(where) ? where.sites : this.sites(where, unmatched);
    const terms = new HookTerms(this, direction, whole);
    const handle: RegisteredHandle = new RegisteredHandle(
      this.#register(terms, sites, "hook"),
      (pattern, present) => this.#move(terms, present, this.sites(pattern, unmatched)),
      () => {
        this.#hooked.delete(handle);
        batch.handles.delete(handle);
        if (batch.handles.size === 0 && batch !== this.#batch) batch.forget();
      },
    );
    const batch = this.#currentBatch();
    batch.handles.add(handle);
    this.#hooked.add(handle);
    return handle;
  }

  /**
   * Moves every hook of this owner to the sites that a pattern matches; see `MultiHookHandle.replacePattern`.
   *
   * @throws MatchError `PATTERN_UNMATCHED`: nothing has changed then; LifetimeError after the end.
   */
  replacePattern(pattern: Pattern, unmatched: Unmatched = "error"): void {
    this.assertLive("replacePattern");
    this.sites(pattern, unmatched);
    for (const handle of this.#hooked) handle.replacePattern(pattern);
  }

  #currentBatch(): HandleBatch {
    if (this.#batch !== undefined) return this.#batch;
    const handles = new Set<MultiHookHandle>();
    const forget = this.#cleanup.defer(() => undoAll([...handles], (handle) => handle.dispose()));
    return (this.#batch = { handles, forget });
  }

  /** All or none: a listener, or a site that is gone, may throw, and a listener or a predicate may end the owner. */
  #register(terms: HookTerms, sites: readonly Site[], action: string): readonly HookEntry[] {
    const { target, emitter, name } = this;
    const entries: HookEntry[] = [];
    try {
      this.assertLive(action);
      for (const site of sites) {
        entries.push(target.add(terms, site));
        if (emitter?.emit("hook:registered", { site, direction: terms.direction, context: name }) === true)
          this.assertLive(action);
      }
      return entries;
    } catch (error) {
      for (const entry of entries.reverse()) removeEntry(entry);
      throw error;
    }
  }

  #move(terms: HookTerms, present: readonly HookEntry[], sites: readonly Site[]): readonly HookEntry[] {
    const active = present.filter(({ removed }) => !removed);
    const kept = new Map(active.map((entry) => [entry.site.path, entry]));
    const added = this.#register(
      terms,
      sites.filter(({ path }) => !kept.has(path)),
      "replacePattern",
    );
    const wanted = new Set(sites.map(({ path }) => path));
    try {
      for (const [path, entry] of kept) if (!wanted.has(path)) removeEntry(entry);
    } finally {
      if (this.#disposed) undoAll(added, removeEntry);
    }
    this.assertLive("replacePattern");
    const byPath = new Map([...kept, ...added.map((entry) => [entry.site.path, entry] as const)]);
    return sites.flatMap(({ path }) => byPath.get(path) ?? []);
  }

  /** Adds a step that is undone at the end, last to first; what it returns takes the step off again. */
  defer(step: () => void): () => void {
    checkArgument("defer", "step", step, "a function");
    if (this.#batch?.handles.size === 0) this.#batch.forget();
    this.#batch = undefined;
    return this.#cleanup.defer(step);
  }

  /**
   * Runs of the model end once every forward hook on it, of all owners, has fired: `call` throws `RUN_STOPPED` then,
   * `tryCall` tells where. A site that would run again is not waited for. Runs whose gradients are recorded go on to
   * their end.
   */
  stopEarly(): void {
    this.assertLive("stopEarly");
    this.target.stopEarly(this);
  }

  /** Calls `fn` whenever a run of the model begins, until what it returns is called. */
  onRunStart(fn: () => void): () => void {
    checkArgument("onRunStart", "fn", fn, "a function");
    const added = { run: fn };
    this.#onRunStart.add(added);
    return () => void this.#onRunStart.delete(added);
  }

  /** Calls `fn` whenever a run of the model ends, also by an exception. */
  onRunEnd(fn: () => void): void {
    checkArgument("onRunEnd", "fn", fn, "a function");
    this.#onRunEnd.push(fn);
  }

  /** @internal */
  runStarted(): void {
    for (const { run } of Array.from(this.#onRunStart)) run();
    this.emitter?.emit("run:started", { context: this.name });
  }

  /** @internal */
  runFinished(outcome: { readonly error?: unknown }): void {
    callAll(this.#onRunEnd);
    if (this.emitter === undefined) return;
    const paths = "error" in outcome ? [] : this.unfired;
    if (paths.length > 0) this.emitter.emit("unfired", { context: this.name, paths });
    this.emitter.emit("run:finished", { context: this.name, ...outcome });
  }

  /** Paths of this owner's forward hooks whose site did not run in the latest run. */
  get unfired(): readonly string[] {
    const paths = new Set<string>();
    for (const { port } of this.entries) if (!port.hasRun) paths.add(port.site.path);
    return [...paths];
  }

  /** The hooks of this owner and its parts, in the order of registration. */
  get entries(): readonly HookEntry[] {
    return [...this.target.entries].filter(({ owner }) => owner.belongsTo(this));
  }

  /** Whether this is `owner`, or a part of it. */
  belongsTo(owner: Owner): boolean {
    return this === owner || (this.#parent?.belongsTo(owner) ?? false);
  }

  /** What the owner is and where its hooks are, in at most one screen. */
  toString(): string {
    return formatBinding(this.#describe(), this.isDisposed, this.entries);
  }

  /** Calls `fn` whenever this owner falls asleep or wakes, until what it returns is called. */
  onSleep(fn: () => void): () => void {
    checkArgument("onSleep", "fn", fn, "a function");
    this.#onSleep.add(fn);
    return () => void this.#onSleep.delete(fn);
  }

  /** Runs `fn` with this owner's hooks asleep; if it returns a promise, until that is settled. */
  disabled<T>(fn: () => T): T {
    checkArgument("disabled", "fn", fn, "a function");
    const wake = (): unknown => --this.#disabled === 0 && callAll(this.#onSleep);
    let isPending = false;
    if (++this.#disabled === 1) callAll(this.#onSleep);
    try {
      const result = fn();
      isPending = result instanceof Promise;
      return result instanceof Promise ? (result.finally(wake) as T) : result; // a promise of the same
    } finally {
      if (!isPending) wake();
    }
  }

  /** Undoes everything, last to first; twice is nothing. @throws the first error of a cleanup, see CleanupStack. */
  dispose(...cause: readonly [] | readonly [unknown]): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#hooked.clear(); // who holds an ended context holds no hooks
    this.#cleanup.dispose(...cause);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

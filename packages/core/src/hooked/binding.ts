import { stopBackward, unknownDirection } from "../hooks/errors.ts";
import { contextDisposed } from "../targets/errors.ts";
import { nothingMatched } from "../sites/errors.ts";
import { chainOf, type Direction, DIRECTIONS, isDirection } from "../hooks/direction.ts";
import { type HookEntry, HookTerms } from "../hooks/entry.ts";
import { type MultiHookHandle, RegisteredHandle, removeEntry } from "../hooks/handle.ts";
import type { Owner } from "../hooks/owner.ts";
import { checkHook, type Hook, type HookFunction } from "../hooks/hook.ts";
import { CleanupStack } from "@hookdict/tensordict";
import { compilePattern, type Pattern } from "../sites/pattern.ts";
import { nearestNames } from "@hookdict/tensordict";
import type { Site } from "../sites/site.ts";
import type { HookTarget } from "../targets/target.ts";
import { formatBinding } from "./format.ts";
import { createEvents, type HookEvents } from "../hooks/events.ts";

/** What to do about a pattern that matches nothing; `"warn"` emits the event `unmatched`. */
export type Unmatched = "error" | "warn" | "ignore";

/**
 * An owner of hooks on one model: the token by which a context's hooks are told from all others, with everything that
 * must be undone when it ends.
 */
export class Binding implements Owner {
  readonly name: string;
  readonly target: HookTarget;
  readonly #parent: Binding | undefined;
  #emitter: HookEvents | undefined;
  readonly #hooked = new Set<MultiHookHandle>();
  readonly #cleanup = new CleanupStack();
  readonly #onRunStart = new Set<{ readonly run: () => void }>();
  readonly #onRunEnd: (() => void)[] = [];
  #disabled = 0;
  #disposed = false;

  readonly #describe: () => string;

  /**
   * @param options.describe What the owner is, in one line, for printing. Default its name.
   * @param options.parent The owner whose part this one is: it ends with it, sleeps with it and shares its events.
   */
  constructor(
    target: HookTarget,
    name: string,
    options: { readonly describe?: () => string; readonly parent?: Binding | undefined } = {},
  ) {
    const { describe = () => name, parent } = options;
    this.target = target;
    this.name = name;
    this.#describe = describe;
    this.#parent = parent;
    target.attach(this);
    this.#cleanup.defer(() => target.detach(this));
    parent?.defer(() => this.dispose());
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
   * The sites that a pattern matches, in the model's order. In a list, every member must match a site, exclusions too:
   * one that matches nothing is misspelt.
   *
   * @throws MatchError `PATTERN_UNMATCHED` with the nearest names, unless `unmatched` says otherwise.
   */
  sites(pattern: Pattern, unmatched: Unmatched = "error"): readonly Site[] {
    const matcher = compilePattern(pattern);
    const matched = this.target.matching(matcher);
    if (unmatched === "ignore") return matched;
    const dead = matched.length === 0 ? matcher.sources : this.#deadIn(pattern, matched);
    if (dead.length === 0) return matched;
    if (unmatched === "warn") {
      this.emitter?.emit("unmatched", { context: this.name, patterns: dead });
      return matched;
    }
    const paths = this.target.sites().map((site) => site.path);
    throw nothingMatched(dead, paths.length, nearestNames(dead.join(" "), paths));
  }

  /** The members of a list that match no site: of the matched ones first, as nearly all do. */
  #deadIn(pattern: Pattern, matched: readonly Site[]): readonly string[] {
    if (!Array.isArray(pattern)) return [];
    const members = (pattern as readonly Pattern[]).flat(Infinity as 1) as readonly Pattern[]; // to the bottom
    if (members.length === 1) return [];
    return members.flatMap((member) => {
      const isExclusion = typeof member === "string" && member.startsWith("!") && !member.startsWith("!(");
      const { matches, sources } = compilePattern(isExclusion ? member.slice(1) : member);
      const isAlive = matched.some(matches) || this.target.sites().some(matches);
      return isAlive ? [] : isExclusion ? [member] : sources;
    });
  }

  /**
   * Registers a hook at sites, or at every site that a pattern matches.
   *
   * @throws MatchError, UsageError `DIRECTION_UNKNOWN`, `STOP_BACKWARD`; LifetimeError after the end.
   */
  hook(
    where: Pattern | { readonly sites: readonly Site[] },
    direction: Direction,
    hook: Hook | HookFunction,
    unmatched: Unmatched = "error",
  ): MultiHookHandle {
    this.assertLive("hook");
    if (!isDirection(direction)) throw unknownDirection(direction, DIRECTIONS);
    const whole: Hook = typeof hook === "function" ? { run: hook } : checkHook(hook);
    if (whole.kind === "stop" && chainOf(direction).startsWith("bwd")) throw stopBackward(direction);
    const sites = isSiteList(where) ? where.sites : this.sites(where, unmatched);
    const terms = new HookTerms(this, direction, whole);
    const handle: RegisteredHandle = new RegisteredHandle(
      this.#register(terms, sites),
      (pattern, present) => this.#move(terms, present, this.sites(pattern, unmatched)),
      () => {
        forget();
        this.#hooked.delete(handle);
      },
    );
    const forget = this.#cleanup.defer(() => handle.dispose());
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

  /** All or none: a listener, or a site that is gone, may throw. */
  #register(terms: HookTerms, sites: readonly Site[]): readonly HookEntry[] {
    const { target, emitter, name } = this;
    const { direction } = terms;
    const entries: HookEntry[] = [];
    try {
      sites.forEach((site) => {
        entries.push(target.add(terms, site));
        emitter?.emit("hook:registered", { site, direction, context: name });
      });
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
    );
    const wanted = new Set(sites.map(({ path }) => path));
    for (const [path, entry] of kept) if (!wanted.has(path)) removeEntry(entry);
    const byPath = new Map([...kept, ...added.map((entry) => [entry.site.path, entry] as const)]);
    return sites.flatMap(({ path }) => byPath.get(path) ?? []);
  }

  /** Adds a step that is undone at the end, last to first; what it returns takes the step off again. */
  defer(step: () => void): () => void {
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
    const added = { run: fn };
    this.#onRunStart.add(added);
    return () => void this.#onRunStart.delete(added);
  }

  /** Calls `fn` whenever a run of the model ends, also by an exception. */
  onRunEnd(fn: () => void): void {
    this.#onRunEnd.push(fn);
  }

  /** @internal */
  runStarted(): void {
    for (const { run } of [...this.#onRunStart]) run();
    this.emitter?.emit("run:started", { context: this.name });
  }

  /** @internal */
  runFinished(outcome: { readonly error?: unknown }): void {
    for (const fn of this.#onRunEnd) fn();
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

  /** Runs `fn` with this owner's hooks asleep; if it returns a promise, until that is settled. */
  disabled<T>(fn: () => T): T {
    const wake = (): void => void this.#disabled--;
    let isPending = false;
    this.#disabled++;
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
    this.#cleanup.dispose(...cause);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function isSiteList(
  where: Pattern | { readonly sites: readonly Site[] },
): where is { readonly sites: readonly Site[] } {
  return typeof where === "object" && "sites" in where;
}

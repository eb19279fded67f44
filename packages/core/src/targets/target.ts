import { tidy } from "@tensorflow/tfjs-core";
import { registerGradients } from "../gradients/register.ts";
import { HookEntry, type HookTerms } from "../hooks/entry.ts";
import type { Owner } from "../hooks/owner.ts";
import type { HookSlot } from "../hooks/slot.ts";
import type { Matcher } from "../sites/pattern.ts";
import { nextTick, owned, Runs } from "../runs/runs.ts";
import { freeingMade, tensorMark } from "@hookdict/tensordict/tensors";
import { forEachTensor, showAsText } from "@hookdict/tensordict";
import { EarlyStop } from "../hooks/early-stop.ts";
import { type HookedRuns, SitePort } from "../hooks/port.ts";
import { PartPort } from "../hooks/part-port.ts";
import type { SitePart } from "../hooks/site-part.ts";
import type { Refusal } from "../sites/site-options.ts";
import { Cover, type Coverable } from "./cover.ts";
import type { Mount } from "./mount.ts";
import { Mounts } from "./mounts.ts";
import type { Site, SiteKind } from "../sites/site.ts";
import type { StoredWeight } from "../weights/stored-weight.ts";
import type { Weight } from "../weights/weight.ts";
import { hooksRefused, siteUnknown } from "./errors.ts";
import { formatModel } from "./format.ts";

/** Anything that can be prepared: a module, a hooked module, an adapted model. */
export interface Hookable<A extends readonly unknown[] = readonly unknown[], O = unknown, M = unknown> {
  /** What hooks are registered with; the same for the same model. */
  hookTarget(): HookTarget<A, O, M>;
}

/**
 * A model under hooks: its sites, where their hooks live, and its runs. One subclass per kind of model; the same
 * model always has the same target, so that all its contexts share one count of runs.
 */
export abstract class HookTarget<A extends readonly unknown[] = readonly unknown[], O = unknown, M = unknown>
  extends Runs
  implements HookedRuns, Coverable
{
  static {
    showAsText(this, formatModel);
  }

  abstract readonly kind: SiteKind;
  /** The model itself, as its user has it. */
  abstract readonly model: M;
  /** Name for messages: the model's class or name. */
  abstract override readonly name: string;
  readonly #entries = new Set<HookEntry>();
  readonly #covers = new Set<Cover>();
  /** The latest cover that was taken off, to be put on again. */
  #spare: Cover | undefined;
  /** All hooks, where some are of covers; made when asked for. */
  #listed: ReadonlySet<HookEntry> | undefined;
  /** Present while an owner wants runs to end early. */
  early: EarlyStop | undefined;
  /** Whether somebody has asked for the events of an owner of hooks. */
  isHeard = false;
  readonly #mounts: Mounts = new Mounts();
  protected override readonly listeners: Set<Owner> = new Set();

  /** Every site of the model's own, in its order. Looked up anew: a model may have grown. */
  protected abstract ownSites(): readonly Site[];
  /** Those that a pattern matches, in the model's order. */
  protected ownMatching(matcher: Matcher): readonly Site[] {
    return this.ownSites().filter((site) => matcher.matches(site));
  }

  /** Every site, in the model's order; those that owners of hooks have added come last. */
  sites(): readonly Site[] {
    const own = this.ownSites();
    return this.#mounts.isEmpty ? own : [...own, ...this.#mounts.sites()];
  }

  /** The sites that a pattern matches, in the order of {@link HookTarget.sites}. */
  matching(matcher: Matcher): readonly Site[] {
    const own = this.ownMatching(matcher);
    return this.#mounts.isEmpty ? own : [...own, ...this.#mounts.matching(matcher)];
  }

  /**
   * Adds sites to the model; what it returns takes them off.
   *
   * @throws UsageError `MOUNT_TAKEN` where there is a site already.
   */
  mount(mount: Mount): () => void {
    return this.#mounts.add(this.name, mount, new Set(this.sites().map(({ path }) => path)));
  }

  /** The model's weights, in its order; none where they are not known, as a function's. **Ownership:** *borrows* them to you. */
  weights(): readonly Weight[] {
    return [];
  }

  /**
   * What stands at a site: a module, a layer, a `GraphPlace`; `undefined` where a function gives a value. For methods that
   * must know what a place computes. **Ownership:** borrows.
   */
  placeAt(_site: Site): unknown {
    return undefined;
  }
  /** The tensors of the checkpoint that the model comes from; none where there is no such, or it is not known. */
  storedWeights(): readonly StoredWeight[] {
    return [];
  }
  /** Runs the model. **Ownership:** borrows the arguments; the result belongs to the caller's scope. */
  abstract invoke(args: A): O;
  /** The slot at a site, installed if need be. */
  protected abstract acquire(site: Site): HookSlot;
  /** Why nobody may put a hook at a site. */
  protected abstract readonly refusal: Refusal;
  /** The first owner has come, or the last one gone: start or stop noticing runs of the whole model. */
  protected abstract watch(on: boolean): void;

  /** @throws what {@link Runs.bare} was told to throw */
  attach(owner: Owner): void {
    this.assertOpen(owner.name);
    if (this.listeners.size === 0) {
      registerGradients();
      this.watch(true);
    }
    this.listeners.add(owner);
  }

  detach(owner: Owner): void {
    if (this.early?.owners.has(owner) === true)
      this.early = EarlyStop.of([...this.early.owners].filter(([other]) => other !== owner));
    if (!this.listeners.delete(owner)) return;
    if (this.isHeard && owner.emitter !== undefined)
      this.isHeard = [...this.listeners].some(({ emitter }) => emitter !== undefined);
    if (this.listeners.size === 0) this.watch(false);
  }

  /** From the next run on, runs end once every forward hook has fired, until the owner is detached. */
  stopEarly(owner: Owner): void {
    const owners = this.early?.owners ?? new Map<Owner, number>();
    this.early = EarlyStop.of(owners.has(owner) ? owners : [...owners, [owner, nextTick()]]);
  }

  /** Whether an owner, or a part of it, wants runs to end early. */
  stopsFor(owner: Owner): boolean {
    return [...(this.early?.owners.keys() ?? [])].some((other) => other.belongsTo(owner));
  }

  /** All hooks, in the order of their registration. */
  get entries(): ReadonlySet<HookEntry> {
    if (this.#covers.size === 0) return this.#entries;
    const all = (): HookEntry[] => [...this.#entries, ...[...this.#covers].flatMap(({ entries }) => entries)];
    return (this.#listed ??= new Set(
      all()
        .filter(({ removed }) => !removed)
        .sort((a, b) => a.tick - b.tick),
    ));
  }

  add(terms: HookTerms, site: Site): HookEntry {
    const entry = this.enter(terms, site);
    this.#entries.add(entry);
    return entry;
  }

  remove(entry: HookEntry): void {
    if (entry.removed) return;
    this.#entries.delete(entry);
    this.leave(entry);
  }

  /** @internal A hook that only its cover lists. */
  enter(terms: HookTerms, site: Site): HookEntry {
    const port = this.#portAt(site);
    const { slot } = port;
    let entry: HookEntry;
    try {
      entry = new HookEntry(terms, port);
    } catch (error) {
      if (slot.isEmpty) slot.release(); // the port does not take the hook: its slot is as before
      throw error;
    }
    port.count++;
    slot.insert(entry);
    this.#listed = undefined;
    return entry;
  }

  /** @internal */
  leave(entry: HookEntry): void {
    const { port } = entry;
    const { slot } = port;
    this.#listed = undefined;
    port.count--;
    slot.remove(entry);
    if (slot.isEmpty) slot.release();
  }

  /** Puts a hook on the inputs and one on the output of each site; what it returns takes them off. */
  cover(sites: readonly Site[], input: HookTerms, output: HookTerms): () => void {
    const cover = this.#spare?.sites === sites ? this.#spare : new Cover(this, sites);
    this.#spare = undefined;
    cover.putOn(input, output);
    this.#covers.add(cover);
    this.#listed = undefined;
    return () => {
      if (!this.#covers.delete(cover)) return;
      this.#listed = undefined;
      cover.takeOff(!this.isRunning); // a run may be going through the hooks
      this.#spare = cover;
    };
  }

  /** @internal */
  park(_site: Site, _slot: HookSlot): boolean {
    return false;
  }

  /** @internal */
  unpark(_site: Site, _slot: HookSlot): boolean {
    return false;
  }

  #portAt(site: Site): SitePort {
    const hasMounts = !this.#mounts.isEmpty;
    const part = hasMounts ? this.#mounts.partAt(site) : undefined;
    const whole = part === undefined ? site : this.#whole(part);
    const slot = (hasMounts ? this.#mounts.slotAt(whole) : undefined) ?? this.#acquire(whole);
    const { ports } = slot;
    const known =
      ports.length === 0 ? undefined : ports.find((port) => port.model === this && port.part === part);
    return known ?? (part === undefined ? new SitePort(site, this, slot) : new PartPort(part, this, slot));
  }

  #acquire(site: Site): HookSlot {
    const reason = this.refusal(site);
    if (reason !== undefined) throw hooksRefused(site.path, reason);
    return this.acquire(site);
  }

  /** @throws UsageError `SITE_UNKNOWN` */
  #whole({ of }: SitePart): Site {
    const found = this.sites().find(({ path }) => path === of);
    if (found === undefined) throw siteUnknown(this.name, of);
    return found;
  }

  isHookable(site: Site): boolean {
    return this.refusal(site) === undefined;
  }

  /** @throws UsageError `HOOKS_REFUSED` where nobody may put a hook */
  assertHookable(site: Site): void {
    const reason = this.refusal(site);
    if (reason !== undefined) throw hooksRefused(site.path, reason);
  }

  protected override isInHook(): boolean {
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
      this.during(() => (output = this.#inScope(args)), args);
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
      const mark = tensorMark();
      freeingMade(() => (output = owned(this.invoke(args), mark)));
      return output as never; // any container of tensors
    });
    return output;
  }
}

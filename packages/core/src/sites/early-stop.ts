import { runStopped } from "../errors/hooks.ts";
import type { Binding } from "../hooked/binding.ts";
import type { HookEntry } from "../hooks/entry.ts";
import { isTaping } from "../tensors/reference.ts";
import type { SitePort } from "./port.ts";

/**
 * Ends a model's runs once every forward hook on it, whoever owns it, has fired: nothing that comes later is looked at.
 * While gradients are recorded a run goes on to its end: an exception would leak what TensorFlow.js has saved.
 */
export class EarlyStop {
  readonly #owners: Set<Binding>;
  /** Forward hooks of the run under way, and how many of them, from the first on, need no more waiting. */
  #waitingFor: readonly HookEntry[] = [];
  #done = 0;
  #runId = -1;

  constructor(owners: Iterable<Binding>) {
    this.#owners = new Set(owners);
  }

  /** The same for more owners, or fewer; `undefined` for none. */
  static of(owners: Iterable<Binding>): EarlyStop | undefined {
    const early = new EarlyStop(owners);
    return early.#owners.size === 0 ? undefined : early;
  }

  get owners(): ReadonlySet<Binding> {
    return this.#owners;
  }

  /**
   * Asked whenever hooks of a site are through.
   *
   * @throws LifetimeError `RUN_STOPPED` when they were the last.
   */
  check({ site, target }: SitePort): void {
    if (!target.isRunning || isTaping()) return;
    const owner = [...this.#owners].find(({ isEnabled }) => isEnabled);
    if (owner === undefined) return;
    if (this.#runId !== target.runId) {
      this.#runId = target.runId;
      this.#done = 0;
      this.#waitingFor = [...target.entries].filter(
        (entry) => entry.chain.startsWith("fwd") && target.admits(entry.tick),
      );
    }
    while (this.#done < this.#waitingFor.length && isDone(this.#waitingFor[this.#done], target.runId))
      this.#done++;
    if (this.#done === this.#waitingFor.length) throw runStopped(site, owner.name);
  }
}

function isDone(entry: HookEntry | undefined, runId: number): boolean {
  return entry === undefined || entry.removed || !entry.binding.isEnabled || entry.firedIn === runId;
}

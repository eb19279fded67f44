import { runStopped } from "./errors.ts";
import type { HookEntry } from "./entry.ts";
import type { Owner } from "./owner.ts";
import { isTaping } from "@hookdict/tensordict/tensors";
import type { SitePort } from "./port.ts";

/**
 * Ends a model's runs once every forward hook on it, whoever owns it, has fired: nothing that comes later is looked at.
 * While gradients are recorded a run goes on to its end: an exception would leak what TensorFlow.js has saved.
 */
export class EarlyStop {
  /** Since when each wants it: a run that has begun before goes on to its end. */
  readonly #owners: ReadonlyMap<Owner, number>;
  /** Forward hooks of the run under way, and how many of them, from the first on, need no more waiting. */
  #waitingFor: readonly HookEntry[] = [];
  #done = 0;
  #runId = -1;

  constructor(owners: Iterable<readonly [Owner, number]>) {
    this.#owners = new Map(owners);
  }

  /** The same for more owners, or fewer; `undefined` for none. */
  static of(owners: Iterable<readonly [Owner, number]>): EarlyStop | undefined {
    const early = new EarlyStop(owners);
    return early.#owners.size === 0 ? undefined : early;
  }

  get owners(): ReadonlyMap<Owner, number> {
    return this.#owners;
  }

  /**
   * Asked whenever hooks of a site are through.
   *
   * @throws LifetimeError `RUN_STOPPED` when they were the last.
   */
  check({ site, model }: SitePort): void {
    if (!model.isRunning || model.isBare || isTaping()) return;
    const found = [...this.#owners].find(([owner, tick]) => owner.isEnabled && model.admits(tick));
    if (found === undefined) return;
    if (this.#runId !== model.runId) {
      this.#runId = model.runId;
      this.#done = 0;
      this.#waitingFor = [...model.entries].filter(
        (entry) => entry.chain.startsWith("fwd") && model.admits(entry.tick),
      );
    }
    while (this.#done < this.#waitingFor.length && isDone(this.#waitingFor[this.#done], model.runId))
      this.#done++;
    if (this.#done === this.#waitingFor.length) throw runStopped(site, found[0].name);
  }
}

function isDone(entry: HookEntry | undefined, runId: number): boolean {
  return entry === undefined || entry.removed || !entry.owner.isEnabled || entry.firedIn === runId;
}

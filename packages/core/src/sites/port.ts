import type { HookEntry } from "../hooks/entry.ts";
import type { HookSlot } from "../hooks/slot.ts";
import type { Site } from "./site.ts";
import type { HookTarget, Place } from "./target.ts";

/** One site as one model sees it: counts how often the site ran in the model's current run. */
export class SitePort {
  readonly site: Site;
  readonly target: HookTarget;
  readonly slot: HookSlot;
  /** Hooks of all owners here; a port without any is taken off its slot. */
  entries: readonly HookEntry[] = [];
  /** Times the site ran in the run `runId`. */
  calls = 0;
  runId = -1;
  readonly #place: Place;

  constructor(site: Site, target: HookTarget, place: Place) {
    this.site = site;
    this.target = target;
    this.slot = place.slot;
    this.#place = place;
  }

  /** Takes the slot, once empty, off the model. */
  release(): void {
    this.#place.release();
  }

  /** Notes that the site runs, once more in this run. */
  enter(): void {
    const { runId } = this.target;
    if (this.runId !== runId) {
      this.runId = runId;
      this.calls = 0;
    }
    this.calls++;
    if (this.entries.some(({ binding }) => binding.emitter !== undefined)) this.#tell();
  }

  /** Tells each listener once. */
  #tell(): void {
    for (const emitter of new Set(this.entries.map(({ binding }) => binding.emitter)))
      emitter?.emit("site:ran", { site: this.site, call: this.calls - 1 });
  }

  /** Whether the site ran in the latest run of the model. */
  get hasRun(): boolean {
    return this.runId === this.target.runId;
  }
}

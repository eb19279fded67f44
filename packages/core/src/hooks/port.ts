import type { HookSlot } from "./slot.ts";
import type { Site } from "../sites/site.ts";
import type { HookTarget, Place } from "../targets/target.ts";

/**
 * One site as one model sees it: counts how often the site ran in the model's current run. Fields are declared for the
 * reason that `HookEntry` gives.
 */
export class SitePort {
  declare readonly site: Site;
  declare readonly target: HookTarget;
  declare readonly place: Place;
  /** How many hooks of all owners are here; a port without any is taken off its slot. */
  declare count: number;
  /** Times the site ran in the run `runId`. */
  declare calls: number;
  declare runId: number;

  constructor(site: Site, target: HookTarget, place: Place) {
    this.site = site;
    this.target = target;
    this.place = place;
    this.count = 0;
    this.calls = 0;
    this.runId = -1;
  }

  get slot(): HookSlot {
    return this.place.slot;
  }

  /** Notes that the site runs, once more in this run; gives how often it had run before. */
  enter(): number {
    const { runId, isBare } = this.target;
    if (isBare) return this.calls;
    if (this.runId !== runId) {
      this.runId = runId;
      this.calls = 0;
    }
    this.calls++;
    if (this.target.isHeard) this.#tell();
    return this.calls - 1;
  }

  /** Tells each listener once. */
  #tell(): void {
    const entries = this.slot.entries.filter(({ port }) => port === this);
    for (const emitter of new Set(entries.map(({ binding }) => binding.emitter)))
      emitter?.emit("site:ran", { site: this.site, call: this.calls - 1 });
  }

  /** Whether the site ran in the latest run of the model. */
  get hasRun(): boolean {
    return this.runId === this.target.runId;
  }
}

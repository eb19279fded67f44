import type { Binding } from "../hooked/binding.ts";
import type { HookSlot } from "../hooks/slot.ts";
import type { Site } from "./site.ts";
import type { HookTarget, Place } from "./target.ts";

/** One site as one model sees it: counts how often the site ran in the model's current run. */
export class SitePort {
  readonly site: Site;
  readonly target: HookTarget;
  readonly slot: HookSlot;
  /** Takes the slot, once empty, off the model. */
  readonly release: () => void;
  /** How many hooks each owner has here; a port without owners is taken off its slot. */
  readonly owners: Map<Binding, number> = new Map();
  /** Times the site ran in the run `runId`. */
  calls = 0;
  runId = -1;

  constructor(site: Site, target: HookTarget, place: Place) {
    this.site = site;
    this.target = target;
    this.slot = place.slot;
    this.release = () => place.release();
  }

  /** Notes that the site runs, once more in this run. */
  enter(): void {
    const { runId } = this.target;
    if (this.runId !== runId) {
      this.runId = runId;
      this.calls = 0;
    }
    this.calls++;
    for (const owner of this.owners.keys())
      owner.emitter?.emit("site:ran", { site: this.site, call: this.calls - 1 });
  }

  /** Whether the site ran in the latest run of the model. */
  get hasRun(): boolean {
    return this.runId === this.target.runId;
  }
}

import type { Runs } from "../runs/runs.ts";
import type { Site } from "../sites/site.ts";
import type { EarlyStop } from "./early-stop.ts";
import type { HookEntry, HookTerms } from "./entry.ts";
import type { SitePart } from "./site-part.ts";
import type { HookSlot } from "./slot.ts";

/** A model as its sites see it: its runs, and its hooks. */
export interface HookedRuns extends Runs {
  readonly entries: ReadonlySet<HookEntry>;
  /** Present while an owner wants runs to end early. */
  readonly early: EarlyStop | undefined;
  /** Whether somebody has asked for the events of an owner of hooks. */
  readonly isHeard: boolean;
  remove(entry: HookEntry): void;
}

/**
 * One site as one model sees it: counts its passes in the model's current run. Fields are declared for the reason that
 * `HookEntry` gives.
 */
export class SitePort {
  declare readonly site: Site;
  declare readonly model: HookedRuns;
  declare readonly slot: HookSlot;
  /** What of the site's values hooks see here; all where there is none. */
  declare readonly part: SitePart | undefined;
  /** How many hooks of all owners are here; a port without any is taken off its slot. */
  declare count: number;
  /** Passes of the site in the run `runId`. */
  declare passes: number;
  declare runId: number;

  constructor(site: Site, model: HookedRuns, slot: HookSlot) {
    this.site = site;
    this.model = model;
    this.slot = slot;
    this.count = 0;
    this.passes = 0;
    this.runId = -1;
  }

  /** Notes that the site runs, once more in this run of the model; gives how many passes there were before. */
  enter(): number {
    const { model } = this;
    if (!model.isRunning) return 0; // a part that is called alone is bare
    if (model.isBare) return this.passes;
    if (this.runId !== model.runId) {
      this.runId = model.runId;
      this.passes = 0;
    }
    this.passes++;
    if (model.isHeard) this.#tell();
    return this.passes - 1;
  }

  /** A hook as it stands here. */
  wrap(terms: HookTerms): HookTerms {
    return terms;
  }

  /** Tells each listener once. */
  #tell(): void {
    const entries = this.slot.entries.filter(({ port }) => port === this);
    for (const emitter of new Set(entries.map(({ owner }) => owner.emitter)))
      emitter?.emit("site:ran", { site: this.site, pass: this.passes - 1 });
  }

  /** Whether the site ran in the latest run of the model. */
  get hasRun(): boolean {
    return this.runId === this.model.runId;
  }
}

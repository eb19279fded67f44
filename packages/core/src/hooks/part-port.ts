import { conforms, describeValue } from "@hookdict/tensordict";
import type { HookTerms } from "./entry.ts";
import { partDirection, replacementMismatch } from "./errors.ts";
import { type HookedRuns, SitePort } from "./port.ts";
import type { SitePart } from "./site-part.ts";
import type { HookSlot } from "./slot.ts";

/** The port of a part: its hooks stand among those of the whole site, in order, and see the part alone. */
export class PartPort extends SitePort {
  declare readonly part: SitePart;
  /** Passes of the whole site in the run `seenIn`. */
  declare seen: number;
  declare seenIn: number;

  constructor(part: SitePart, model: HookedRuns, slot: HookSlot) {
    super(part.site, model, slot);
    this.part = part;
    this.seen = 0;
    this.seenIn = -1;
  }

  override enter(): number {
    const { passes } = this.part;
    if (passes === undefined || !this.model.isRunning || this.model.isBare) return super.enter();
    if (this.seenIn !== this.model.runId) {
      this.seenIn = this.model.runId;
      this.seen = 0;
    }
    return passes.includes(this.seen++) ? super.enter() : -1;
  }

  override wrap(terms: HookTerms): HookTerms {
    const { take, put, site, refusal } = this.part;
    const { direction, owner } = terms;
    const reason = refusal?.(direction);
    if (reason !== undefined) throw partDirection(site.path, direction, reason);
    return terms.running((value, info) => {
      const given = take(value, info);
      const left = terms.run(given, info);
      if (terms.kind !== "replace" || left === undefined || left === given)
        return terms.kind === "stop" ? left : undefined;
      if (!conforms(given, left, false))
        throw replacementMismatch({ site, owner, direction }, describeValue(given), describeValue(left));
      return put(value, left, info);
    });
  }
}

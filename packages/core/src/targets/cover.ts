import { type HookEntry, HookTerms } from "../hooks/entry.ts";
import type { HookSlot } from "../hooks/slot.ts";
import type { Site } from "../sites/site.ts";

/** What a cover asks of the model that it covers. */
export interface Coverable {
  /** Puts a hook on a site. */
  enter(terms: HookTerms, site: Site): HookEntry;
  leave(entry: HookEntry): void;
  /** Takes a slot off its place with the hooks that are in it; `false` where it has to be emptied. */
  park(site: Site, slot: HookSlot): boolean;
  /** Puts it back; `false` where there is another by now. */
  unpark(site: Site, slot: HookSlot): boolean;
}

interface Pair {
  readonly input: HookEntry;
  readonly output: HookEntry;
}

/** What parked hooks are: nobody's, so that nothing of who had them is kept. */
const VACANT = new HookTerms(
  {
    name: "nobody",
    isEnabled: false,
    isPermanent: false,
    emitter: undefined,
    belongsTo: () => false,
    runStarted: () => undefined,
    runFinished: () => undefined,
  },
  "fwd",
  { run: () => undefined },
);

/**
 * A hook on the inputs and one on the output of every site, put on and taken off as one. Who covers a model does so again
 * and again, for a run each time: a slot that holds nothing else is parked with the hooks in it, and put back as it is.
 */
export class Cover {
  readonly sites: readonly Site[];
  readonly #target: Coverable;
  /** One for each site while the cover is on; while it is off, those that are parked. */
  readonly #pairs: (Pair | undefined)[] = [];

  constructor(target: Coverable, sites: readonly Site[]) {
    this.#target = target;
    this.sites = sites;
  }

  get entries(): readonly HookEntry[] {
    return this.#pairs.flatMap((pair) => (pair === undefined ? [] : [pair.input, pair.output]));
  }

  /** All or none. @throws as registering a hook does */
  putOn(input: HookTerms, output: HookTerms): void {
    let at = 0;
    try {
      for (; at < this.sites.length; at++) this.#putOn(at, input, output);
    } catch (error) {
      this.#pairs.length = at;
      this.takeOff(false);
      throw error;
    }
  }

  #putOn(at: number, input: HookTerms, output: HookTerms): void {
    const site = this.sites[at] as Site; // in range
    const parked = this.#pairs[at];
    if (parked !== undefined && this.#target.unpark(site, parked.input.port.slot)) {
      parked.input.renew(input);
      parked.output.renew(output);
    } else
      this.#pairs[at] = { input: this.#target.enter(input, site), output: this.#target.enter(output, site) };
  }

  /** @param mayPark Whether the same sites may be covered again. */
  takeOff(mayPark: boolean): void {
    const pairs = this.#pairs;
    for (let at = pairs.length - 1; at >= 0; at--) {
      const { input, output } = pairs[at] as Pair; // the cover is on
      if (mayPark && this.#park(at, input, output)) continue;
      pairs[at] = undefined;
      for (const entry of [output, input]) if (!entry.removed) this.#target.leave(entry);
    }
  }

  #park(at: number, input: HookEntry, output: HookEntry): boolean {
    const { slot } = input.port;
    const isParked = slot.holdsOnly(input, output) && this.#target.park(this.sites[at] as Site, slot); // in range
    if (!isParked) return false;
    input.removed = output.removed = true;
    input.terms = output.terms = VACANT;
    return true;
  }
}

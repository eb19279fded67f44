import { sitesUnknown } from "./errors.ts";
import type { Site, SiteKind } from "../sites/site.ts";
import { clearSlot, slotOf, watchHolder } from "../targets/slot-holder.ts";
import { HookTarget, type Place } from "../targets/target.ts";
import { isFunctionModel } from "./brand.ts";
import type { FunctionModel, FunctionPlace } from "./function-model.ts";
import { walkPlaces } from "./walk.ts";

/** A function under hooks. */
export class FunctionTarget<A extends readonly unknown[], O> extends HookTarget<A, O, FunctionModel<A, O>> {
  readonly kind: SiteKind = "function";
  readonly model: FunctionModel<A, O>;
  /** Places by path, as of the latest look. */
  #places = new Map<string, FunctionPlace | FunctionModel>();

  constructor(model: FunctionModel<A, O>) {
    super();
    this.model = model;
  }

  get name(): string {
    return this.model.name;
  }

  /** @throws MatchError `FUNCTION_SITES_UNKNOWN` */
  override sites(): readonly Site[] {
    if (!this.model.isKnown) throw sitesUnknown(this.name);
    const found = walkPlaces(this.model as unknown as FunctionModel); // looks at places only
    this.#places = new Map(found.map(({ site, place }) => [site.path, place]));
    return found.map(({ site }) => site);
  }

  override invoke(args: A): O {
    return this.model.call(...args);
  }

  protected override acquire(site: Site): Place {
    const place = this.#places.get(site.path);
    if (place === undefined) throw new TypeError(`nothing at ${site.path}`); // sites() made the site
    const slot = slotOf(place, site.path, isFunctionModel(place));
    return { slot, release: () => clearSlot(place) };
  }

  protected override watch(on: boolean): void {
    watchHolder(this.model, slotOf(this.model, this.name, true), this, on);
  }
}

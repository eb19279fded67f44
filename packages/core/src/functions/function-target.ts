import { sitesUnknown } from "./errors.ts";
import type { HookSlot } from "../hooks/slot.ts";
import { type Refusal, refusalOf } from "../sites/site-options.ts";
import type { Site, SiteKind } from "../sites/site.ts";
import { slotOf, watchSlot } from "../targets/slot-of.ts";
import { siteUnknown } from "../targets/errors.ts";
import { HookTarget } from "../targets/target.ts";
import { isFunctionModel } from "./brand.ts";
import type { FunctionNode, FunctionPlace } from "./place.ts";
import { walkPlaces } from "./walk.ts";

/** A function model that can be called. */
interface Callable<A extends readonly unknown[], O> extends FunctionNode {
  call(...inputs: A): O;
}

/** A function under hooks. */
export class FunctionTarget<A extends readonly unknown[], O, M extends Callable<A, O>> extends HookTarget<
  A,
  O,
  M
> {
  readonly kind: SiteKind = "function";
  readonly model: M;
  protected override readonly refusal: Refusal;
  /** Places by path, as of the latest look. */
  #places = new Map<string, FunctionPlace | FunctionNode>();

  constructor(model: M, refuses?: Readonly<Record<string, string>>) {
    super();
    this.refusal = refusalOf(refuses);
    this.model = model;
  }

  get name(): string {
    return this.model.name;
  }

  /** @throws MatchError `FUNCTION_SITES_UNKNOWN` */
  protected override ownSites(): readonly Site[] {
    if (!this.model.isKnown) throw sitesUnknown(this.name);
    const found = walkPlaces(this.model);
    this.#places = new Map(found.map(({ site, place }) => [site.path, place]));
    return found.map(({ site }) => site);
  }

  override invoke(args: A): O {
    return this.model.call(...args);
  }

  protected override acquire(site: Site): HookSlot {
    const place = this.#places.get(site.path);
    if (place === undefined) throw siteUnknown(this.name, site.path);
    return slotOf(place, site.path, isFunctionModel(place));
  }

  protected override watch(on: boolean): void {
    watchSlot(slotOf(this.model, this.name, true), this, on);
  }
}

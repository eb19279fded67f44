import type { SitePart } from "../hooks/site-part.ts";
import type { HookSlot } from "../hooks/slot.ts";
import type { Matcher } from "../sites/pattern.ts";
import type { Site } from "../sites/site.ts";

/** Sites that an owner of hooks adds to a model while it lasts. */
export interface Mount {
  /** All their paths are below this one. */
  readonly path: string;
  sites(): readonly Site[];
  /** The slot at a site of its own; `undefined` for others. */
  slotAt(site: Site): HookSlot | undefined;
  /** What the site is a part of, where it has no slot of its own. */
  partAt?(site: Site): SitePart | undefined;
  /** Makes the parts that there are once a pattern names them. */
  grow(matcher: Matcher): void;
}

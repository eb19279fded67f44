import type { Site } from "../sites/site.ts";
import type { Direction } from "./direction.ts";
import type { HookInfo } from "./hook.ts";

/** A part of what passes a site, which is a site of its own to hooks: how it is taken out of a value, and put back. */
export interface SitePart {
  /** What hooks at the part are told of; its path is below that of `of`. */
  readonly site: Site;
  /** Path of the site whose values it is a part of. */
  readonly of: string;
  /** Passes of that site which are meant; others are no passes of the part. Default all. */
  readonly passes?: readonly number[] | undefined;
  /** Why the part has nothing in a direction. Default it has. */
  readonly refusal?: (direction: Direction) => string | undefined;
  /** The part of the direction's value. **Ownership:** borrows; the result belongs to the scope. */
  readonly take: (value: unknown, info: HookInfo) => unknown;
  /** The value with another part. **Ownership:** as there. */
  readonly put: (value: unknown, part: unknown, info: HookInfo) => unknown;
}

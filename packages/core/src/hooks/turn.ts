import type { Bypass } from "./bypass.ts";
import type { HookEntry } from "./entry.ts";
import type { Kwargs } from "./inputs.ts";
import type { SitePort } from "./port.ts";

/**
 * How often the site had run before in the run of each model. Noted when it begins, for it may run again inside: when a
 * hook calls the model, or a module itself.
 */
export interface Turn {
  readonly ports: readonly SitePort[];
  /** By the first port. Apart from the others, of which most places have none: every pass of every site notes it. */
  readonly pass: number;
  readonly otherPasses: readonly number[];
  /** Set by a pre hook: the body does not run. */
  bypass: Bypass | undefined;
}

/** One firing of a site's output hooks. */
export interface Firing {
  readonly turn: Turn;
  readonly inputs: readonly unknown[];
  readonly keyword: Kwargs | undefined;
  readonly mark: number;
  /** The first hook that ends the run: all others of the site run before. */
  stopper: HookEntry | undefined;
  /** Whether a second part of the chain follows. */
  isCut: boolean;
}

import type { SiteKind } from "../sites/site.ts";
import { Module } from "./module.ts";

/** Options of a {@link HookPoint}. */
export interface HookPointOptions {
  /** Names of the value's axes, outermost first, such as `["batch", "pos", "head", "dHead"]`. */
  readonly axes?: readonly string[];
}

// A point gives back the very type that it is given, which `Module.call`, typed by `this`, cannot express.
const Base: abstract new () => Omit<Module, "call" | "forward"> = Module;

/**
 * The identity, as a place for hooks on an inner activation.
 *
 * @example
 * new HookPoint().call(5); // => 5
 */
export class HookPoint extends Base {
  readonly #axes: readonly string[] | undefined;

  constructor(options: HookPointOptions = {}) {
    super();
    this.#axes = options.axes === undefined ? undefined : Object.freeze([...options.axes]);
  }

  override get axes(): readonly string[] | undefined {
    return this.#axes;
  }

  override get siteKind(): SiteKind {
    return "point";
  }

  forward<T>(value: T): T {
    return value;
  }

  call<T>(value: T): T {
    const slot = this.hookSlot;
    return slot === null ? value : (slot.run([value], identity) as T); // hooks may not change the structure
  }
}

function identity(value: unknown): unknown {
  return value;
}

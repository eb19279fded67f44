import type { RunListener } from "../runs/runs.ts";
import type { HookEvents } from "./events.ts";

/** Whose a hook is: a context, a part of one, or the model itself. */
export interface Owner extends RunListener {
  readonly name: string;
  /** Whether its hooks are awake. */
  readonly isEnabled: boolean;
  /** Whether its hooks belong to the model, and to no context. */
  readonly isPermanent: boolean;
  /** Present once somebody has asked for its events. */
  readonly emitter: HookEvents | undefined;
  /** Whether this is `owner`, or a part of it. */
  belongsTo(owner: Owner): boolean;
}

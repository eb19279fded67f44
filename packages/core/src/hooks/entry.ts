import type { Binding } from "../hooked/binding.ts";
import type { SitePort } from "../sites/port.ts";
import { type Chain, chainOf, type Direction } from "./direction.ts";
import type { Captures, Hook, HookFunction, HookInfo, HookKind, HookOrder } from "./hook.ts";

const RANK: Readonly<Record<HookOrder, number>> = { pre: 0, normal: 1, post: 2 };

/** One counter for registrations and runs: a hook takes part in the runs that began after it was registered. */
let ticks = 0;
export function nextTick(): number {
  return ++ticks;
}

/** One hook at one site. */
export class HookEntry {
  readonly binding: Binding;
  readonly port: SitePort;
  readonly direction: Direction;
  readonly chain: Chain;
  readonly run: HookFunction<unknown>;
  readonly kind: HookKind;
  readonly rank: number;
  readonly reshapes: boolean;
  readonly unfired: "error" | "ignore";
  readonly captures: Captures | undefined;
  readonly tick: number = nextTick();
  /** Set at once on removal: a hook removed during a call does not fire again. */
  removed = false;
  /** A hook that calls the model does not fire inside itself. */
  running = false;
  /** The latest run of the model in which the hook fired. */
  firedIn = -1;

  constructor(binding: Binding, port: SitePort, direction: Direction, hook: Hook) {
    this.binding = binding;
    this.port = port;
    this.direction = direction;
    this.chain = chainOf(direction);
    this.run = hook.run as HookFunction<unknown>; // a hook states the value type it expects of its sites
    this.kind = hook.kind ?? "replace";
    this.rank = RANK[hook.order ?? "normal"];
    this.reshapes = hook.reshapes ?? false;
    this.unfired = hook.unfired ?? "error";
    this.captures = hook.captures;
  }

  isLive(): boolean {
    return !this.removed && !this.running && this.binding.isEnabled && this.port.target.admits(this.tick);
  }

  info(inputs: unknown, kwargs: HookInfo["kwargs"], gradOutput: unknown, call: number): HookInfo {
    return { site: this.port.site, direction: this.direction, call, inputs, kwargs, gradOutput };
  }
}

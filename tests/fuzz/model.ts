import type { Direction, HookKind } from "@hookdict/core";
import type { TensorData } from "@hookdict/contexts";

/** What a hook of a random program does. */
export type Effect =
  /** `by · x + plus`. */
  | { readonly kind: "affine"; readonly by: number; readonly plus: number }
  /** A number in place of every float, made in the hook or, `foreign`, kept outside of the run. */
  | { readonly kind: "put"; readonly value: number; readonly isForeign: boolean }
  /** What a proxy has seen earlier in the run. */
  | { readonly kind: "copy"; readonly proxy: ModelledProxy }
  | { readonly kind: "proxy"; readonly proxy: ModelledProxy }
  | { readonly kind: "capture" }
  /** Runs the model (the part of it that runs at once), and adds the mean of what that gives. */
  | { readonly kind: "reenter" }
  /** Registers one more hook of its context, the first time. */
  | { readonly kind: "add"; readonly added: Placed }
  /** Removes the first hook of its context. */
  | { readonly kind: "remove" }
  /** Ends its context. */
  | { readonly kind: "end" }
  | { readonly kind: "stop" }
  | { readonly kind: "throw" | "misfit" | "promise" | "dead" };

/** An effect and where it is. */
export interface Placed {
  readonly pattern: string;
  readonly sites: readonly string[];
  readonly direction: Direction;
  readonly effect: Effect;
}

/** Which of a site's runs are kept. */
export type Passes = "all" | "first" | "last";

/** What is known of a context. */
export interface ModelledContext {
  isAsleep: boolean;
  hasEnded: boolean;
  /** Whether one of its cleanups throws. */
  readonly throwsAtEnd: boolean;
  readonly stopsEarly: boolean;
  readonly passes: Passes;
  readonly clears: boolean;
  readonly groups: Group[];
  readonly proxies: ModelledProxy[];
  /** Values by key. */
  readonly captures: Map<string, readonly number[]>;
  /** For a cache that is not emptied: the latest run of each site, and where this call's numbers begin. */
  readonly latest: Map<string, number>;
  readonly offsets: Map<string, number>;
}

/** One registration: a hook at some sites. */
export interface Group {
  readonly owner: ModelledContext;
  readonly direction: Direction;
  readonly rank: number;
  readonly kind: HookKind;
  readonly effect: Effect;
  readonly unfired: "error" | "ignore";
  hooks: readonly ModelledHook[];
  isDisposed: boolean;
  /** Whether the effect "add" has been had. */
  hasAdded: boolean;
}

/** A hook at one site. */
export interface ModelledHook {
  readonly group: Group;
  readonly site: string;
  readonly tick: number;
  isRemoved: boolean;
  isRunning: boolean;
}

/** What a session's `get` has seen. */
export interface ModelledProxy {
  group: Group | undefined;
  /** The latest value of each site, and how far the run was. */
  readonly seen: Map<
    string,
    { readonly value: readonly TensorData[]; readonly isTuple: boolean; readonly at: number }
  >;
  /** All values, by key. */
  readonly all: Map<string, readonly number[]>;
}

let ticks = 0;
export function nextTick(): number {
  return ++ticks;
}

export function newContext(given: Partial<ModelledContext> = {}): ModelledContext {
  return {
    isAsleep: false,
    hasEnded: false,
    throwsAtEnd: false,
    stopsEarly: false,
    passes: "all",
    clears: true,
    groups: [],
    proxies: [],
    captures: new Map(),
    latest: new Map(),
    offsets: new Map(),
    ...given,
  };
}

type NewGroup = Pick<Group, "direction" | "effect" | "kind"> & Partial<Pick<Group, "rank" | "unfired">>;

/** Notes that a hook was registered. */
export function addGroup(owner: ModelledContext, sites: readonly string[], given: NewGroup): Group {
  const group: Group = {
    rank: 1,
    unfired: "error",
    ...given,
    owner,
    hooks: [],
    isDisposed: false,
    hasAdded: false,
  };
  group.hooks = sites.map((site) => newHook(group, site));
  owner.groups.push(group);
  return group;
}

function newHook(group: Group, site: string): ModelledHook {
  return { group, site, tick: nextTick(), isRemoved: false, isRunning: false };
}

export function removeGroup(group: Group): void {
  group.isDisposed = true;
  for (const hook of group.hooks) hook.isRemoved = true;
}

/** Where both match, a hook keeps its place. */
export function moveGroup(group: Group, sites: readonly string[]): void {
  if (group.isDisposed) return;
  for (const hook of group.hooks) if (!sites.includes(hook.site)) hook.isRemoved = true;
  group.hooks = sites.map(
    (site) => group.hooks.find((hook) => hook.site === site && !hook.isRemoved) ?? newHook(group, site),
  );
}

export function isAwake({ hasEnded, isAsleep }: ModelledContext): boolean {
  return !hasEnded && !isAsleep;
}

import { hookInvalid } from "./errors.ts";
import type { Site } from "../sites/site.ts";
import type { Direction } from "./direction.ts";
import type { Kwargs } from "./inputs.ts";

/**
 * What a hook may do: *observe* (its result is ignored), *replace* (its result, unless `undefined`, becomes the
 * value) or *stop* (the run ends at this site once the site's hooks are through, unless it returns `false`).
 */
export type HookKind = "observe" | "replace" | "stop";

/** Place of a hook in its site's chain; within one place, hooks run in the order of their registration. */
export type HookOrder = "pre" | "normal" | "post";

/** What a hook is told besides the value. Made for one firing. **Ownership:** every value in it is *borrowed*. */
export interface HookInfo {
  readonly site: Site;
  readonly direction: Direction;
  /** Which pass of the site in this run of the model it is: 0, 1, 2, ... */
  readonly pass: number;
  /** Number of the step of a generation; `undefined` outside one. */
  readonly step: number | undefined;
  /** The position at which the run's first token stands: more than 0 where earlier ones come from a cache. */
  readonly firstPosition: number;
  /** The position that the first of `src` stands for: more than 0 where a window has left earlier ones behind. */
  readonly firstSource: number;
  /** Positional inputs of the site: the value itself when there is one, a tuple otherwise. */
  readonly inputs: unknown;
  /** Keyword inputs, in the `_kwargs` directions. */
  readonly kwargs: Kwargs | undefined;
  /** In `bwd`: the gradient with respect to the output, as the `bwd_pre` hooks left it. */
  readonly gradOutput: unknown;
}

/**
 * A hook: called with the value of its direction (inputs, output or gradient; see {@link Direction}) and where it is.
 * `undefined` leaves the value unchanged, in every direction.
 *
 * **Ownership:** the value is *borrowed*; keep a clone of what must outlive the call. A tensor returned belongs to the
 * run like any intermediate: it is freed with the run unless it was made outside or kept.
 */
export type HookFunction<V = never> = (value: V, info: HookInfo) => unknown;

/** What a hook keeps of the values it sees in one run: each, one of them, or something made of them. */
export type Captures = "all" | "one" | "unknown";

/** How a hook is registered. */
export interface HookOptions {
  /** Default `"replace"`. */
  readonly kind?: HookKind;
  /** Default `"normal"`. */
  readonly order?: HookOrder;
  /** The hook may return another shape or dtype. Default `false`. */
  readonly reshapes?: boolean;
  /** What the hook keeps, so that plans can tell how much that will be. Default nothing. */
  readonly captures?: Captures;
  /** What `backward` does when this backward hook never fired. Default `"error"`. */
  readonly unfired?: "error" | "ignore";
}

/** A hook function with its options, as one value. */
export interface Hook<V = never> extends HookOptions {
  readonly run: HookFunction<V>;
  /**
   * For hooks at every site that have something to do at few: whether `run` would do nothing in this pass. Asked where the
   * hook would fire in a forward pass, and far cheaper. Default never.
   */
  readonly ignores?: (site: Site, pass: number) => boolean;
}

const KINDS: readonly unknown[] = [undefined, "observe", "replace", "stop"] satisfies (
  HookKind | undefined
)[];
const ORDERS: readonly unknown[] = [undefined, "pre", "normal", "post"] satisfies (HookOrder | undefined)[];

/** Checks what plain JavaScript may give as a hook, and returns it. @throws UsageError `HOOK_INVALID` */
export function checkHook<V>(hook: Hook<V>): Hook<V> {
  const { run, kind, order, ignores } = (hook as Hook<V> | null | undefined) ?? { run: undefined };
  if (typeof run !== "function") throw hookInvalid("run", run, "a function of the value and where it is");
  if (ignores !== undefined && typeof ignores !== "function")
    throw hookInvalid("ignores", ignores, "a function of the site and its pass");
  if (!KINDS.includes(kind)) throw hookInvalid("kind", kind, 'one of "observe", "replace" and "stop"');
  if (!ORDERS.includes(order)) throw hookInvalid("order", order, 'one of "pre", "normal" and "post"');
  return hook;
}

import { CACHING, CHANGING, COMPOSED, type Member, PATCHING, STEERING, STOPPING } from "./pair-members.ts";

/** What each of two captures; `null` for one that does not. */
export type Captured = readonly [first: number | null, second: number | null];

/** What composing two factories gives. */
export interface Pair {
  readonly first: Member;
  readonly second: Member;
  readonly captured: Captured;
  /** The value that leaves `hook_mid`; `null` when the run stops there. */
  readonly result: number | null;
  /**
   * In a backward pass, which does not stop, with the square of the output as the loss: the gradient that reaches
   * `hook_first`; `null` when none does.
   */
  readonly gradient: number | null;
  /** Whether exchanging the two changes a capture, the result or the gradient. */
  readonly isOrdered: boolean;
  /** How often the model runs for both of them. */
  readonly passes: number;
}

/** Whether it matters which of two comes first. */
export type Order = "any order" | "order matters";

function pair(
  first: Member,
  second: Member,
  captured: Captured,
  result: number | null,
  gradient: number | null,
  order: Order,
): Pair {
  return { first, second, captured, result, gradient, isOrdered: order === "order matters", passes: 1 };
}

/** d(3m)²/dm */
export const grad = (m: number): number => 2 * 3 * m * 3;

/** Every shipped factory with every shipped factory. */
export const PAIRS: readonly Pair[] = [
  pair(CACHING, CACHING, [6, 6], 6, grad(6), "any order"),
  pair(CACHING, STOPPING, [6, 6], null, grad(6), "any order"),
  pair(CACHING, PATCHING, [6, null], 10, null, "order matters"),
  pair(CACHING, STEERING, [6, null], 7, grad(7), "order matters"),
  pair(CACHING, CHANGING, [6, 6], 12, 2 * grad(12), "order matters"),
  pair(CACHING, COMPOSED, [6, 6], 12, 2 * grad(12), "order matters"),
  pair(STOPPING, CACHING, [6, 6], null, grad(6), "any order"),
  pair(STOPPING, STOPPING, [6, 6], null, grad(6), "any order"),
  pair(STOPPING, PATCHING, [6, null], null, null, "order matters"),
  pair(STOPPING, STEERING, [6, null], null, grad(7), "order matters"),
  pair(STOPPING, CHANGING, [6, 6], null, 2 * grad(12), "order matters"),
  pair(STOPPING, COMPOSED, [6, 6], null, 2 * grad(12), "order matters"),
  pair(PATCHING, CACHING, [null, 10], 10, null, "order matters"),
  pair(PATCHING, STOPPING, [null, 10], null, null, "order matters"),
  pair(PATCHING, PATCHING, [null, null], 10, null, "any order"),
  pair(PATCHING, STEERING, [null, null], 11, null, "order matters"),
  pair(PATCHING, CHANGING, [null, 10], 20, null, "order matters"),
  pair(PATCHING, COMPOSED, [null, 10], 20, null, "order matters"),
  pair(STEERING, CACHING, [null, 7], 7, grad(7), "order matters"),
  pair(STEERING, STOPPING, [null, 7], null, grad(7), "order matters"),
  pair(STEERING, PATCHING, [null, null], 10, null, "order matters"),
  pair(STEERING, STEERING, [null, null], 8, grad(8), "any order"),
  pair(STEERING, CHANGING, [null, 7], 14, 2 * grad(14), "order matters"),
  pair(STEERING, COMPOSED, [null, 7], 14, 2 * grad(14), "order matters"),
  pair(CHANGING, CACHING, [6, 12], 12, 2 * grad(12), "order matters"),
  pair(CHANGING, STOPPING, [6, 12], null, 2 * grad(12), "order matters"),
  pair(CHANGING, PATCHING, [6, null], 10, null, "order matters"),
  pair(CHANGING, STEERING, [6, null], 13, 2 * grad(13), "order matters"),
  pair(CHANGING, CHANGING, [6, 12], 24, 4 * grad(24), "any order"),
  pair(CHANGING, COMPOSED, [6, 12], 24, 4 * grad(24), "order matters"),
  pair(COMPOSED, CACHING, [6, 12], 12, 2 * grad(12), "order matters"),
  pair(COMPOSED, STOPPING, [6, 12], null, 2 * grad(12), "order matters"),
  pair(COMPOSED, PATCHING, [6, null], 10, null, "order matters"),
  pair(COMPOSED, STEERING, [6, null], 13, 2 * grad(13), "order matters"),
  pair(COMPOSED, CHANGING, [6, 12], 24, 4 * grad(24), "order matters"),
  pair(COMPOSED, COMPOSED, [6, 12], 24, 4 * grad(24), "any order"),
];

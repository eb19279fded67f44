import {
  BY_5,
  CACHING,
  CHANGING,
  COMPOSED,
  DOUBLING,
  type GradientDirection,
  type GradientMember,
  GRADIENTS,
  type Member,
  PATCHING,
  STEERING,
  STOPPING,
} from "./pair-members.ts";
import { type Captured, grad, type Order } from "./pairs.ts";

/** What a backward pass gives: what each captures, and the gradient that reaches `hook_first`, if one does. */
export interface GradientOutcome {
  readonly captured: Captured;
  readonly gradient: number | null;
}

/** What composing two factories gives in a backward pass, when one of them acts on gradients, or both do. */
export interface GradientPair {
  readonly first: Member | GradientMember;
  readonly second: Member | GradientMember;
  /** By the direction of those that act on gradients; a code where the pass ends with an error. */
  readonly outcomes: Readonly<Record<GradientDirection, GradientOutcome | "BACKWARD_UNFIRED">>;
  readonly isOrdered: boolean;
  readonly passes: number;
}

type Outcome = readonly [first: number | null, second: number | null, gradient: number | null];

function gradients(
  first: Member | GradientMember,
  second: Member | GradientMember,
  before: Outcome,
  after: Outcome | "BACKWARD_UNFIRED",
  order: Order,
): GradientPair {
  const outcome = ([a, b, gradient]: Outcome): GradientOutcome => ({ captured: [a, b], gradient });
  return {
    first,
    second,
    outcomes: {
      bwd_pre: outcome(before),
      bwd: typeof after === "string" ? after : outcome(after),
    },
    isOrdered: order === "order matters",
    passes: 1,
  };
}

/** A member that does not act on gradients, before and after one that does. */
function mixed(
  member: Member,
  other: GradientMember,
  before: Outcome,
  after: Outcome | "BACKWARD_UNFIRED",
): readonly GradientPair[] {
  const exchanged = ([a, b, gradient]: Outcome): Outcome => [b, a, gradient];
  return [
    gradients(member, other, before, after, "any order"),
    gradients(
      other,
      member,
      exchanged(before),
      typeof after === "string" ? after : exchanged(after),
      "any order",
    ),
  ];
}

/** Two that act on gradients: nothing lies between the directions. */
function both(first: GradientMember, second: GradientMember, outcome: Outcome, order: Order): GradientPair {
  return gradients(first, second, outcome, outcome, order);
}

/**
 * The pairs in which one acts on gradients, or both do. What is done to the value at `hook_mid` lies between the two
 * directions: `bwd_pre` is told the gradient with respect to what leaves, `bwd` that with respect to what arrives.
 */
export const GRADIENT_PAIRS: readonly GradientPair[] = [
  ...mixed(CACHING, GRADIENTS, [6, grad(6), grad(6)], [6, grad(6), grad(6)]),
  ...mixed(CACHING, BY_5, [6, null, 5], [6, null, 5]),
  ...mixed(CACHING, DOUBLING, [6, grad(6), 2 * grad(6)], [6, grad(6), 2 * grad(6)]),
  ...mixed(STOPPING, GRADIENTS, [6, grad(6), grad(6)], [6, grad(6), grad(6)]),
  ...mixed(STOPPING, BY_5, [6, null, 5], [6, null, 5]),
  ...mixed(STOPPING, DOUBLING, [6, grad(6), 2 * grad(6)], [6, grad(6), 2 * grad(6)]),
  ...mixed(PATCHING, GRADIENTS, [null, grad(10), null], "BACKWARD_UNFIRED"),
  ...mixed(PATCHING, BY_5, [null, null, null], "BACKWARD_UNFIRED"),
  ...mixed(PATCHING, DOUBLING, [null, grad(10), null], "BACKWARD_UNFIRED"),
  ...mixed(STEERING, GRADIENTS, [null, grad(7), grad(7)], [null, grad(7), grad(7)]),
  ...mixed(STEERING, BY_5, [null, null, 5], [null, null, 5]),
  ...mixed(STEERING, DOUBLING, [null, grad(7), 2 * grad(7)], [null, grad(7), 2 * grad(7)]),
  ...mixed(CHANGING, GRADIENTS, [6, grad(12), 2 * grad(12)], [6, 2 * grad(12), 2 * grad(12)]),
  ...mixed(CHANGING, BY_5, [6, null, 2 * 5], [6, null, 5]),
  ...mixed(CHANGING, DOUBLING, [6, grad(12), 2 * 2 * grad(12)], [6, 2 * grad(12), 2 * 2 * grad(12)]),
  ...mixed(COMPOSED, GRADIENTS, [6, grad(12), 2 * grad(12)], [6, 2 * grad(12), 2 * grad(12)]),
  ...mixed(COMPOSED, BY_5, [6, null, 2 * 5], [6, null, 5]),
  ...mixed(COMPOSED, DOUBLING, [6, grad(12), 2 * 2 * grad(12)], [6, 2 * grad(12), 2 * 2 * grad(12)]),
  both(GRADIENTS, GRADIENTS, [grad(6), grad(6), grad(6)], "any order"),
  both(GRADIENTS, BY_5, [grad(6), null, 5], "order matters"),
  both(GRADIENTS, DOUBLING, [grad(6), grad(6), 2 * grad(6)], "order matters"),
  both(BY_5, GRADIENTS, [null, 5, 5], "order matters"),
  both(BY_5, BY_5, [null, null, 5], "any order"),
  both(BY_5, DOUBLING, [null, 5, 2 * 5], "order matters"),
  both(DOUBLING, GRADIENTS, [grad(6), 2 * grad(6), 2 * grad(6)], "order matters"),
  both(DOUBLING, BY_5, [grad(6), null, 5], "order matters"),
  both(DOUBLING, DOUBLING, [grad(6), 2 * grad(6), 2 * 2 * grad(6)], "any order"),
];

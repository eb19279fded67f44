import {
  GRADIENT_MEMBERS,
  type GradientDirection,
  type GradientMember,
  type Member,
  VALUE_MEMBERS,
  type ValueMember,
} from "./pair-members.ts";
import { type Captured, grad, isSameTurned, through } from "./pairs.ts";

/** What a backward pass gives: what each captures, and the gradient that reaches `hook_first`, if one does. */
export interface GradientOutcome {
  readonly captured: Captured;
  readonly gradient: number | null;
}

/** What composing two factories gives in a backward pass, when one of them acts on gradients, or both do. */
export interface GradientPair {
  readonly first: Member;
  readonly second: Member;
  /** By the direction of those that act on gradients; a code where the pass ends with an error. */
  readonly outcomes: Readonly<Record<GradientDirection, GradientOutcome | "BACKWARD_UNFIRED">>;
  readonly isOrdered: boolean;
  readonly passes: number;
}

/**
 * What comes of two in a backward pass. What is done to the value at `hook_mid` lies between the two directions: `bwd_pre`
 * is told the gradient with respect to what leaves, `bwd` that with respect to what arrives.
 */
function outcomeOf(
  direction: GradientDirection,
  pair: readonly [Member, Member],
): GradientOutcome | "BACKWARD_UNFIRED" {
  const values = pair.filter((member): member is ValueMember => !isOfGradients(member));
  const { captured, leaves, slope } = through(values);
  if (slope === 0 && direction === "bwd") return "BACKWARD_UNFIRED";
  let gradient = grad(leaves) * (direction === "bwd" ? slope : 1);
  const seen = new Map<Member, number | null>(values.map((member, i) => [member, captured[i] ?? null]));
  const told = pair.map((member) => {
    if (!isOfGradients(member)) return seen.get(member) ?? null;
    const came = gradient;
    gradient = member.gradient?.(came) ?? came;
    return member.captures ? came : null;
  });
  const upstream = direction === "bwd" ? gradient : gradient * slope;
  return {
    captured: told as unknown as Captured, // of two
    gradient: slope === 0 ? null : upstream,
  };
}

function isOfGradients(member: Member): member is GradientMember {
  return GRADIENT_MEMBERS.includes(member);
}

function pairOf(first: Member, second: Member): GradientPair {
  const both = (direction: GradientDirection): GradientPair["outcomes"][GradientDirection] =>
    outcomeOf(direction, [first, second]);
  const isOrdered = (["bwd_pre", "bwd"] as const).some((direction) => {
    const [there, back] = [both(direction), outcomeOf(direction, [second, first])];
    if (typeof there === "string" || typeof back === "string") return there !== back;
    return first !== second && !isSameTurned(there, back);
  });
  return { first, second, outcomes: { bwd_pre: both("bwd_pre"), bwd: both("bwd") }, isOrdered, passes: 1 };
}

/** The pairs in which one acts on gradients, or both do. */
export const GRADIENT_PAIRS: readonly GradientPair[] = [
  ...VALUE_MEMBERS.flatMap((member) =>
    GRADIENT_MEMBERS.flatMap((other) => [pairOf(member, other), pairOf(other, member)]),
  ),
  ...GRADIENT_MEMBERS.flatMap((first) => GRADIENT_MEMBERS.map((second) => pairOf(first, second))),
];

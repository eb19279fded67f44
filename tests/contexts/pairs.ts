import { type Member, VALUE_MEMBERS, type ValueMember } from "./pair-members.ts";

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

/** What arrives at `hook_mid`. */
const ARRIVES = 6;

/** d(3m)²/dm */
export const grad = (m: number): number => 2 * 3 * m * 3;

/** What comes of members that act on the value, one after the other. */
export function through(members: readonly ValueMember[]): {
  /** What each captures. */
  readonly captured: readonly (number | null)[];
  readonly leaves: number;
  /** Slope of what leaves by what arrives. */
  readonly slope: number;
} {
  let leaves = ARRIVES;
  let all = 1;
  const captured = members.map(({ captures, value = (m) => m, slope = 1 }) => {
    const came = leaves;
    leaves = value(came);
    all *= slope;
    return captures ? came : null;
  });
  return { captured, leaves, slope: all };
}

type Outcome = Pick<Pair, "captured" | "result" | "gradient">;

function outcomeOf(first: ValueMember, second: ValueMember): Outcome {
  const { captured, leaves, slope } = through([first, second]);
  return {
    captured: captured as unknown as Captured, // of two
    result: first.stops || second.stops ? null : leaves,
    gradient: slope === 0 ? null : slope * grad(leaves),
  };
}

/** Whether two outcomes are the same but for who captured what. */
export function isSameTurned(
  there: { readonly captured: Captured },
  back: { readonly captured: Captured },
): boolean {
  return JSON.stringify({ ...back, captured: back.captured.toReversed() }) === JSON.stringify(there);
}

/** Every shipped factory with every shipped factory. */
export const PAIRS: readonly Pair[] = VALUE_MEMBERS.flatMap((first) =>
  VALUE_MEMBERS.map((second): Pair => {
    const outcome = outcomeOf(first, second);
    // Two of one kind differ in place alone.
    const isOrdered = first !== second && !isSameTurned(outcome, outcomeOf(second, first));
    return { first, second, ...outcome, isOrdered, passes: 1 };
  }),
);

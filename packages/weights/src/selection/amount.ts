import { amountInvalid } from "../errors.ts";
import { roundHalfEven } from "./smallest.ts";

/** How many of some things: a share of them, or their number. */
export interface Amount {
  /** From 0 to 1. */
  readonly amount?: number | undefined;
  readonly count?: number | undefined;
}

/**
 * How many of `total`.
 *
 * @param isDown Whether a share is rounded down; otherwise to the nearest whole number, halves to the even one.
 * @throws UsageError `PRUNING_AMOUNT` for a count above the total.
 */
export function countOf({ amount, count }: Amount, total: number, what: string, isDown = false): number {
  if (count === undefined) {
    const share = (amount ?? 0) * total;
    return isDown ? Math.floor(share) : roundHalfEven(share);
  }
  if (count > total) throw amountInvalid(`count: ${count}`, `at most the ${total} ${what} that there are`);
  return count;
}

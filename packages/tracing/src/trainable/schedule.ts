/** A number that goes from `start` to `end` in so many steps, and stays there. */
export interface Schedule {
  readonly start: number;
  readonly end: number;
  readonly steps: number;
  /** By equal differences or equal ratios. Default `"linear"`. */
  readonly shape?: "linear" | "geometric";
}

/** The schedule's value at a step. */
export function scheduled({ start, end, steps, shape = "linear" }: Schedule, step: number): number {
  const share = steps <= 0 ? 1 : Math.min(Math.max(step / steps, 0), 1);
  return shape === "linear" ? start + (end - start) * share : start * (end / start) ** share;
}

/** When a hook runs, and what it sees. The table is in `docs/hooks.md`. */
export type Direction = "fwd" | "fwd_pre" | "bwd" | "bwd_pre" | "fwd_kwargs" | "fwd_pre_kwargs";

/** Every direction, in the order in which they happen at a site. */
export const DIRECTIONS: readonly Direction[] = Object.freeze([
  "fwd_pre",
  "fwd_pre_kwargs",
  "fwd",
  "fwd_kwargs",
  "bwd_pre",
  "bwd",
]);

/** Which of a site's four chains a direction's hooks join. */
export type Chain = "fwdPre" | "fwd" | "bwdPre" | "bwd";

const CHAINS: Readonly<Record<Direction, Chain>> = {
  fwd_pre: "fwdPre",
  fwd_pre_kwargs: "fwdPre",
  fwd: "fwd",
  fwd_kwargs: "fwd",
  bwd_pre: "bwdPre",
  bwd: "bwd",
};

export function chainOf(direction: Direction): Chain {
  return CHAINS[direction];
}

export function isDirection(value: unknown): value is Direction {
  return typeof value === "string" && Object.hasOwn(CHAINS, value);
}

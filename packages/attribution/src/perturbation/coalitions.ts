/** Up to so many features Shapley values are exact unless told otherwise: 2^10 coalitions. */
export const EXACT = 10;

/** All coalitions of some players: bit i of the index says whether player i is in. */
export function allCoalitions(players: number): boolean[][] {
  return Array.from({ length: 2 ** players }, (_, c) =>
    Array.from({ length: players }, (__, i) => ((c >> i) & 1) === 1),
  );
}

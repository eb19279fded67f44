import type { Stop } from "../stop.ts";

/** Ends a row after so many tokens. */
export function stopLength(maxNewTokens: number): Stop {
  return { name: "maxNewTokens", isEnd: (made) => made.length >= maxNewTokens };
}

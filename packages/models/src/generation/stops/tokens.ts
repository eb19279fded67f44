import type { Stop } from "../stop.ts";

/** Ends a row at one of these tokens. */
export function stopTokens(ids: readonly number[]): Stop {
  const wanted = new Set(ids);
  return { name: "stopTokens", isEnd: (made) => wanted.has(made.at(-1) ?? -1) };
}

import type { Stop } from "../stop.ts";

/** Ends a row as soon as its text has one of these strings, also across tokens. */
export function stopStrings(strings: readonly string[], decode: (ids: readonly number[]) => string): Stop {
  return {
    name: "stopStrings",
    isEnd: (made) => {
      const text = decode(made);
      return strings.some((each) => text.includes(each));
    },
  };
}

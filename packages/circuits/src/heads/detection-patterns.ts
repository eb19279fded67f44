import { optionWrong } from "../errors.ts";

/** How a kind of head attends on a sequence: 1 where it looks, by destination and source. */
export interface DetectionPattern {
  readonly name: string;
  of(ids: readonly number[]): number[][];
}

const grid = (size: number, at: (dest: number, src: number) => boolean): number[][] =>
  Array.from({ length: size }, (_, dest) =>
    Array.from({ length: size }, (__, src) => (src <= dest && at(dest, src) ? 1 : 0)),
  );

/** Heads that look at the token before. */
const previousToken: DetectionPattern = {
  name: "previousToken",
  of: (ids) => grid(ids.length, (dest, src) => src === dest - 1),
};

/** Heads that look at the same token, earlier. */
const duplicateToken: DetectionPattern = {
  name: "duplicateToken",
  of: (ids) => grid(ids.length, (dest, src) => src !== dest && ids[src] === ids[dest]),
};

/** Heads that look at what followed the same token, earlier (Olsson et al. 2022). */
const induction: DetectionPattern = {
  name: "induction",
  of: (ids) => grid(ids.length, (dest, src) => src > 0 && src - 1 !== dest && ids[src - 1] === ids[dest]),
};

/** The kinds of heads that are known. */
export const DETECTION_PATTERNS: readonly DetectionPattern[] = [previousToken, duplicateToken, induction];

/** A pattern by its name. @throws UsageError `CIRCUIT_OPTION` */
export function detectionPattern(name: string, ids: readonly number[]): number[][] {
  const found = DETECTION_PATTERNS.find((each) => each.name === name);
  if (found !== undefined) return found.of(ids);
  const names = DETECTION_PATTERNS.map((each) => `"${each.name}"`).join(", ");
  throw optionWrong("detectHeads", "pattern", name, `${names}, or a pattern [dest, src]`);
}

import { type Aligned, sliceAligned } from "./aligned.ts";

/** What becomes of what a pattern finds, as Hugging Face's tokenizers call it. */
export type Behavior = "Removed" | "Isolated" | "Contiguous" | "MergedWithPrevious" | "MergedWithNext";

/** A stretch of a text, found or between two that were. */
interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly isFound: boolean;
}

/** @throws TypeError for what is no behaviour */
export function behaviorOf(value: unknown): Behavior {
  if (typeof value !== "string" || !Object.hasOwn(JOINS, value))
    throw new TypeError(
      `"behavior" is ${JSON.stringify(value)}, not one of ${Object.keys(JOINS).join(", ")}`,
    );
  return value as Behavior; // just checked
}

/** Cuts a text where a pattern finds something, or, inverted, where it does not. Empty pieces are left out. */
export function splitAligned(
  from: Aligned,
  pattern: RegExp,
  behavior: Behavior,
  isInverted = false,
): Aligned[] {
  const stretches = stretchesOf(from.text, pattern, isInverted);
  return JOINS[behavior](stretches)
    .filter(({ start, end }) => end > start)
    .map(({ start, end }) => sliceAligned(from, start, end));
}

function stretchesOf(text: string, pattern: RegExp, isInverted: boolean): Stretch[] {
  const stretches: Stretch[] = [];
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    const end = match.index + match[0].length;
    if (match.index > at) stretches.push({ start: at, end: match.index, isFound: isInverted });
    if (end > match.index) stretches.push({ start: match.index, end, isFound: !isInverted });
    at = end;
  }
  if (at < text.length) stretches.push({ start: at, end: text.length, isFound: isInverted });
  return stretches;
}

const JOINS: Readonly<Record<Behavior, (stretches: readonly Stretch[]) => readonly Stretch[]>> = {
  Removed: (stretches) => stretches.filter(({ isFound }) => !isFound),
  Isolated: (stretches) => stretches,
  Contiguous: (stretches) => merged(stretches, (last, next) => last.isFound === next.isFound),
  MergedWithPrevious: (stretches) => merged(stretches, (last, next) => next.isFound && !last.isFound),
  MergedWithNext: (stretches) => merged(stretches, (last, next) => last.isFound && !next.isFound),
};

/** Puts neighbours together: `belongs` is asked of the stretch just before and the next one. */
function merged(
  stretches: readonly Stretch[],
  belongs: (last: Stretch, next: Stretch) => boolean,
): readonly Stretch[] {
  const out: Stretch[] = [];
  let last: Stretch | undefined;
  for (const next of stretches) {
    const whole = out.at(-1);
    if (last !== undefined && whole !== undefined && belongs(last, next))
      out[out.length - 1] = { ...whole, end: next.end };
    else out.push(next);
    last = next;
  }
  return out;
}

import { badPattern } from "./errors.ts";
import { compilePattern, type Pattern } from "./pattern.ts";
import type { Site } from "./site.ts";

/** The last item, or a slice: `blocks[-1]`, `blocks[-2:]`, `blocks[::2]`. `[12]` is a class of characters, as in any glob. */
const INDEX = /^(.+?)\[(-\d+|-?\d*:-?\d*(?::-?\d*)?)\](?:[./](.+))?$/;

/**
 * The pattern with its indexed paths in place of globs: `blocks[-1]` is the last of the numbered parts of `blocks`,
 * `blocks[1:-1]` all but the first and the last, `blocks[::2]` every other, as in Python.
 *
 * @param sites Asked for only where the pattern has such a path.
 * @throws UsageError `PATTERN_INVALID` for a step of 0.
 */
export function resolveIndices(pattern: Pattern, sites: () => readonly Site[]): Pattern {
  if (typeof pattern === "string") return INDEX.test(pattern) ? resolve(pattern, pattern, sites()) : pattern;
  if (!Array.isArray(pattern)) return pattern;
  return (pattern as readonly Pattern[]).map((part) => resolveIndices(part, sites)); // Array.isArray loses the type
}

function resolve(glob: string, source: string, sites: readonly Site[]): Pattern {
  const found = INDEX.exec(glob);
  if (found === null) return glob;
  const [, written = "", index = "", rest] = found;
  const isExcluding = written.startsWith("!") && !written.startsWith("!(");
  const parent = isExcluding ? written.slice(1) : written;
  const paths = numbered(parent, sites).flatMap(([path, numbers]) =>
    pick(numbers, index, source).map((n) => `${path}.${n}`),
  );
  // Nothing there: the text itself, which matches nothing either, is what the error shall name.
  if (paths.length === 0) return glob;
  const inner = paths.map((path) => (rest === undefined ? path : `${path}.${rest}`));
  return inner.map((path) => resolve(isExcluding ? `!${path}` : path, source, sites));
}

/** The parts that a glob names and that have numbered parts, each with its numbers in order. */
function numbered(parent: string, sites: readonly Site[]): readonly (readonly [string, readonly number[]])[] {
  const { matches } = compilePattern(parent);
  const found = new Map<string, Set<number>>();
  for (const site of sites) {
    for (const [i, segment] of site.segments.entries()) {
      if (i === 0 || !/^\d+$/.test(segment)) continue;
      const segments = site.segments.slice(0, i);
      const path = segments.join(".");
      const numbers = found.get(path) ?? new Set();
      found.set(path, numbers.add(Number(segment)));
    }
  }
  return [...found]
    .filter(([path]) => matches({ path, segments: path.split("."), kind: "module", type: "" }))
    .map(([path, numbers]) => [path, [...numbers].sort((a, b) => a - b)] as const);
}

function pick(numbers: readonly number[], index: string, source: string): readonly number[] {
  const { length } = numbers;
  if (!index.includes(":")) return numbers.slice(Number(index)).slice(0, -Number(index) <= length ? 1 : 0);
  const [start, end, stride] = index.split(":").map((part) => (part === "" ? undefined : Number(part)));
  const step = stride ?? 1;
  if (step === 0) throw badPattern(source, "a slice has the step 0");
  const last = step > 0 ? length : length - 1;
  const least = step > 0 ? 0 : -1;
  const bound = (value: number): number =>
    Math.min(last, Math.max(least, value < 0 ? value + length : value));
  const [from, to] = [
    bound(start ?? (step > 0 ? 0 : length - 1)),
    end === undefined ? (step > 0 ? length : -1) : bound(end),
  ];
  const picked: number[] = [];
  for (let i = from; step > 0 ? i < to : i > to; i += step) picked.push(numbers[i] as number); // within bounds
  return picked;
}

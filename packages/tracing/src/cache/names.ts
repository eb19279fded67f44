type Segments = readonly string[];

/** Other names for sequences of segments. */
export class CacheNames {
  readonly #renames: readonly (readonly [Segments, Segments])[];
  /** Names and what they stand for. */
  readonly #all: readonly (readonly [Segments, Segments])[];

  constructor(rename: Readonly<Record<string, string>> = {}, alias: Readonly<Record<string, string>> = {}) {
    this.#renames = pairsOf(rename);
    this.#all = [...this.#renames, ...pairsOf(alias)]
      .map(([from, to]) => [to, from] as const)
      .sort(([a], [b]) => b.length - a.length);
  }

  /** The name that a path goes by. */
  shown(path: string): string {
    return replaced(path.split("."), this.#renames).join(".");
  }

  /** The model's own path for a name. */
  original(name: string): string {
    return replaced(name.split("."), this.#all).join(".");
  }
}

function pairsOf(names: Readonly<Record<string, string>>): readonly (readonly [Segments, Segments])[] {
  return Object.entries(names)
    .map(([from, to]) => [from.split("."), to.split(".")] as const)
    .sort(([a], [b]) => b.length - a.length);
}

/** Each place takes the first pair that fits, so the longest; what was put in is not looked at again. */
function replaced(segments: Segments, pairs: readonly (readonly [Segments, Segments])[]): Segments {
  const result: string[] = [];
  for (let at = 0; at < segments.length;) {
    const found = pairs.find(([from]) => from.every((segment, i) => segments[at + i] === segment));
    result.push(...(found?.[1] ?? segments.slice(at, at + 1)));
    at += found?.[0].length ?? 1;
  }
  return result;
}

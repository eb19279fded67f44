import { braceExpand, Minimatch } from "minimatch";
import { badPattern } from "./errors.ts";
import type { Site } from "./site.ts";

/** A function that picks sites. */
export type SitePredicate = (site: Site) => boolean;

/**
 * Picks sites: a glob over paths, a predicate, or a list of these.
 *
 * A glob works on whole segments: `*` is one segment or a part of one, `**` any number of segments (at the end one or
 * more), `{a,b}` and `{0..3}` alternatives, `[ab]` a class, `!(a|b)` anything else in one segment. A string that starts
 * with `!` (and not `!(`) excludes: a list matches what some member includes and no member excludes, and a list of
 * exclusions alone starts from everything.
 */
export type Pattern = string | SitePredicate | readonly Pattern[];

/** A compiled {@link Pattern}. */
export interface Matcher {
  /** The pattern's globs as written; a predicate shows by its name, or as `(predicate)`. */
  readonly sources: readonly string[];
  readonly matches: (site: Site) => boolean;
  /** Those of a list's globs and predicates that match none of the sites, exclusions among them. */
  readonly unmatched: (sites: () => readonly Site[], matched: readonly Site[]) => readonly string[];
  /** The last segments that a matched path, or the alias that is matched, may have; absent when it may have any. */
  readonly endings?: ReadonlySet<string>;
  /** Present when every path with one of the endings is matched. */
  readonly isEndingEnough?: true;
}

/** A compiled glob, or a predicate. */
interface Part {
  readonly matches: SitePredicate;
  readonly endings: readonly string[] | undefined;
  readonly isEndingEnough: boolean;
}

const OPTIONS = { dot: true, nocomment: true, nonegate: true, nobrace: true, platform: "linux" } as const;
const UNIT = /\[\d+\]$/;
const MAGIC = /[*?[\]()!+@\\]/;
/** Compiled globs by source: patterns repeat, and compiling costs far more than matching. */
const compiled = new Map<string, Part>();
const MOST_COMPILED = 500;
/** Of a glob: characters, and alternatives in braces. */
const MOST = 10_000;

/**
 * Compiles a pattern once; globs are cached by their text.
 *
 * @throws UsageError `PATTERN_INVALID` for an empty list, an empty glob or segment, or another type.
 * @example
 * compilePattern("blocks.{0..1}.**").matches({ path: "blocks.1.mlp", segments: ["blocks", "1", "mlp"], kind: "module", type: "MLP" }); // => true
 */
export function compilePattern(pattern: Pattern): Matcher {
  const includes: Part[] = [];
  const excludes: Part[] = [];
  const members: Member[] = [];
  for (const item of patternMembers(pattern)) {
    const excluding = typeof item === "string" && isExclusion(item);
    const part =
      typeof item === "function" ? partOf(item) : compileGlob(excluding ? item.slice(1) : item, item);
    (excluding ? excludes : includes).push(part);
    members.push({ source: sourceOf(item), part });
  }
  const sources = members.map(({ source }) => source);
  const endings = endingsOf(includes);
  return {
    sources: Object.freeze(sources),
    matches: combine(
      includes.map(({ matches }) => matches),
      excludes.map(({ matches }) => matches),
    ),
    unmatched: (sites, matched) =>
      members
        .filter(({ part }) => !matched.some(part.matches))
        .filter(({ part }) => !sites().some(part.matches))
        .map(({ source }) => source),
    ...(endings === undefined ? {} : { endings: new Set(endings) }),
    ...(excludes.length === 0 && areEndingsEnough(includes) ? { isEndingEnough: true } : {}),
  };
}

/** One glob or predicate of a list, as it is written. */
interface Member {
  readonly source: string;
  readonly part: Part;
}

function partOf(predicate: SitePredicate): Part {
  const matches = (site: Site): boolean => {
    const answer: unknown = predicate(site);
    // A promise would pick every site, whatever comes of it.
    if (answer instanceof Promise) {
      answer.catch(() => undefined); // it is refused here
      throw badPattern(sourceOf(predicate), `it gave a promise for ${site.path}`);
    }
    return Boolean(answer);
  };
  return { matches, endings: undefined, isEndingEnough: false };
}

function sourceOf(item: string | SitePredicate): string {
  if (typeof item === "string") return item;
  return item.name === "" ? "(predicate)" : item.name;
}

/** Those of any of the parts; `undefined` when one of them matches paths of any ending. */
function endingsOf(parts: readonly Part[]): readonly string[] | undefined {
  if (parts.length === 0) return undefined;
  const endings = parts.map((part) => part.endings);
  return endings.every((some) => some !== undefined) ? endings.flat() : undefined;
}

function areEndingsEnough(parts: readonly Part[]): boolean {
  return parts.length > 0 && parts.every(({ isEndingEnough }) => isEndingEnough);
}

function combine(includes: readonly SitePredicate[], excludes: readonly SitePredicate[]): SitePredicate {
  const [only] = includes;
  if (includes.length === 1 && excludes.length === 0 && only !== undefined) return only;
  return (site) =>
    (includes.length === 0 || includes.some((matches) => matches(site))) &&
    !excludes.some((matches) => matches(site));
}

/** Deeper lists are of nobody's writing; one that holds itself has no end. */
const DEEPEST = 100;

/** The globs and predicates of a pattern: lists of lists mean the same. @throws UsageError `PATTERN_INVALID` */
export function patternMembers(pattern: Pattern): readonly (string | SitePredicate)[] {
  return flatten(pattern, 0);
}

function flatten(pattern: Pattern, depth: number): readonly (string | SitePredicate)[] {
  if (typeof pattern === "string" || typeof pattern === "function") return [pattern];
  if (!Array.isArray(pattern))
    throw badPattern(pattern, "it is neither a string, nor a function, nor a list");
  if (pattern.length === 0) throw badPattern(pattern, "the list is empty");
  if (depth > DEEPEST) throw badPattern("a list", `it is nested deeper than ${DEEPEST}, or holds itself`);
  return (pattern as readonly Pattern[]).flatMap((item) => flatten(item, depth + 1)); // Array.isArray loses the readonly element type
}

function isExclusion(glob: string): boolean {
  return glob.startsWith("!") && !glob.startsWith("!(");
}

function compileGlob(glob: string, source: string): Part {
  const known = compiled.get(glob);
  if (known !== undefined) return known;
  const alternatives = expand(glob, source).map((alternative) => compileAlternative(alternative, source));
  const [first] = alternatives;
  const part: Part =
    alternatives.length === 1 && first !== undefined
      ? first
      : {
          matches: (site) => alternatives.some(({ matches }) => matches(site)),
          endings: endingsOf(alternatives),
          isEndingEnough: areEndingsEnough(alternatives),
        };
  if (compiled.size >= MOST_COMPILED) compiled.clear();
  compiled.set(glob, part);
  return part;
}

/** Braces first: the dots of `{0..3}` are not separators. */
function expand(glob: string, source: string): readonly string[] {
  if (glob.length > MOST) throw badPattern(source, `it is ${glob.length} characters long, more than ${MOST}`);
  const alternatives = braceExpand(glob, { braceExpandMax: MOST + 1 });
  if (alternatives.length > MOST)
    throw badPattern(source, `its braces stand for more than ${MOST} alternatives`);
  return alternatives;
}

function compileAlternative(glob: string, source: string): Part {
  const segments = splitGlob(glob);
  if (segments.includes("")) throw badPattern(source, "it has an empty segment");
  const last = segments.at(-1) ?? "";
  const test = UNIT.test(last) ? unitTest(segments, last) : pathTest(segments);
  return {
    matches: (site) => test(site.path) || (site.aliases?.some(test) ?? false),
    endings: MAGIC.test(last) ? undefined : [last],
    isEndingEnough: segments.length === 2 && segments[0] === "**" && !MAGIC.test(last),
  };
}

/** The cheapest test that means what the glob means: most globs are a whole path, or `**` and a literal ending. */
function pathTest(segments: readonly string[]): (path: string) => boolean {
  const [first, ...rest] = segments;
  const magicIn = (parts: readonly string[]): boolean => parts.some((part) => MAGIC.test(part));
  const wanted = segments.join(".");
  if (!magicIn(segments)) return (path) => path === wanted;
  if (first === "**" && rest.length > 0 && !magicIn(rest)) {
    const ending = rest.join(".");
    return (path) => path.endsWith(ending) && (path.length === ending.length || path.endsWith(`.${ending}`));
  }
  const glob = new Minimatch(segments.join("/"), OPTIONS);
  return (path) => glob.match(path.replaceAll(".", "/"));
}

/** `[17]` at the end is a class of characters, and the name of a unit, such as `features[17]`, as it stands. */
function unitTest(segments: readonly string[], last: string): (path: string) => boolean {
  const escaped = last.replace(UNIT, (index) => `\\${index.slice(0, -1)}\\]`);
  const [asClass, asName] = [pathTest(segments), pathTest([...segments.slice(0, -1), escaped])];
  return (path) => asName(path) || asClass(path);
}

/** Splits at dots and slashes that are not inside `[...]` or `(...)`, where they are part of one segment's glob. */
function splitGlob(glob: string): readonly string[] {
  const segments: string[] = [];
  let current = "";
  let depth = 0;
  for (let i = 0; i < glob.length; i++) {
    const character = glob.charAt(i);
    if (character === "\\") current += character + glob.charAt(++i);
    else if (depth === 0 && (character === "." || character === "/")) {
      segments.push(current);
      current = "";
    } else {
      if (character === "(" || character === "[") depth++;
      else if ((character === ")" || character === "]") && depth > 0) depth--;
      current += character;
    }
  }
  return [...segments, current];
}

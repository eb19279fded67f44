import { Minimatch } from "minimatch";
import { selectUnmatched } from "./errors.ts";
import { type Key, keyPath, namesOf } from "./keys.ts";
import { optionsOf } from "./options.ts";
import { DictNode, isNode, type NodeValue } from "./node.ts";
import { cloneNode } from "./lifetime.ts";

/** Options of `select` and `exclude`. */
export interface PickOptions {
  /** Whether a key or pattern that matches nothing is an error. Default `true`. */
  readonly strict?: boolean;
}

/** What a key or pattern says about a path: it is meant, something below it may be, or nothing is. */
type Verdict = "whole" | "inside" | "no";

type Segment = (name: string) => boolean;

/**
 * The part of a tree that keys and patterns name (`keep`), or all the rest; leaves are shared, the order is the
 * tree's.
 */
export function pickNode(
  root: DictNode,
  keys: readonly Key[],
  keep: boolean,
  options: PickOptions,
): DictNode {
  const patterns = keys.map((key) => compileKey(root, keyPath(key)));
  if (optionsOf("select", options).strict !== false) {
    const unmatched = keys.filter((_, i) => !matchesAny(root, patterns[i] ?? []));
    if (unmatched[0] !== undefined) throw selectUnmatched(keyPath(unmatched[0]), [...namesOf(root)]);
  }
  return copyPicked(root, patterns, keep);
}

/** One matcher per nesting level; `undefined` is `**`: any number of levels. */
type KeyPattern = readonly (Segment | undefined)[];

/** A key that is there means itself, whatever characters it has; only another is read as a pattern. */
function compileKey(root: DictNode, path: readonly string[]): KeyPattern {
  const exact = exists(root, path);
  return path.map((name) => (exact ? (other) => other === name : compileName(name)));
}

function exists(root: DictNode, path: readonly string[]): boolean {
  let value: NodeValue | undefined = root;
  for (const name of path) value = value !== undefined && isNode(value) ? value.leaves.get(name) : undefined;
  return value !== undefined;
}

const OPTIONS = { dot: true, nocomment: true, nonegate: true, platform: "linux" } as const;

/** A glob over one name, whose dots separate segments as in paths of sites: `blocks.*.hook_q` has three. */
function compileName(name: string): Segment | undefined {
  if (name === "**") return undefined;
  const glob = new Minimatch(
    name.replaceAll("..", "\u0000").replaceAll(".", "/").replaceAll("\u0000", ".."),
    OPTIONS,
  );
  return (other) => other === name || glob.match(other.replaceAll(".", "/"));
}

function judge(pattern: KeyPattern, path: readonly string[]): Verdict {
  const [first, ...rest] = pattern;
  if (pattern.length === 0) return "whole";
  if (first === undefined) return judgeAnyDepth(rest, path);
  const [name, ...below] = path;
  if (name === undefined) return "inside";
  return first(name) ? judge(rest, below) : "no";
}

function judgeAnyDepth(rest: KeyPattern, path: readonly string[]): Verdict {
  if (rest.length === 0) return path.length > 0 ? "whole" : "inside";
  for (let skip = 0; skip < path.length; skip++)
    if (judge(rest, path.slice(skip)) === "whole") return "whole";
  return "inside";
}

function matchesAny(root: DictNode, pattern: KeyPattern): boolean {
  for (const path of namesOf(root)) if (judge(pattern, path) === "whole") return true;
  return false;
}

function copyPicked(root: DictNode, patterns: readonly KeyPattern[], keep: boolean): DictNode {
  const copyLevel = (node: DictNode, prefix: readonly string[]): DictNode => {
    const copy = new DictNode(node.batchSize);
    for (const [name, value] of node.leaves) {
      const verdict = verdictOf(patterns, [...prefix, name]);
      if (verdict === "whole" ? keep : !keep && (verdict === "no" || !isNode(value)))
        copy.leaves.set(name, value);
      else if (verdict === "inside" && isNode(value)) {
        const part = copyLevel(value, [...prefix, name]);
        if (!keep || part.leaves.size > 0) copy.leaves.set(name, part);
      }
    }
    return copy;
  };
  return cloneNode(copyLevel(root, []));
}

function verdictOf(patterns: readonly KeyPattern[], path: readonly string[]): Verdict {
  let best: Verdict = "no";
  for (const pattern of patterns) {
    const verdict = judge(pattern, path);
    if (verdict === "whole") return verdict;
    if (verdict === "inside") best = verdict;
  }
  return best;
}

import { type AxisSlice, option, type Option, optionInvalid } from "@hookdict/contexts";
import type { HookInfo, Site } from "@hookdict/core";
import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import { attentionSite, indexAbsent, layersAbsent, layersSeveral } from "./errors.ts";

/** One whole number, several, a range `{ start, end, step }` without its end, or all that there are. Negative ones count from the end. */
export type Some = AxisSlice | "all";

/** Which edges of attention are meant, as plain data. */
export interface AttentionEdges {
  /** Numbers in the sites' paths. Default `"all"`. */
  readonly layers?: Some;
  /** Default `"all"`. */
  readonly heads?: Some;
  /** Positions that look. Default `"all"`. */
  readonly from?: Some;
  /** Positions that are looked at. Default `"all"`. */
  readonly to?: Some;
  /** Pairs of these, in place of `from` and `to`: `[[5, 2], [7, "all"]]` is 2 seen from 5, and all that 7 sees. */
  readonly edges?: readonly (readonly [from: Some, to: Some])[];
}

/** The same but for the layers, as options hold it. */
export type Chosen = {
  readonly [K in Exclude<keyof AttentionEdges, "layers">]?: AttentionEdges[K] | undefined;
};

const WANTED = 'a whole number, a list of them, a range { start, end, step } or "all"';
const some: Option<Some, "optional"> = option.of<Some>(WANTED, isSome);

/** The options that choose edges. */
export const EDGES: {
  readonly layers: Option<Some, "default">;
  readonly heads: Option<Some, "default">;
  readonly from: typeof some;
  readonly to: typeof some;
  readonly edges: Option<NonNullable<AttentionEdges["edges"]>, "optional">;
} = {
  layers: some.default("all"),
  heads: some.default("all"),
  from: some,
  to: some,
  edges: option.of<NonNullable<AttentionEdges["edges"]>>(
    `a list of pairs [from, to], each ${WANTED}`,
    (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isSome)),
  ),
};

function isSome(value: unknown): boolean {
  if (value === "all" || Number.isInteger(value)) return true;
  if (Array.isArray(value)) return value.length > 0 && value.every(Number.isInteger);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).every(
    ([name, edge]) =>
      ["start", "end", "step"].includes(name) && Number.isInteger(edge) && (name !== "step" || edge > 0),
  );
}

/** The indices that are meant, as they are given; a range's from 0 on. */
function listed(wanted: AxisSlice, size: number): readonly number[] {
  if (typeof wanted === "number") return [wanted];
  if (!("length" in wanted)) {
    const { start = 0, end = size, step = 1 } = wanted;
    const [from, to] = [start, end].map((edge) => (edge < 0 ? edge + size : edge)) as [number, number]; // one for each
    return Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, i) => from + i * step);
  }
  return wanted;
}

/** @throws UsageError `OPTION_INVALID` where edges are given in both ways: one of them would be left out. */
export function checkEdges(owner: string, { from, to, edges }: Chosen): void {
  if (edges !== undefined && (from !== undefined || to !== undefined))
    throw optionInvalid(
      owner,
      "edges",
      edges,
      "edges alone, or from and to alone: a pair may hold lists and all",
    );
}

/**
 * The sites of the layers that are meant, by the number in their paths.
 *
 * @throws UsageError `LAYERS_ABSENT`, `LAYERS_SEVERAL`, `ATTENTION_SITE`
 */
export function sitesOfLayers(
  owner: string,
  sites: readonly Site[],
  layers: Some,
  wanted: "scores" | "patterns",
): readonly Site[] {
  // Both have the same axes: what TransformerLens's name says they are counts, too.
  const other = wanted === "scores" ? "hook_pattern" : "hook_attn_scores";
  for (const site of sites)
    if (site.axes?.join() !== "batch,head,dest,src" || site.segments.at(-1) === other)
      throw attentionSite(owner, site, wanted);
  if (layers === "all") return sites;
  const numbers = sites.map(({ segments }) => Number(segments.find((segment) => /^\d+$/.test(segment)) ?? 0));
  for (const [at, site] of sites.entries()) {
    const first = sites[numbers.indexOf(numbers[at] ?? 0)];
    if (first !== undefined && first !== site) throw layersSeveral(owner, first, site);
  }
  const count = Math.max(...numbers) + 1;
  const asked = listed(layers, count);
  const meant = asked.map((layer) => (layer < 0 ? layer + count : layer));
  const missing = asked.filter((_, at) => !numbers.includes(meant[at] ?? -1));
  if (missing.length > 0 || asked.length === 0) throw layersAbsent(owner, missing, numbers);
  return sites.filter((_, at) => meant.includes(numbers[at] ?? -1));
}

/** Whose scores or pattern are looked at, and where it begins. */
export interface Run {
  readonly path: string;
  /** Whether other runs have other positions. */
  readonly isSeries: boolean;
  readonly firstPosition: number;
  readonly firstSource: number;
}

/** The run of a hook. */
export function runOf({ site, step, firstPosition, firstSource }: HookInfo): Run {
  return {
    path: site.path,
    isSeries: step !== undefined || firstPosition > 0,
    firstPosition,
    firstSource,
  };
}

/**
 * True at the edges that are meant, bool `[1, head, dest, src]`; `undefined` in a run that has none of their positions.
 * **Ownership:** returns owned.
 *
 * @throws ShapeError `ATTENTION_INDEX`
 */
export function edgeMask(
  owner: string,
  { path, isSeries, firstPosition, firstSource }: Run,
  shape: readonly number[],
  { heads = "all", from = "all", to = "all", edges = [[from, to]] }: Chosen,
): Tensor | undefined {
  const [, nHeads = 0, nDest = 0, nSrc = 0] = shape;
  const own = (which: Some, what: string, size: number, offset = 0): readonly number[] => {
    if (which === "all") return Array.from({ length: size }, (_, at) => at);
    const end = offset + size;
    const asked = listed(which, end);
    // Positions that another run of a series has are not this one's; heads are all here.
    const mayLack = isSeries && what === "position";
    if (asked.length === 0 && !mayLack) throw indexAbsent(owner, what, which, size, path);
    return asked.flatMap((index) => {
      const at = (index < 0 ? index + end : index) - offset;
      if (at >= 0 && at < size) return [at];
      if (!mayLack) throw indexAbsent(owner, what, index, size, path);
      return [];
    });
  };
  const chosenHeads = own(heads, "head", nHeads);
  const pairs = edges.flatMap(([dest, src]) => {
    const sources = own(src, "position", nSrc, firstSource);
    return own(dest, "position", nDest, firstPosition).flatMap((at) => sources.map((to_) => at * nSrc + to_));
  });
  if (pairs.length === 0) return undefined;
  const values = new Uint8Array(nHeads * nDest * nSrc);
  for (const head of chosenHeads) for (const pair of pairs) values[head * nDest * nSrc + pair] = 1;
  return tensor(values, [1, nHeads, nDest, nSrc], "bool");
}

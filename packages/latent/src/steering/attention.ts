import { option, type Option } from "@hookdict/contexts";
import type { HookInfo, Site } from "@hookdict/core";
import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import { attentionSite, indexAbsent, layersAbsent } from "./errors.ts";

/** One whole number, several, or all that there are. Negative ones count from the end. */
export type Some = number | readonly number[] | "all";

/** Which edges of attention are meant, as plain data. */
export interface AttentionEdges {
  /** Default `"all"`. */
  readonly layers?: Some;
  /** Default `"all"`. */
  readonly heads?: Some;
  /** Positions that look. Default `"all"`. */
  readonly from?: Some;
  /** Positions that are looked at. Default `"all"`. */
  readonly to?: Some;
  /** Pairs of these, in place of `from` and `to`: `[from, to]`. */
  readonly edges?: readonly (readonly [from: number, to: number])[];
}

const some: Option<Some, "default"> = option
  .of<Some>(
    'a whole number, a list of them, or "all"',
    (value) => value === "all" || [value].flat().every((one) => Number.isInteger(one)),
  )
  .default("all");

/** The options that choose edges. */
export const EDGES: {
  readonly layers: typeof some;
  readonly heads: typeof some;
  readonly from: typeof some;
  readonly to: typeof some;
  readonly edges: Option<NonNullable<AttentionEdges["edges"]>, "optional">;
} = {
  layers: some,
  heads: some,
  from: some,
  to: some,
  edges: option.of<NonNullable<AttentionEdges["edges"]>>(
    "a list of pairs [from, to] of positions",
    (value) =>
      Array.isArray(value) &&
      value.every(
        (pair) => Array.isArray(pair) && pair.length === 2 && pair.every((one) => Number.isInteger(one)),
      ),
  ),
};

/**
 * The sites of the layers that are meant, by the number in their paths.
 *
 * @throws UsageError `LAYERS_ABSENT`, `ATTENTION_SITE`
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
  const numbers = [layers].flat().map((layer) => (layer < 0 ? layer + sites.length : layer));
  const missing = [layers]
    .flat()
    .filter((_, at) => (numbers[at] ?? -1) < 0 || (numbers[at] ?? 0) >= sites.length);
  if (missing.length > 0) throw layersAbsent(owner, missing, sites.length);
  return [...new Set(numbers)].map((layer) => sites[layer] as Site); // in range
}

/**
 * True at the edges that are meant, bool `[1, head, dest, src]`; `undefined` in a run that has none of their positions.
 * **Ownership:** returns owned.
 *
 * @throws ShapeError `ATTENTION_INDEX`
 */
export function edgeMask(
  owner: string,
  { site, step, firstPosition, firstSource }: HookInfo,
  shape: readonly number[],
  { heads = "all", from = "all", to = "all", edges }: AttentionEdges,
):
  | { readonly mask: Tensor; readonly isMeant: (head: number, dest: number, src: number) => boolean }
  | undefined {
  const [, nHeads = 0, nDest = 0, nSrc = 0] = shape;
  const isSeries = step !== undefined || firstPosition > 0;
  const own = (some_: Some, what: string, size: number, offset = 0): ReadonlySet<number> => {
    if (some_ === "all") return new Set(Array.from({ length: size }, (_, at) => at));
    const end = offset + size;
    const found = [some_].flat().map((index) => {
      const at = (index < 0 ? index + end : index) - offset;
      if ((at < 0 || at >= size) && !isSeries) throw indexAbsent(owner, what, index, size, site);
      return at;
    });
    return new Set(found.filter((at) => at >= 0 && at < size));
  };
  const chosenHeads = own(heads, "head", nHeads);
  const pairs = new Set<number>();
  const addPair = (dest: number, src: number): void => void pairs.add(dest * nSrc + src);
  if (edges === undefined) {
    for (const dest of own(from, "position", nDest, firstPosition))
      for (const src of own(to, "position", nSrc, firstSource)) addPair(dest, src);
  } else {
    for (const [dest, src] of edges)
      for (const at of own(dest, "position", nDest, firstPosition))
        for (const source of own(src, "position", nSrc, firstSource)) addPair(at, source);
  }
  if (pairs.size === 0 || chosenHeads.size === 0) return undefined;
  const values = new Uint8Array(nHeads * nDest * nSrc);
  for (const head of chosenHeads) for (const pair of pairs) values[head * nDest * nSrc + pair] = 1;
  return {
    mask: tensor(values, [1, nHeads, nDest, nSrc], "bool"),
    isMeant: (head, dest, src) => chosenHeads.has(head) && pairs.has(dest * nSrc + src),
  };
}

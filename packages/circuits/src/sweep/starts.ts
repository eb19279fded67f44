import type { Site } from "@hookdict/core";
import { any, argMax, cast, notEqual, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { axisIn, type Cell, positionAxis } from "./grid.ts";

/** The first position at which two runs differ at a site, of each pair: int32 `[pair]`; 0 where that cannot be told. */
export function firstDifference(site: Site, source: Tensor, value: Tensor): Tensor | undefined {
  const axis = positionAxis(site);
  if (axis < 1) return undefined;
  return tidy(() => {
    const all = notEqual(source, value);
    const others = all.shape.map((_, i) => i).filter((i) => i > 0 && i !== axis);
    return argMax(cast(others.length === 0 ? all : any(all, others), "int32"), 1);
  });
}

/** The position at which a cell patches a site, where it patches one; negative ones of slices count from the end. */
export function positionOf({ grid, at }: Cell, site: Site, size: number): number | undefined {
  const axis = positionAxis(site);
  for (const [name, index] of [...Object.entries(grid.table.slice ?? {}), ...Object.entries(at)])
    if (axis > 0 && axisIn(site, name) === axis) return index < 0 ? index + size : index;
  return undefined;
}

/** What a run of a layer costs besides its positions, counted in these: it reads all weights of the layer once. */
const RUN_COST = 40;

/**
 * Cells in groups that begin at one position, the first of their cells': such that positions computed, and runs, are few.
 *
 * @param options `length`: how many positions there are; `most`: how many cells run at once.
 */
export function groupsByPosition(
  cells: readonly Cell[],
  { length, layers, most }: Readonly<Record<"length" | "layers" | "most", number>>,
): readonly (readonly Cell[])[] {
  const sorted = cells.toSorted((a, b) => a.from - b.from);
  const starts = [...new Set(sorted.map(({ from }) => from))];
  const own = starts.map(() => ({ rows: 0, evaluations: 0, deepest: 0 }));
  const numberOf = new Map(starts.map((start, i) => [start, i]));
  for (const { from, layer = 0 } of sorted) {
    const at = own[numberOf.get(from) ?? 0];
    if (at === undefined) continue;
    at.rows++;
    at.evaluations += layers - layer;
    at.deepest = Math.max(at.deepest, layers - layer);
  }
  // best[i]: the least cost of the cells that begin at starts[i] or later, and where the group that begins there ends.
  const best: { readonly cost: number; readonly end: number }[] = [];
  best[starts.length] = { cost: 0, end: starts.length };
  for (let i = starts.length - 1; i >= 0; i--) {
    let [rows, evaluations, deepest] = [0, 0, 0];
    for (let end = i + 1; end <= starts.length; end++) {
      const added = own[end - 1];
      rows += added?.rows ?? 0;
      evaluations += added?.evaluations ?? 0;
      deepest = Math.max(deepest, added?.deepest ?? 0);
      const runs = Math.ceil(rows / most) * RUN_COST * (deepest + 1); // the head is another layer
      const cost = runs + evaluations * (length - (starts[i] ?? 0)) + (best[end]?.cost ?? 0);
      if (cost < (best[i]?.cost ?? Infinity)) best[i] = { cost, end };
    }
  }
  const groups: Cell[][] = [];
  for (let i = 0; i < starts.length; i = best[i]?.end ?? starts.length) {
    const [low, high] = [starts[i] ?? 0, starts[best[i]?.end ?? starts.length] ?? Infinity];
    groups.push(sorted.filter(({ from }) => from >= low && from < high));
  }
  return groups;
}

import type { Site } from "@hookdict/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { axisAbsent, basisUnfit, gridUneven, positionOutside } from "../errors.ts";
import { layerOf } from "../runs/layer-of.ts";
import type { PatchTable } from "./table.ts";

/** A table of which it is known what there is at its sites. */
export interface Grid {
  readonly table: PatchTable;
  /** Sites that are patched together, in the order of the axis `layer`. */
  readonly groups: readonly (readonly Site[])[];
  /** Size along each of the table's axes, and their labels. */
  readonly sizes: readonly number[];
  readonly labels: Readonly<Record<string, readonly string[]>>;
}

/** One run of a row: what is patched in it, and where its result goes. */
export interface Cell {
  readonly grid: Grid;
  readonly pair: number;
  /** Number of the group. */
  readonly group: number;
  /** Entries along the table's axes but `layer`, by the table's own names. */
  readonly at: Readonly<Record<string, number>>;
  /** Offset in the table's values of one metric. */
  readonly offset: number;
  /** The layer in which the first patched site stands. */
  readonly layer: number | undefined;
  /** The first position at which something can change; 0 where that is not known. */
  readonly from: number;
}

/** The axis along which a site's positions run on: those of the stream, or of queries; -1 for none. */
export function positionAxis(site: Site): number {
  const axes = site.axes ?? [];
  return axes.includes("pos") ? axes.indexOf("pos") : axes.indexOf("dest");
}

/** The axis of a site that a table means by a name; -1 for none. */
export function axisIn(site: Site, name: string): number {
  const axes = site.axes ?? [];
  const own = axes.indexOf(name);
  return own < 0 && name === "head" ? axes.indexOf("keyHead") : own;
}

/**
 * Lays a table out over sites whose values are known.
 *
 * @throws UsageError `SWEEP_AXIS`; ShapeError `SWEEP_GRID`, `CIRCUIT_POSITION`.
 */
export function gridOf(table: PatchTable, sites: readonly Site[], valueAt: (path: string) => Tensor): Grid {
  const inner = table.axes.filter((axis) => axis !== "layer");
  const sizesAt = (site: Site): number[] =>
    inner.map((axis) => {
      const at = axisIn(site, axis);
      if (at < 1) throw axisAbsent(table.name, axis, site.path, (site.axes ?? []).slice(1));
      return valueAt(site.path).shape[at] ?? 0;
    });
  const [first] = sites;
  const wanted = first === undefined ? [] : sizesAt(first);
  for (const site of sites) {
    const got = sizesAt(site);
    if (got.join() !== wanted.join())
      throw gridUneven(table.name, site.path, `[${got.join()}]`, `[${wanted.join()}]`);
    for (const [axis, index] of Object.entries(table.slice ?? {})) {
      const at = axisIn(site, axis);
      if (at < 1) throw axisAbsent(table.name, axis, site.path, (site.axes ?? []).slice(1));
      const size = valueAt(site.path).shape[at] ?? 0;
      if (!Number.isInteger(index) || index < -size || index >= size) throw positionOutside(index, size);
    }
  }
  const width = table.basis?.vectors.shape[0];
  for (const { path } of width === undefined ? [] : sites) {
    const last = valueAt(path).shape.at(-1) ?? 0;
    if (last !== width) throw basisUnfit(table.name, path, last, width ?? 0);
  }
  const hasLayers = table.axes.includes("layer");
  const groups = hasLayers ? sites.map((site) => [site]) : [sites];
  const sizes = table.axes.map((axis) =>
    axis === "layer" ? groups.length : (wanted[inner.indexOf(axis)] ?? 0),
  );
  const labels = hasLayers
    ? { layer: sites.map(({ path }) => /^blocks\.(\d+)\./.exec(path)?.[1] ?? path) }
    : {};
  return { table, groups, sizes, labels };
}

/** Every cell of a grid, pair by pair. */
export function cellsOf(grid: Grid, pairs: number, layers: number): Cell[] {
  const count = grid.sizes.reduce((product, size) => product * size, 1);
  const firsts = grid.groups.map((sites) => firstLayer(sites, layers));
  return Array.from({ length: pairs * count }, (_, offset) => {
    const at: Record<string, number> = {};
    let rest = offset % count;
    for (let i = grid.sizes.length - 1; i >= 0; i--) {
      const size = grid.sizes[i] ?? 1;
      at[grid.table.axes[i] ?? ""] = rest % size;
      rest = Math.floor(rest / size);
    }
    const { layer: group = 0, ...inner } = at;
    return {
      grid,
      pair: Math.floor(offset / count),
      group,
      at: inner,
      offset,
      layer: firsts[group],
      from: 0,
    };
  });
}

function firstLayer(sites: readonly Site[], layers: number): number | undefined {
  if (layers === 0) return undefined; // another kind of model
  const all = sites.map(({ path }) => layerOf(path, layers));
  return all.includes(undefined) ? undefined : Math.min(...(all as number[])); // none is undefined
}

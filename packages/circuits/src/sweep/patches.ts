import type { Site } from "@hookdict/core";
import {
  any,
  gather,
  notEqual,
  slice,
  type Tensor,
  tensor,
  tensor1d,
  tidy,
  transpose,
  where,
} from "@tensorflow/tfjs-core";
import type { HookAt } from "../runs/hooked-run.ts";
import { interchanged } from "./table.ts";
import { axisIn, type Cell, type Grid, positionAxis } from "./grid.ts";

/** Hooks that patch rows, each its own cell: at every site one hook, which leaves the rows of others alone. */
export function patchHooks(cells: readonly Cell[], sourceAt: (path: string) => Tensor): HookAt[] {
  const sites = new Map<string, Site>();
  for (const { grid, group } of cells)
    for (const site of grid.groups[group] ?? []) sites.set(site.path, site);
  return [...sites.values()].map((site) => ({
    path: site.path,
    run: (value) => tidy(() => patched(site, value, sourceAt(site.path), cells)),
  }));
}

function patched(site: Site, value: Tensor, source: Tensor, all: readonly Cell[]): Tensor {
  const cells = all.slice(0, value.shape[0]); // others begin at later layers
  const rows =
    source.shape[0] === 1
      ? source
      : gather(
          source,
          tensor1d(
            cells.map(({ pair }) => pair),
            "int32",
          ),
        );
  const axis = positionAxis(site);
  const before = axis < 0 ? 0 : (source.shape[axis] ?? 0) - (value.shape[axis] ?? 0);
  const begin = rows.shape.map((_, i) => (i === axis ? before : 0));
  const size = rows.shape.map((_, i) => (i === axis ? (value.shape[axis] ?? -1) : -1));
  const fitting = before === 0 ? rows : slice(rows, begin, size); // the run began at a later position
  // Tables on several bases are put in one after the other: a row is patched by its own alone.
  const bases = new Set(cells.map(({ grid }) => grid.table.basis));
  return [...bases].reduce((patchedSoFar, basis) => {
    const own = cells.map((cell) => (cell.grid.table.basis === basis ? cell : undefined));
    const put = basis === undefined ? fitting : interchanged(value, fitting, basis);
    return where(maskAt(site, value.shape, own, before), put, patchedSoFar);
  }, value);
}

/**
 * Where each row's cell patches a site, as a bool tensor that broadcasts to the value.
 *
 * @param before How many positions the value lacks at the begin.
 */
function maskAt(
  site: Site,
  shape: readonly number[],
  cells: readonly (Cell | undefined)[],
  before: number,
): Tensor {
  const entries = cells.map((cell) => {
    if (cell === undefined) return undefined;
    const { grid, group, at } = cell;
    if (grid.groups[group]?.some(({ path }) => path === site.path) !== true) return undefined;
    const chosen = new Map<number, number>();
    for (const [axis, index] of [...Object.entries(grid.table.slice ?? {}), ...Object.entries(at)]) {
      const place = axisIn(site, axis);
      const first = place === positionAxis(site) ? before : 0;
      chosen.set(place, index < 0 ? index + (shape[place] ?? 0) : index - first);
    }
    return chosen;
  });
  const used = new Set(entries.flatMap((chosen) => [...(chosen?.keys() ?? [])]));
  const dims = shape.map((size, axis) => (axis === 0 ? cells.length : used.has(axis) ? size : 1));
  const row = dims.slice(1).reduce((product, size) => product * size, 1);
  const mask = new Uint8Array(cells.length * row);
  for (const [i, chosen] of entries.entries()) {
    if (chosen === undefined) continue;
    for (let at = 0; at < row; at++) if (holds(at, dims, chosen)) mask[i * row + at] = 1;
  }
  return tensor(mask, dims, "bool");
}

/** Whether a place in a row's mask has all chosen entries. */
function holds(at: number, dims: readonly number[], chosen: ReadonlyMap<number, number>): boolean {
  let rest = at;
  for (let axis = dims.length - 1; axis > 0; axis--) {
    const size = dims[axis] ?? 1;
    const wanted = chosen.get(axis);
    if (wanted !== undefined && wanted !== rest % size) return false;
    rest = Math.floor(rest / size);
  }
  return true;
}

/**
 * Whether the source differs from the value at all where cells of a site patch it: bool `[pair, ...]` over the table's axes
 * but `layer`, in its order. A cell where it does not has the unpatched run's result.
 */
export function changedAt(grid: Grid, site: Site, source: Tensor, value: Tensor): Tensor {
  const axes = grid.table.axes.filter((axis) => axis !== "layer").map((axis) => axisIn(site, axis));
  return tidy(() => {
    const all = notEqual(source, value);
    const others = all.shape.map((_, axis) => axis).filter((axis) => axis > 0 && !axes.includes(axis));
    const reduced = others.length === 0 ? all : any(all, others);
    // The remaining axes stand in the site's order.
    const order = [...axes].sort((a, b) => a - b);
    return transpose(reduced, [0, ...axes.map((axis) => 1 + order.indexOf(axis))]);
  });
}

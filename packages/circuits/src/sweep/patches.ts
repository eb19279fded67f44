import type { HookInfo, Site } from "@hookdict/core";
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
    run: (value, info) => tidy(() => patched(site, value, sourceAt(site.path), cells, info)),
  }));
}

function patched(
  site: Site,
  value: Tensor,
  source: Tensor,
  all: readonly Cell[],
  { firstPosition, firstSource }: HookInfo,
): Tensor {
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
  // The run has perhaps some positions alone.
  const begin = value.shape.map((_, i) =>
    i === positionAxis(site) ? firstPosition : site.axes?.[i] === "src" ? firstSource : 0,
  );
  const size = value.shape.map((each, i) => (i === 0 ? -1 : each));
  const isWhole = value.shape.every((each, i) => i === 0 || each === source.shape[i]);
  const fitting = isWhole ? rows : slice(rows, begin, size);
  // Tables on several bases are put in one after the other: a row is patched by its own alone.
  const bases = new Set(cells.map(({ grid }) => grid.table.basis));
  return [...bases].reduce((patchedSoFar, basis) => {
    const own = cells.map((cell) => (cell.grid.table.basis === basis ? cell : undefined));
    const put = basis === undefined ? fitting : interchanged(value, fitting, basis);
    return where(maskAt(site, { value: value.shape, source: source.shape, begin }, own), put, patchedSoFar);
  }, value);
}

/**
 * Where each row's cell patches a site, as a bool tensor that broadcasts to the value.
 *
 * @param shapes Of the value and of the whole, and where in this the value begins.
 */
function maskAt(
  site: Site,
  { value: shape, source, begin }: Readonly<Record<"value" | "source" | "begin", readonly number[]>>,
  cells: readonly (Cell | undefined)[],
): Tensor {
  const entries = cells.map((cell) => {
    if (cell === undefined) return undefined;
    const { grid, group, at } = cell;
    if (grid.groups[group]?.some(({ path }) => path === site.path) !== true) return undefined;
    const chosen = new Map<number, number>();
    for (const [axis, index] of [...Object.entries(grid.table.slice ?? {}), ...Object.entries(at)]) {
      const place = axisIn(site, axis);
      const whole = index < 0 ? index + (source[place] ?? 0) : index;
      chosen.set(place, whole - (begin[place] ?? 0));
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

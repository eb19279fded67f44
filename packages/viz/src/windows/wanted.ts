import { chosen } from "../blocks/block.ts";
import { type Facets, selectedFacet } from "../blocks/facets-parts.ts";
import type { Matrix } from "../blocks/matrix-cells.ts";
import { axisOf, coordinate, countOf, selectedIndex } from "../description/axes.ts";
import type { Axis, Description, State } from "../description/types.ts";
import { levelFor } from "./level.ts";
import type { WindowRequest } from "./window.ts";

/** Numbers that a page holds of one matrix: four megabytes. */
const MOST = 2 ** 20;

/**
 * What a reader wants to see of a matrix that an overview has pooled: the whole, exact where a page can hold that. Of a larger
 * one, whose cells were enlarged, the exact part around the selected cell; it stays the same for cells near each other.
 */
export function wanted(d: Description, id: string, state: State, most: number = MOST): WindowRequest {
  const b = d.blocks.find((each): each is Matrix => each.block === "matrix" && each.id === id);
  const [rows, cols] = [fullAxis(d, b?.rows), fullAxis(d, b?.cols)];
  const [down, across] = [countOf(rows), countOf(cols)];
  const by = levelFor(down, across, most);
  const at = b === undefined ? {} : facetAt(d, b, state);
  const isClose = b !== undefined && Number(chosen(state, b, "cells", "fit")) >= 1;
  if (!isClose || (by[0] === 1 && by[1] === 1))
    return { block: id, at, rows: [0, down], cols: [0, across], by };
  const side = Math.floor(Math.sqrt(most));
  const high = Math.min(down, Math.max(side, Math.floor(most / across)));
  const wide = Math.min(across, Math.floor(most / high));
  const part = { rows: around(rows, state, high), cols: around(cols, state, wide) };
  return { block: id, at, ...part, by: [1, 1] };
}

/** An axis as it is in whole: that of a pooled matrix has its name. */
const fullAxis = (d: Description, key = ""): Axis => axisOf(d, axisOf(d, key).name);

/** Which facet a matrix shows, by coordinates. */
function facetAt(d: Description, b: Matrix, state: State): Readonly<Record<string, number>> {
  const facets = d.blocks.find((each): each is Facets => each.block === "facets" && each.id === b.from);
  if (facets === undefined) return {};
  const [row, col] = selectedFacet(d, facets, state);
  return { ...coordinate(axisOf(d, facets.rows), row), ...coordinate(axisOf(d, facets.cols), col) };
}

/** So many indices around the selected one, in steps of half as many. */
function around(axis: Axis, state: State, size: number): readonly [number, number] {
  const step = Math.max(1, Math.floor(size / 2));
  const first = Math.floor((selectedIndex(axis, state) ?? 0) / step) * step - Math.floor(step / 2);
  const from = Math.max(0, Math.min(countOf(axis) - size, first));
  return [from, from + size];
}

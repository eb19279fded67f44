import type { Grid } from "../blocks/block.ts";
import type { Cell } from "./hit.ts";

const STEP = 10;

/** Where a key leads from a cell; `undefined` for keys that lead nowhere. */
export function moved(grid: Grid, { row, col }: Cell, key: string): Cell | undefined {
  const within = (r: number, c: number): Cell => ({
    row: Math.max(0, Math.min(grid.rows - 1, r)),
    col: Math.max(0, Math.min(grid.cols - 1, c)),
  });
  switch (key) {
    case "ArrowUp":
      return within(row - 1, col);
    case "ArrowDown":
      return within(row + 1, col);
    case "ArrowLeft":
      return grid.cols === 1 ? within(row - 1, col) : within(row, col - 1);
    case "ArrowRight":
      return grid.cols === 1 ? within(row + 1, col) : within(row, col + 1);
    case "Home":
      return within(grid.cols === 1 ? 0 : row, 0);
    case "End":
      return within(grid.cols === 1 ? grid.rows - 1 : row, grid.cols - 1);
    case "PageUp":
      return within(row - STEP, col);
    case "PageDown":
      return within(row + STEP, col);
    case "m":
      return bySize(grid, undefined);
    case "n":
      return bySize(grid, { row, col });
    default:
      return undefined;
  }
}

/** The largest cell, or the largest of those that are smaller than the given one. */
function bySize(grid: Grid, after: Cell | undefined): Cell | undefined {
  const limit = after === undefined ? Infinity : Math.abs(grid.value(after.row, after.col));
  let best: Cell | undefined;
  let size = -1;
  let isPast = false;
  for (let row = 0; row < grid.rows; row += 1) {
    for (let col = 0; col < grid.cols; col += 1) {
      const own = Math.abs(grid.value(row, col));
      const isSame = after !== undefined && own === limit;
      // Cells of one size follow each other in reading order.
      if (own < limit || (isSame && isPast)) {
        if (own > size) [size, best] = [own, { row, col }];
      }
      if (row === after?.row && col === after.col) isPast = true;
    }
  }
  return best;
}

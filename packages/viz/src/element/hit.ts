import type { Grid } from "../blocks/block.ts";
import type { Box, Drawing } from "../layout/frame.ts";

/** A cell of a block's grid. */
export interface Cell {
  readonly row: number;
  readonly col: number;
}

/** The cell under a pointer: of the regular area, or of the mark that is drawn there. */
export function cellAt(
  drawing: Drawing,
  grid: Grid,
  svg: SVGSVGElement,
  root: DocumentOrShadowRoot,
  event: { readonly clientX: number; readonly clientY: number },
): Cell | undefined {
  const bounds = svg.getBoundingClientRect();
  const [x, y] = [event.clientX - bounds.left, event.clientY - bounds.top];
  if (drawing.area !== undefined) {
    const { box, rows, cols } = drawing.area;
    const row = Math.floor(((y - box[1]) / box[3]) * rows);
    const col = Math.floor(((x - box[0]) / box[2]) * cols);
    return row >= 0 && col >= 0 && row < rows && col < cols ? { row, col } : undefined;
  }
  for (const element of root.elementsFromPoint(event.clientX, event.clientY)) {
    const place = element.getAttribute("data-cell")?.split(",").map(Number);
    if (place !== undefined && svg.contains(element)) return { row: place[0] ?? 0, col: place[1] ?? 0 };
  }
  return nearest(drawing, grid, x, y);
}

const NEAR = 14;

/** Lines and points without marks of their own: the nearest cell that has a place. */
function nearest({ box }: Drawing, { rows, cols }: Grid, x: number, y: number): Cell | undefined {
  if (box === undefined) return undefined;
  let best: Cell | undefined;
  let least = NEAR;
  for (let row = 0; row < rows; row += 1) {
    for (let col = 0; col < cols; col += 1) {
      const at = box(row, col);
      if (at === undefined) continue;
      const far = Math.hypot(at[0] + at[2] / 2 - x, at[1] + at[3] / 2 - y);
      if (far < least) [least, best] = [far, { row, col }];
    }
  }
  return best;
}

/** Scrolls what holds a larger drawing to a box of it, which labels that stay in sight must not cover. */
export function reveal(
  place: Element | undefined,
  box: Box | undefined,
  [beside, above]: readonly [number, number] = [0, 0],
): void {
  if (box === undefined || place === undefined) return;
  const [x, y, width, height] = box;
  const { scrollLeft: left, scrollTop: top, clientWidth, clientHeight } = place;
  if (x < left + beside || x + width > left + clientWidth) place.scrollLeft = x - clientWidth / 2;
  if (y < top + above || y + height > top + clientHeight) place.scrollTop = y - clientHeight / 2;
}

import { budgetSmall } from "../errors.ts";
import type { Cell } from "./grid.ts";
import { SweepPlan } from "./plan.ts";

/** Cells that run together. */
export interface Batch {
  readonly layer: number | undefined;
  readonly cells: readonly Cell[];
}

/**
 * Cells in batches that begin at one layer, each as large as the memory allows.
 *
 * @throws UsageError `SWEEP_BUDGET`
 */
export function batchesOf(
  cells: readonly Cell[],
  skipped: number,
  { memory, held, perRow, layers }: { memory: number; held: number; perRow: number; layers: number },
): { readonly batches: readonly Batch[]; readonly plan: SweepPlan } {
  const most = Math.floor((memory - held) / perRow);
  if (cells.length > 0 && most < 1) throw budgetSmall(memory, held, perRow);
  const byLayer = new Map<number | undefined, Cell[]>();
  for (const cell of cells) {
    const same = byLayer.get(cell.layer);
    if (same === undefined) byLayer.set(cell.layer, [cell]);
    else same.push(cell);
  }
  const batches: Batch[] = [];
  for (const [layer, all] of byLayer) {
    // Equal batches, so that the last one is not a small one.
    const size = Math.ceil(all.length / Math.ceil(all.length / most));
    for (let begin = 0; begin < all.length; begin += size)
      batches.push({ layer, cells: all.slice(begin, begin + size) });
  }
  const rows = Math.max(0, ...batches.map((batch) => batch.cells.length));
  const evaluations = batches.map(({ layer = 0, cells: { length } }) => length * (layers - layer));
  const plan = new SweepPlan({
    cells: cells.length + skipped,
    skipped,
    runs: batches.length,
    rows,
    layerEvaluations: evaluations.reduce((sum, each) => sum + each, 0),
    layerEvaluationsEach: (cells.length + skipped) * layers,
    bytes: { held, perRow, most: held + rows * perRow },
  });
  return { batches, plan };
}

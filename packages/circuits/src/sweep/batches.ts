import { budgetSmall } from "../errors.ts";
import type { Cell } from "./grid.ts";
import { SweepPlan } from "./plan.ts";
import { groupsByPosition } from "./starts.ts";

/** Cells that run together. */
export interface Batch {
  readonly layer: number | undefined;
  /** The first position that is computed. */
  readonly position: number;
  readonly cells: readonly Cell[];
}

/**
 * Cells in batches that begin at one layer and position, each as large as the memory allows.
 *
 * @throws UsageError `SWEEP_BUDGET`
 */
export function batchesOf(
  cells: readonly Cell[],
  skipped: number,
  {
    memory,
    held,
    perRow,
    layers,
    length,
  }: Readonly<Record<"memory" | "held" | "perRow" | "layers" | "length", number>>,
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
    for (const group of groupsByPosition(all, length)) {
      // Equal batches, so that the last one is not a small one.
      const size = Math.ceil(group.length / Math.ceil(group.length / most));
      for (let begin = 0; begin < group.length; begin += size)
        batches.push({ layer, position: group[0]?.from ?? 0, cells: group.slice(begin, begin + size) });
    }
  }
  const rows = Math.max(0, ...batches.map((batch) => batch.cells.length));
  const evaluations = batches.map(({ layer = 0, cells: own }) => own.length * (layers - layer));
  const positions = batches.map(({ position }, i) => (evaluations[i] ?? 0) * (length - position));
  const plan = new SweepPlan({
    cells: cells.length + skipped,
    skipped,
    runs: batches.length,
    rows,
    layerEvaluations: evaluations.reduce((sum, each) => sum + each, 0),
    layerEvaluationsEach: (cells.length + skipped) * layers,
    positions: positions.reduce((sum, each) => sum + each, 0),
    positionsEach: (cells.length + skipped) * layers * length,
    bytes: { held, perRow, most: held + rows * perRow },
  });
  return { batches, plan };
}

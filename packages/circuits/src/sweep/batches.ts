import { budgetSmall } from "../errors.ts";
import type { Cell } from "./grid.ts";
import { SweepPlan } from "./plan.ts";
import { groupsByPosition } from "./starts.ts";

/** Cells that run together. */
export interface Batch {
  /** The layer at which each cell begins, from low to high; `undefined` where everything runs. */
  readonly layers: readonly number[] | undefined;
  /** The first position that is computed. */
  readonly position: number;
  readonly cells: readonly Cell[];
}

/** What batches are made by. */
export interface BatchTerms {
  readonly memory: number;
  readonly held: number;
  readonly perRow: number;
  /** How many prompts each side has, which run at once before any cell. */
  readonly prompts: number;
  readonly layers: number;
  /** Whether cells of different layers may run together. */
  readonly isAlone: boolean;
  /** Whether the last layer ends in one position. */
  readonly isReadAlone: boolean;
  /** How many positions prompts have, and rows, which may end earlier. */
  readonly length: number;
  readonly end: number;
}

/**
 * Cells in batches that begin at one position, each as large as the memory allows.
 *
 * @throws UsageError `SWEEP_BUDGET`
 */
export function batchesOf(
  cells: readonly Cell[],
  skipped: number,
  { memory, held, perRow, prompts, layers, isAlone, isReadAlone, length, end }: BatchTerms,
): { readonly batches: readonly Batch[]; readonly plan: SweepPlan } {
  const most = Math.floor((memory - held) / perRow);
  if (cells.length > 0 && most < prompts) throw budgetSmall(memory, held, perRow, prompts);
  const lanes = new Map<number | undefined, Cell[]>();
  for (const cell of cells) {
    // What runs whole, and what stands in the head, has runs of its own.
    const isMixed = isAlone && cell.layer !== undefined && cell.layer < layers;
    const lane = isMixed ? -1 : cell.layer;
    const same = lanes.get(lane);
    if (same === undefined) lanes.set(lane, [cell]);
    else same.push(cell);
  }
  const batches: Batch[] = [];
  for (const all of lanes.values()) {
    for (const group of groupsByPosition(all, { length: end, layers, most })) {
      // Equal batches, so that the last one is not a small one.
      const size = Math.ceil(group.length / Math.ceil(group.length / most));
      const sorted = group.toSorted((a, b) => (a.layer ?? 0) - (b.layer ?? 0));
      for (let begin = 0; begin < sorted.length; begin += size)
        batches.push(batchOf(sorted.slice(begin, begin + size)));
    }
  }
  const rows = Math.max(0, ...batches.map((batch) => batch.cells.length));
  let [evaluations, positions] = [0, 0];
  for (const { cells: own, layers: begins, position } of batches) {
    const wide = (begins === undefined ? length : end) - position;
    for (const { layer = 0 } of own) {
      evaluations += layers - layer;
      const last = layer < layers ? 1 : 0;
      positions += (layers - layer - last) * wide + last * (isReadAlone ? 1 : wide);
    }
  }
  const plan = new SweepPlan({
    cells: cells.length + skipped,
    skipped,
    runs: batches.length,
    rows,
    layerEvaluations: evaluations,
    layerEvaluationsEach: (cells.length + skipped) * layers,
    positions,
    positionsEach: (cells.length + skipped) * layers * length,
    bytes: { held, perRow, most: held + Math.max(rows, prompts) * perRow },
  });
  return { batches, plan };
}

/** @param cells From the lowest layer to the highest. */
function batchOf(cells: readonly Cell[]): Batch {
  const layers = cells.flatMap(({ layer }) => layer ?? []);
  const position = Math.min(...cells.map(({ from }) => from));
  return { layers: layers.length < cells.length ? undefined : layers, position, cells };
}

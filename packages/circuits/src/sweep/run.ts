import type { HookTarget } from "@hookdict/core";
import { nonTensor, TensorDict } from "@hookdict/tensordict";
import { stack, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import { commonPosition, type Metric } from "../runs/metric.ts";
import { Progress, taken, type Work, type WorkOptions } from "../runs/work.ts";
import { type Batch, batchesOf } from "./batches.ts";
import { type Cell, cellsOf, type Grid } from "./grid.ts";
import { patchHooks } from "./patches.ts";
import type { SweepPlan } from "./plan.ts";
import { type MatchedTable, Prepared, type PromptPairs, type Replacement } from "./prepared.ts";
import { positionOf } from "./starts.ts";

/** Options of one sweep. */
export interface SweepOptions extends WorkOptions {
  /** How many bytes the sweep may take, weights not counted. Default 512 MiB. The result does not depend on it. */
  readonly memory?: number;
}

const DEFAULT_MEMORY = 512 * 2 ** 20;

/** What else a sweep's runs are told. */
export interface RunTerms {
  readonly replaceBy?: Replacement | undefined;
}

/** Cells that need a run; the others have the corrupt run's result. */
function* cellsToRun(
  prepared: Prepared,
  metrics: readonly Metric[],
): Work<{ readonly cells: Cell[]; readonly skipped: number }> {
  const changed = yield* prepared.changed();
  const firsts = yield* prepared.firsts();
  const alone = prepared.readAlone();
  const read = commonPosition(metrics);
  const last = read === undefined || read >= 0 ? read : read + prepared.length;
  const cells: Cell[] = [];
  let skipped = 0;
  for (const grid of prepared.grids) {
    const sites = [...new Set(grid.groups.flat())];
    const inner = grid.sizes.reduce(
      (product, size, i) => (grid.table.axes[i] === "layer" ? product : product * size),
      1,
    );
    for (const cell of cellsOf(grid, prepared.pairs, prepared.base.layers)) {
      let at = 0;
      for (const [i, axis] of grid.table.axes.entries())
        if (axis !== "layer") at = at * (grid.sizes[i] ?? 1) + (cell.at[axis] ?? 0);
      const isChanged = grid.groups[cell.group]?.some(
        (site) =>
          changed.get(grid)?.[sites.indexOf(site)]?.[cell.pair * inner + at] !== 0 &&
          (!alone.has(site.path) || (positionOf(cell, site, prepared.length) ?? last) === last),
      );
      const from = last === undefined ? 0 : startOf(cell, firsts, prepared.length);
      if (isChanged === true && from <= (last ?? Infinity)) cells.push({ ...cell, from });
      else skipped++;
    }
  }
  return { cells, skipped };
}

/** The first position at which a cell can change something. */
function startOf(cell: Cell, firsts: ReadonlyMap<string, ArrayLike<number>>, length: number): number {
  if (cell.layer === undefined) return 0; // then everything runs
  const starts = (cell.grid.groups[cell.group] ?? []).map((site) => {
    const first = firsts.get(site.path)?.[cell.pair] ?? 0;
    return firsts.has(site.path) ? (positionOf(cell, site, length) ?? first) : 0;
  });
  return Math.min(...starts);
}

/** What a sweep would take. */
export function* planSweep(
  target: HookTarget,
  prompts: PromptPairs,
  tables: readonly MatchedTable[],
  metrics: readonly Metric[],
  { memory = DEFAULT_MEMORY, replaceBy = "clean" }: SweepOptions & RunTerms,
): Work<SweepPlan> {
  using prepared = new Prepared(target, prompts, tables, metrics, replaceBy);
  const { cells, skipped } = yield* cellsToRun(prepared, metrics);
  return batched(prepared, cells, skipped, memory).plan;
}

function batched(
  prepared: Prepared,
  cells: readonly Cell[],
  skipped: number,
  memory: number,
): ReturnType<typeof batchesOf> {
  const { layers, isAlone, readAt, end } = prepared.base;
  return batchesOf(cells, skipped, {
    memory,
    held: prepared.bytes,
    perRow: prepared.perRow,
    prompts: prepared.pairs,
    layers,
    isAlone,
    isReadAlone: readAt !== undefined,
    length: prepared.length,
    end,
  });
}

/** A whole sweep. **Ownership:** *returns owned*. */
export function* runSweep(
  target: HookTarget,
  prompts: PromptPairs,
  tables: readonly MatchedTable[],
  metrics: readonly Metric[],
  options: SweepOptions & RunTerms,
): Work<TensorDict> {
  using prepared = new Prepared(target, prompts, tables, metrics, options.replaceBy ?? "clean");
  const clean = yield* taken(prepared.baseline("clean"));
  const corrupt = yield* taken(prepared.baseline("corrupt"));
  const { cells, skipped } = yield* cellsToRun(prepared, metrics);
  const { batches } = batched(prepared, cells, skipped, options.memory ?? DEFAULT_MEMORY);
  const progress = new Progress("The sweep", batches.length, options);
  const values = new Map(
    prepared.grids.map((grid) => [grid, valuesBefore(grid, corrupt, metrics.length, prepared.pairs)]),
  );
  for (const batch of batches) {
    const found = yield* taken(runBatch(prepared, batch));
    for (const [row, { grid, offset }] of batch.cells.entries()) {
      const into = values.get(grid) ?? new Float32Array();
      for (let m = 0; m < metrics.length; m++)
        into[(m * into.length) / metrics.length + offset] = found[m * batch.cells.length + row] ?? Number.NaN;
    }
    progress.tick();
  }
  return resultOf(prepared, values, { clean, corrupt }, metrics);
}

/** Metrics of a batch's rows, `[metric, row]`. **Ownership:** *returns owned*. */
function runBatch(prepared: Prepared, { cells, layers, position }: Batch): Tensor {
  const hooks = patchHooks(cells, (path) => prepared.sourceAt(path));
  const pairs = cells.map(({ pair }) => pair);
  const start = layers === undefined ? undefined : { layers, position };
  return tidy(() => stack(prepared.base.metrics(pairs, start, hooks)));
}

/** A table's values before any cell has run: the corrupt run's, `[metric, pair, ...]`. */
function valuesBefore(grid: Grid, corrupt: ArrayLike<number>, metrics: number, pairs: number): Float32Array {
  const count = grid.sizes.reduce((product, size) => product * size, 1);
  return Float32Array.from(
    { length: metrics * pairs * count },
    (_, i) => corrupt[Math.floor(i / count)] ?? 0,
  );
}

function resultOf(
  { grids, pairs }: Prepared,
  values: ReadonlyMap<Grid, Float32Array>,
  baselines: Readonly<Record<"clean" | "corrupt", ArrayLike<number>>>,
  metrics: readonly Metric[],
): TensorDict {
  const names = metrics.map(({ name }) => name);
  const dict = new TensorDict();
  for (const grid of grids) {
    const shape = [metrics.length, pairs, ...grid.sizes];
    dict.set(grid.table.name, {
      values: tensor(values.get(grid) ?? [], shape),
      axes: nonTensor(["metric", "pair", ...grid.table.axes]),
      labels: nonTensor({ metric: names, ...grid.labels }),
    });
  }
  for (const side of ["clean", "corrupt"] as const)
    dict.set(["baselines", side], tensor(Float32Array.from(baselines[side]), [metrics.length, pairs]));
  dict.set(["baselines", "metrics"], nonTensor(names));
  return dict;
}

import type { HookTarget, Site } from "@hookdict/core";
import { nonTensor, TensorDict } from "@hookdict/tensordict";
import {
  broadcastTo,
  concat,
  mean,
  stack,
  type Tensor,
  tensor,
  tidy,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { promptsUnequal, siteUnfired } from "../errors.ts";
import { BaseRun, layerOf } from "../runs/base-run.ts";
import { Captures } from "../runs/hooked-run.ts";
import { commonPosition, logitsFor, measured, type Metric } from "../runs/metric.ts";
import { Progress, taken, type Work, type WorkOptions } from "../runs/work.ts";
import { type Batch, batchesOf } from "./batches.ts";
import { type Cell, cellsOf, type Grid, gridOf } from "./grid.ts";
import { changedAt, patchHooks } from "./patches.ts";
import type { SweepPlan } from "./plan.ts";
import type { PatchTable } from "./table.ts";

/** The two sides of prompt pairs: as many of both, equally long, int32 `[pair, pos]`, or what the model takes. */
export interface PromptPairs {
  /** Runs from which values are taken. */
  readonly clean: Tensor;
  /** Runs into which they are put. */
  readonly corrupt: Tensor;
}

/** Options of one sweep. */
export interface SweepOptions extends WorkOptions {
  /** How many bytes the sweep may take, weights not counted. Default 512 MiB. The result does not depend on it. */
  readonly memory?: number;
}

const DEFAULT_MEMORY = 512 * 2 ** 20;

/** A table with the sites that it matches. */
export interface MatchedTable {
  readonly table: PatchTable;
  readonly sites: readonly Site[];
}

/** What else a sweep's runs are told. */
export interface RunTerms {
  readonly replaceBy?: Replacement | undefined;
}

/** What is put in: the clean run's values, zeros, or the mean of both runs over all prompts at each position. */
export type Replacement = "clean" | "zero" | "mean";

function replaced(source: Tensor, value: Tensor, by: Replacement): Tensor {
  if (by === "clean") return source;
  if (by === "zero") return zerosLike(source);
  // Over the prompts of both sides; rows stay as many, so that each has the same.
  const both = mean(concat([source, value], 0), 0, true);
  return broadcastTo(both, source.shape);
}

/** Everything that is known before cells run. */
class Prepared implements Disposable {
  readonly base: BaseRun;
  readonly grids: readonly Grid[];
  readonly #sources: Captures;
  readonly #clean: BaseRun;
  readonly #values: Captures;

  constructor(
    target: HookTarget,
    { clean, corrupt }: PromptPairs,
    tables: readonly MatchedTable[],
    replaceBy: Replacement,
  ) {
    if (clean.shape.join() !== corrupt.shape.join()) throw promptsUnequal(clean.shape, corrupt.shape);
    const paths = new Set(tables.flatMap(({ sites }) => sites.map(({ path }) => path)));
    using made = new Making();
    const capture = (input: Tensor, captures: Captures): BaseRun =>
      made.own(new BaseRun(target, input, [...paths].map((path) => captures.at(path)))); // prettier-ignore
    this.#sources = made.own(new Captures());
    this.#values = made.own(new Captures());
    this.#clean = capture(clean, this.#sources);
    this.base = capture(corrupt, this.#values);
    const pairs = clean.shape[0] ?? 0;
    for (const { table, sites } of tables)
      for (const { path } of sites)
        if (this.#sources.find(path)?.shape[0] !== pairs) throw siteUnfired(table.name, path);
    this.grids = tables.map(({ table, sites }) => gridOf(table, sites, (path) => this.#sources.get(path)));
    for (const path of paths)
      this.#sources.change(path, (x) => replaced(x, this.#values.get(path), replaceBy));
    made.release();
  }

  get pairs(): number {
    return this.base.prompts;
  }

  sourceAt(path: string): Tensor {
    return this.#sources.get(path);
  }

  /** The metrics of both prompts, `[metric, pair]`. */
  baseline(metrics: readonly Metric[], side: "clean" | "corrupt"): Tensor {
    const { logits } = side === "clean" ? this.#clean : this.base;
    const pairs = Array.from({ length: this.pairs }, (_, pair) => pair);
    return tidy(() => stack(metrics.map((metric) => measured(metric, logitsFor(metric, logits), pairs))));
  }

  /** Bytes of what is held throughout. */
  get bytes(): number {
    return 2 * this.base.bytes + this.#sources.bytes + this.#values.bytes;
  }

  /** What one row takes while it runs. */
  perRow(metrics: readonly Metric[]): number {
    const { layers, head } = this.base.rowBytes;
    const position = commonPosition(metrics);
    const pos = this.base.logits.shape[1] ?? 1;
    const isHeadPatched = this.grids.some(({ groups }) =>
      groups.flat().some(({ path }) => layerOf(path, this.base.layers) === this.base.layers),
    );
    const ofHead = position !== undefined && this.base.layers > 0 && !isHeadPatched ? head / pos : head;
    // A patch broadcasts a mask and the source beside the value.
    const patch = Math.max(
      0,
      ...this.grids.flatMap(({ groups }) => groups.flat().map((site) => this.#sizeAt(site))),
    );
    return Math.ceil(Math.max(layers, ofHead) + patch * 9);
  }

  #sizeAt({ path }: Site): number {
    return this.sourceAt(path).size / this.pairs;
  }

  /** Of every grid and site, where the two runs differ: read by `work`. */
  *changed(): Work<Map<Grid, readonly ArrayLike<number>[]>> {
    const all = new Map<Grid, readonly ArrayLike<number>[]>();
    for (const grid of this.grids) {
      const sites = [...new Set(grid.groups.flat())];
      const flat = tidy(() =>
        stack(
          sites.map((site) => changedAt(grid, site, this.sourceAt(site.path), this.#values.get(site.path))),
        ),
      );
      const count = flat.size / sites.length;
      const values = yield* taken(flat);
      const ofSites = sites.map((_, i) =>
        Array.from({ length: count }, (__, at) => values[i * count + at] ?? 0),
      );
      all.set(grid, ofSites);
    }
    return all;
  }

  [Symbol.dispose](): void {
    for (const each of [this.#sources, this.#values, this.#clean, this.base]) each[Symbol.dispose]();
  }
}

/** Frees what was made of something that fails half-way. */
class Making implements Disposable {
  #owned: Disposable[] = [];

  own<T extends Disposable>(value: T): T {
    this.#owned.push(value);
    return value;
  }

  release(): void {
    this.#owned = [];
  }

  [Symbol.dispose](): void {
    for (const each of this.#owned) each[Symbol.dispose]();
  }
}

/** Cells that need a run; the others have the corrupt run's result. */
function* cellsToRun(prepared: Prepared): Work<{ readonly cells: Cell[]; readonly skipped: number }> {
  const changed = yield* prepared.changed();
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
        (site) => changed.get(grid)?.[sites.indexOf(site)]?.[cell.pair * inner + at] !== 0,
      );
      if (isChanged === true) cells.push(cell);
      else skipped++;
    }
  }
  return { cells, skipped };
}

/** What a sweep would take. */
export function* planSweep(
  target: HookTarget,
  prompts: PromptPairs,
  tables: readonly MatchedTable[],
  metrics: readonly Metric[],
  { memory = DEFAULT_MEMORY, replaceBy = "clean" }: SweepOptions & RunTerms,
): Work<SweepPlan> {
  using prepared = new Prepared(target, prompts, tables, replaceBy);
  const { cells, skipped } = yield* cellsToRun(prepared);
  return batched(prepared, cells, skipped, metrics, memory).plan;
}

function batched(
  prepared: Prepared,
  cells: readonly Cell[],
  skipped: number,
  metrics: readonly Metric[],
  memory: number,
): ReturnType<typeof batchesOf> {
  const { layers } = prepared.base;
  return batchesOf(cells, skipped, {
    memory,
    held: prepared.bytes,
    perRow: prepared.perRow(metrics),
    layers,
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
  using prepared = new Prepared(target, prompts, tables, options.replaceBy ?? "clean");
  const clean = yield* taken(prepared.baseline(metrics, "clean"));
  const corrupt = yield* taken(prepared.baseline(metrics, "corrupt"));
  const { cells, skipped } = yield* cellsToRun(prepared);
  const { batches } = batched(prepared, cells, skipped, metrics, options.memory ?? DEFAULT_MEMORY);
  const progress = new Progress("The sweep", batches.length, options);
  const values = new Map(
    prepared.grids.map((grid) => [grid, startOf(grid, corrupt, metrics.length, prepared.pairs)]),
  );
  for (const batch of batches) {
    const found = yield* taken(runBatch(prepared, batch, metrics));
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
function runBatch(prepared: Prepared, { cells, layer }: Batch, metrics: readonly Metric[]): Tensor {
  const hooks = patchHooks(cells, (path) => prepared.sourceAt(path));
  const pairs = cells.map(({ pair }) => pair);
  return tidy(() => stack(prepared.base.metrics(pairs, layer, hooks, metrics)));
}

/** A table's values before any cell has run: the corrupt run's, `[metric, pair, ...]`. */
function startOf(grid: Grid, corrupt: ArrayLike<number>, metrics: number, pairs: number): Float32Array {
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

import type { HookTarget, Site } from "@hookdict/core";
import { broadcastTo, concat, mean, stack, type Tensor, tidy, zerosLike } from "@tensorflow/tfjs-core";
import { promptsUnequal, siteUnfired } from "../errors.ts";
import { BaseRun } from "../runs/base-run.ts";
import { layerOf } from "../runs/layer-of.ts";
import { Captures } from "../runs/hooked-run.ts";
import type { Metric } from "../runs/metric.ts";
import { taken, type Work } from "../runs/work.ts";
import { type Grid, gridOf, positionAxis } from "./grid.ts";
import { changedAt } from "./patches.ts";
import { firstDifference } from "./starts.ts";
import type { PatchTable } from "./table.ts";

/** The two sides of prompt pairs: as many of both, equally long, int32 `[pair, pos]`, or what the model takes. */
export interface PromptPairs {
  /** Runs from which values are taken. */
  readonly clean: Tensor;
  /** Runs into which they are put. */
  readonly corrupt: Tensor;
}

/** A table with the sites that it matches. */
export interface MatchedTable {
  readonly table: PatchTable;
  readonly sites: readonly Site[];
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
export class Prepared implements Disposable {
  readonly base: BaseRun;
  readonly grids: readonly Grid[];
  readonly #sources: Captures;
  readonly #clean: BaseRun;
  readonly #values: Captures;

  constructor(
    target: HookTarget,
    { clean, corrupt }: PromptPairs,
    tables: readonly MatchedTable[],
    metrics: readonly Metric[],
    replaceBy: Replacement,
  ) {
    if (clean.shape.join() !== corrupt.shape.join()) throw promptsUnequal(clean.shape, corrupt.shape);
    const paths = new Set(tables.flatMap(({ sites }) => sites.map(({ path }) => path)));
    using made = new Making();
    const capture = (input: Tensor, captures: Captures, keepsPrefixes = false): BaseRun =>
      made.own(new BaseRun(target, input, metrics, [...paths].map((path) => captures.at(path)), { keepsPrefixes })); // prettier-ignore
    this.#sources = made.own(new Captures());
    this.#values = made.own(new Captures());
    this.#clean = capture(clean, this.#sources);
    this.base = capture(corrupt, this.#values, true);
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

  /** How many positions prompts have. */
  get length(): number {
    return this.base.length;
  }

  /** Sites, in the last layer and behind it, that run at the one position that is read alone. */
  readAlone(): ReadonlySet<string> {
    const found = new Set<string>();
    if (this.length === 1) return found;
    const { layers } = this.base;
    const sites = new Map(this.grids.flatMap(({ groups }) => groups.flat()).map((site) => [site.path, site]));
    const looks = [...sites.values()]
      .filter(({ path }) => (layerOf(path, layers) ?? 0) >= layers - 1)
      .map((site) => ({
        path: site.path,
        run: (value: Tensor) => void (value.shape[positionAxis(site)] === 1 && found.add(site.path)),
      }));
    if (looks.length > 0) this.base.lookAtEnd(looks);
    return found;
  }

  sourceAt(path: string): Tensor {
    return this.#sources.get(path);
  }

  /** The metrics of one side's prompts, `[metric, pair]`. **Ownership:** *returns owned*. */
  baseline(side: "clean" | "corrupt"): Tensor {
    return tidy(() => stack((side === "clean" ? this.#clean : this.base).ownMetrics()));
  }

  /** Bytes of what is held throughout. */
  get bytes(): number {
    return 2 * this.base.bytes + this.#sources.bytes + this.#values.bytes;
  }

  /** What one row takes while it runs. */
  get perRow(): number {
    const { layers, head } = this.base.rowBytes;
    // A patch broadcasts a mask and the source beside the value.
    const patch = Math.max(
      0,
      ...this.grids.flatMap(({ groups }) => groups.flat().map((site) => this.#sizeAt(site))),
    );
    return Math.ceil(Math.max(layers, head) + patch * 9);
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

  /** The first position at which both runs differ at each site, pair by pair. */
  *firsts(): Work<ReadonlyMap<string, ArrayLike<number>>> {
    const found = new Map<string, ArrayLike<number>>();
    if (!this.base.hasPrefixes) return found;
    for (const site of new Set(this.grids.flatMap(({ groups }) => groups.flat()))) {
      if (found.has(site.path)) continue;
      const first = firstDifference(site, this.sourceAt(site.path), this.#values.get(site.path));
      if (first !== undefined) found.set(site.path, yield* taken(first));
    }
    return found;
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

import type { Pattern } from "@hookdict/core";
import type { TensorDict } from "@hookdict/tensordict";
import { showAsText, shown } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { checkKnown } from "../checks/options.ts";
import { openPlan } from "../plan/open.ts";
import { type HarvestPlan, type PlannedFeatures, rowsOf } from "../plan/plan.ts";
import type { StoreLocation } from "../store/open.ts";
import { findManifest, type Manifest } from "../upkeep/manifest.ts";
import { type BatchOptions, checkBatchOptions } from "./batch-options.ts";
import { HarvestBatches } from "./batches.ts";
import { type Column, columnsOf } from "./columns.ts";
import { batchSource } from "./batch-source.ts";
import { allocateValues, decodeUnits, elementsOf } from "./decode.ts";
import { tensorUnknown } from "./errors.ts";
import { toTensorDict } from "./filling.ts";
import { type RowChoice, runsOf } from "./rows.ts";
import { Shards } from "./shards.ts";
import { joinSparse, readSparseItem, type SparseRows } from "./sparse.ts";
import { readWindow } from "./window.ts";

/** Options of {@link HarvestReader.read}. */
export interface ReadRowsOptions {
  /** Which sites. Default all that are stored densely. */
  readonly sites?: Pattern;
}

/**
 * Reads a harvest, also one that goes on: on disk, in a bucket, or from a server by ranges, in Node and in pages. Nothing is
 * read but what is asked for.
 *
 * @example no-run
 * await using reader = await HarvestReader.open("./acts");
 * using rows = await reader.read([5, 9], { sites: "**.2.*" });
 */
export class HarvestReader implements AsyncDisposable {
  static {
    showAsText(this);
  }

  readonly plan: HarvestPlan;
  readonly #shards: Shards;
  readonly #manifest: Manifest | undefined;

  private constructor(plan: HarvestPlan, manifest: Manifest | undefined) {
    this.plan = plan;
    this.#manifest = manifest;
    this.#shards = new Shards(plan, manifest);
  }

  /**
   * @param where A folder (Node), `s3://` or `http(s)` address, a store, or a directory to read. From a server: the
   * harvest's own folder, since a server lists nothing.
   * @throws FormatError `HARVEST_NOT_FOUND`, `HARVEST_FILE_INVALID`, `HARVEST_PLAN_CHANGED`; UsageError `HARVEST_SEVERAL`.
   */
  static async open(where: StoreLocation): Promise<HarvestReader> {
    const plan = await openPlan(where);
    return new HarvestReader(plan, await findManifest(plan));
  }

  /** Rows of the plan. */
  get rows(): number {
    return this.plan.file.data.rows;
  }

  /** Tokens of a row. */
  get context(): number {
    return this.plan.file.data.context;
  }

  /** Whether the harvest is complete and sealed. */
  get isSealed(): boolean {
    return this.#manifest !== undefined;
  }

  /** Paths of the sites that are stored densely, in the model's order. */
  get sites(): readonly string[] {
    return [...new Set(this.plan.file.tensors.map(({ site }) => site))];
  }

  /** Paths of the sites whose features are stored. */
  get features(): readonly string[] {
    return this.plan.file.features.map(({ site }) => site);
  }

  /**
   * Rows in the order in which they are asked for: keys `[direction, site]`, values `[rows, context, ...]`, and `tokens`,
   * `document`, `position` (and `mask`), int32 `[rows, context]`.
   *
   * **Ownership:** *returns owned*.
   *
   * @throws UsageError `HARVEST_ROW_RANGE`, `HARVEST_ROWS_MISSING`; MatchError `HARVEST_TENSOR_UNKNOWN`.
   */
  async read(rows: RowChoice, options: ReadRowsOptions = {}): Promise<TensorDict> {
    checkKnown("read", options, ["sites"]);
    const columns = columnsOf(this.plan.file, "row", options.sites);
    const window = await readWindow(this.#shards, columns, runsOf(this.plan.file, rows));
    const values = columns.map((column, c) => {
      const target = allocateValues(column, window.units);
      const elements = elementsOf(column, window.raw[c] as Uint8Array); // bytes for each column
      decodeUnits(column, elements, { from: 0, count: window.units }, target, 0);
      return target;
    });
    return toTensorDict(columns, values, window.units);
  }

  /**
   * Features of all positions of some rows, `[rows * context, features]`, sparse.
   *
   * **Ownership:** *returns owned*.
   *
   * @param site A path of `features`.
   * @throws like `read`.
   */
  async readSparse(site: string, rows: RowChoice): Promise<SparseRows> {
    const { file } = this.plan;
    const features: PlannedFeatures | undefined = file.features.find((each) => each.site === site);
    if (features === undefined) throw tensorUnknown(shown(site), this.features);
    const parts: SparseRows[] = [];
    for (const { item, from, to } of runsOf(file, rows))
      parts.push(await readSparseItem(this.#shards, features, file.data.context, item, [from, to]));
    return joinSparse(parts, features.width);
  }

  /**
   * All rows, or all positions, `size` at a time, the last time maybe fewer.
   *
   * **Ownership:** each batch is owned by the receiver.
   *
   * @throws UsageError `HARVEST_OPTION`, `HARVEST_OPTION_UNKNOWN`, `HARVEST_NOT_POSITIONAL`; MatchError `HARVEST_TENSOR_UNKNOWN`; while it goes on
   * `HARVEST_CURSOR`, `HARVEST_ROWS_MISSING`.
   */
  batches(size: number, options: BatchOptions = {}): HarvestBatches {
    checkBatchOptions(size, options);
    const columns: readonly Column[] = columnsOf(this.plan.file, options.unit ?? "row", options.sites);
    return new HarvestBatches(size, () => batchSource(this.plan, this.#shards, columns, size, options));
  }

  /**
   * One site's values as estimators, similarities and dictionaries take them: batches `[units, d]`.
   *
   * **Ownership:** each tensor is owned by the receiver.
   */
  async *values(
    site: string,
    size: number,
    options: Omit<BatchOptions, "sites"> = {},
  ): AsyncGenerator<Tensor, void> {
    const tensor = this.plan.file.tensors.find((each) => each.site === site);
    if (tensor === undefined) throw tensorUnknown(shown(site), this.sites);
    const exactly = (each: { readonly path: string }): boolean => each.path === site.replace(/#\d+$/, "");
    for await (const batch of this.batches(size, { unit: "position", ...options, sites: exactly })) {
      const values = batch.pop([tensor.direction, tensor.site] as never) as Tensor; // a tensor of the plan
      batch.dispose();
      yield values;
    }
  }

  /** What is stored, in at most one screen. */
  toString(): string {
    const { file, id, store } = this.plan;
    const tensors = file.tensors
      .slice(0, 20)
      .map(({ name, dtype, shape }) => `  ${name}: ${dtype} [${shape.join(", ")}] a row`);
    const more = file.tensors.length > 20 ? [`  … ${file.tensors.length - 20} more`] : [];
    const features = file.features
      .slice(0, 5)
      .map(({ name, width }) => `  ${name}: ${width} features, sparse`);
    const [from, to] = rowsOf(file, 0);
    const head = `HarvestReader of ${store.name} (${id.slice(0, 16)}${this.isSealed ? ", sealed" : ""})`;
    return [
      head,
      `  ${this.rows} rows of ${this.context} tokens, ${to - from} in each of ${file.items} shards`,
      ...tensors,
      ...more,
      ...features,
    ].join("\n");
  }

  /** Closes its files. Twice is nothing. */
  async close(): Promise<void> {
    await this.#shards.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

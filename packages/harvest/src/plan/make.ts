import { formatBytes } from "@hookdict/tensordict";
import { version_core } from "@tensorflow/tfjs-core";
import { relativePlace, sha256 } from "#platform";
import { canonicalJson } from "../checks/canonical.ts";
import { checkKind, checkKnown, checkWhole } from "../checks/options.ts";
import { TokenSet } from "../data/tokens.ts";
import { CapturingModel } from "../item/capture.ts";
import { type ExpectedFeatures, planFeatures, planTensors } from "../item/plan-tensors.ts";
import { computeShard } from "../item/item.ts";
import { hashModel, hashRecipe, type LoadedRecipe, loadRecipe } from "../recipe/load.ts";
import { openStore, type StoreLocation } from "../store/open.ts";
import { probeStore } from "../store/probe.ts";
import { tooLarge, tooManyItems } from "./errors.ts";
import { shardLayout } from "./layout.ts";
import { MOST_ITEMS, parsePlan } from "./parse.ts";
import type { HarvestEstimate, HarvestPlan, PlanFile } from "./plan.ts";

/** Options of {@link planHarvest}. */
export interface PlanHarvestOptions {
  /** Path of the recipe. */
  readonly recipe: string;
  /** The packed data set. */
  readonly data: string;
  /** Where harvests go: this one gets a folder of its own there, named by its plan. */
  readonly out: StoreLocation;
  /** Rows of an item and its shard. Default: as many as make about 128 MiB. */
  readonly itemRows?: number;
  /** Rows of a call of the model. Default 8. */
  readonly batchRows?: number;
  /** Only tell what it would take: nothing is written. Default `false`. */
  readonly dryRun?: boolean;
}

const KNOWN = ["recipe", "data", "out", "itemRows", "batchRows", "dryRun"];

/** What a shard should have. */
const SHARD_BYTES = 128 * 2 ** 20;

/**
 * Plans a harvest: loads the recipe in this process, runs one batch, and writes `plan.json` into a folder named by its
 * hash. The same recipe, model, data set and options give the same plan, and so the same harvest.
 *
 * @throws UsageError `HARVEST_OPTION`, `HARVEST_TOO_LARGE`, `HARVEST_TOO_MANY_ITEMS`, `HARVEST_STORE_NOT_EXCLUSIVE`, `RECIPE_*`;
 * ShapeError `HARVEST_SITE_BATCH`, `HARVEST_SITE_DTYPE`, `HARVEST_FEATURES`, `HARVEST_VALUE_RANGE`; MatchError
 * `HARVEST_NOTHING`, `PATTERN_UNMATCHED`.
 * @example no-run
 * const plan = await planHarvest({ recipe: "./recipe.ts", data: "./tokens", out: "./acts" });
 * plan.estimate?.bytes;
 */
export async function planHarvest(options: PlanHarvestOptions): Promise<HarvestPlan> {
  checkKnown("planHarvest", options, KNOWN);
  checkWhole("planHarvest", "itemRows", options.itemRows, 1);
  checkWhole("planHarvest", "batchRows", options.batchRows, 1);
  checkKind("planHarvest", "recipe", options.recipe ?? null, "a text");
  checkKind("planHarvest", "data", options.data ?? null, "a text");
  checkKind("planHarvest", "dryRun", options.dryRun, "true or false");
  const out = openStore(options.out);
  const sha = await hashRecipe(options.recipe);
  await using tokens = await TokenSet.open(options.data);
  const loaded = await loadRecipe(options.recipe);
  using model = await CapturingModel.open(loaded.recipe);
  const planned = await planBatch(options, loaded, tokens, model);
  const place =
    out.location === undefined
      ? options.data
      : relativePlace(`${out.location}/0123456789abcdef`, options.data);
  const file: PlanFile = {
    format: "hookdict-harvest",
    version: 1,
    recipe: { name: loaded.file.replace(/^.*[/\\]/, ""), sha256: sha },
    model: await hashModel(loaded),
    ...planned,
    data: { ...planned.data, location: place },
    versions: { "tfjs-core": version_core },
  };
  const bytes = canonicalJson(file);
  const id = await sha256([bytes]);
  const store = out.at(id.slice(0, 16));
  parsePlan(`${store.name}/plan.json`, bytes); // what is written can be read
  const plan = { id, file, store, recipe: loaded.file, data: options.data };
  const estimate = await estimateOf(plan, loaded, tokens, model);
  if (options.dryRun !== true) {
    checkRoom(out.name, estimate);
    await probeStore(store);
    await store.createNew("plan.json", bytes);
  }
  return { ...plan, estimate };
}

type Planned = Pick<PlanFile, "data" | "tensors" | "features" | "itemRows" | "batchRows" | "items">;

async function planBatch(
  options: PlanHarvestOptions,
  { recipe, file }: LoadedRecipe,
  tokens: TokenSet,
  model: CapturingModel,
): Promise<Planned> {
  const { rows, context, policy, dtype, bos } = tokens.file;
  const batchRows = Math.min(rows, options.batchRows ?? 8);
  const captured = await model.run(await tokens.read(0, batchRows), batchRows, 0);
  try {
    const shape = { rows: batchRows, context };
    const tensors = planTensors(file, recipe, model.sites, captured, shape);
    const expected = await planFeatures(recipe, captured, shape);
    const features = expected.map(({ planned }) => planned);
    const data = { location: "", sha256: tokens.sha256, rows, context, policy, dtype, bos };
    const plan = { data, tensors, features, itemRows: 1, batchRows, items: rows };
    const itemRows = Math.min(rows, options.itemRows ?? defaultItemRows(plan, expected));
    const items = Math.ceil(rows / itemRows);
    if (items > MOST_ITEMS) throw tooManyItems(items, itemRows);
    return { ...plan, itemRows, items };
  } finally {
    captured.dispose();
  }
}

/** As many rows as make a shard of 64 to 128 MiB: whole batches, where one has no more. */
function defaultItemRows(planned: Planned, expected: readonly ExpectedFeatures[]): number {
  const kept = Object.fromEntries(
    expected.map(({ planned: { name }, perPosition }) => [name, planned.data.context * perPosition]),
  );
  const plan = {
    ...planned,
    format: "hookdict-harvest",
    version: 1,
    recipe: { name: "", sha256: "" },
    model: [],
    versions: {},
  } as const;
  const { header, bytes } = shardLayout("", plan, 0, 1, kept);
  const rows = Math.floor(SHARD_BYTES / Math.max(1, bytes - header.byteLength));
  return Math.max(1, rows < planned.batchRows ? rows : rows - (rows % planned.batchRows));
}

/** Times one more batch: the first one loaded and compiled what the model needs. */
async function estimateOf(
  plan: Omit<HarvestPlan, "estimate">,
  { recipe }: LoadedRecipe,
  tokens: TokenSet,
  model: CapturingModel,
): Promise<HarvestEstimate> {
  const { file, id } = plan;
  const rows = file.batchRows;
  const batch: PlanFile = { ...file, itemRows: rows, items: Math.ceil(file.data.rows / rows) };
  const start = performance.now();
  const shard = await computeShard({ id, plan: batch, recipe, model, tokens }, 0);
  const seconds = (performance.now() - start) / 1000;
  const tokensPerSecond = (rows * file.data.context) / seconds;
  const all = file.data.rows * file.data.context;
  const bytes = Math.round(((shard.bytes - (shard.parts[0]?.byteLength ?? 0)) * file.data.rows) / rows);
  return {
    items: file.items,
    rows: file.data.rows,
    tokens: all,
    bytes,
    shardBytes: Math.round((bytes * file.itemRows) / file.data.rows),
    freeBytes: await plan.store.freeBytes?.(),
    tokensPerSecond,
    seconds: all / tokensPerSecond,
  };
}

/** @throws UsageError `HARVEST_TOO_LARGE` */
function checkRoom(where: string, { bytes, freeBytes }: HarvestEstimate): void {
  if (freeBytes !== undefined && bytes > freeBytes)
    throw tooLarge(where, formatBytes(bytes), formatBytes(freeBytes));
}

import { getBackend } from "@tensorflow/tfjs-core";
import { canonicalJson } from "../checks/canonical.ts";
import { parseFields } from "../checks/fields.ts";
import { TokenSet } from "../data/tokens.ts";
import { dataChanged } from "../plan/errors.ts";
import type { HarvestPlan } from "../plan/plan.ts";
import { recipeChanged } from "../recipe/errors.ts";
import { checkModel, hashRecipe, loadRecipe } from "../recipe/load.ts";
import type { ItemRunner } from "../run/runner.ts";
import { SetupError } from "../run/runner.ts";
import { backendDiffers } from "../run/errors.ts";
import type { ItemOutcome } from "../run/settings.ts";
import { findBytes } from "../store/bytes.ts";
import { itemStates } from "../upkeep/status.ts";
import { CapturingModel } from "./capture.ts";
import { commitShard } from "./commit.ts";
import { computeShard, type ItemTools } from "./item.ts";
import { findCommit } from "./record.ts";

/** Computes items of a plan in this process. Owns the model and the open data set. */
export class ItemWorker implements ItemRunner {
  readonly size = 1;
  readonly #plan: HarvestPlan;
  readonly #oneBackend: boolean;
  #tools: Promise<ItemTools> | undefined;

  constructor(plan: HarvestPlan, oneBackend: boolean) {
    this.#plan = plan;
    this.#oneBackend = oneBackend;
  }

  async open(): Promise<void> {
    await this.#opened();
  }

  async run(item: number): Promise<ItemOutcome> {
    const there = await findCommit(this.#plan, item);
    if (there !== undefined) return { item, isOurs: false, bytes: there.bytes };
    const tools = await this.#opened();
    const start = performance.now();
    const shard = await computeShard(tools, item);
    const { record, isOurs } = await commitShard(this.#plan, item, shard, (performance.now() - start) / 1000);
    return { item, isOurs, bytes: record.bytes };
  }

  #opened(): Promise<ItemTools> {
    this.#tools ??= openTools(this.#plan, this.#oneBackend).catch((cause: unknown) => {
      throw new SetupError(cause);
    });
    return this.#tools;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const tools = await this.#tools?.catch(() => undefined);
    this.#tools = undefined;
    tools?.model[Symbol.dispose]();
    await tools?.tokens.close();
  }
}

/** Checks that recipe, model and data set are the plan's, and opens them. When one is not, nothing stays open. */
async function openTools(plan: HarvestPlan, oneBackend: boolean): Promise<ItemTools> {
  const { id, file } = plan;
  const got = await hashRecipe(plan.recipe);
  if (got !== file.recipe.sha256) throw recipeChanged(plan.recipe, file.recipe.sha256, got);
  const tokens = await TokenSet.open(plan.data);
  try {
    if (tokens.sha256 !== file.data.sha256) throw dataChanged(plan.data, file.data.sha256, tokens.sha256);
    const loaded = await loadRecipe(plan.recipe);
    await checkModel(loaded, file.model);
    const model = await CapturingModel.open(loaded.recipe);
    try {
      if (oneBackend) await checkBackend(plan);
    } catch (error) {
      model[Symbol.dispose]();
      throw error;
    }
    return { id, plan: file, recipe: loaded.recipe, model, tokens };
  } catch (error) {
    await tokens.close();
    throw error;
  }
}

/** What is committed decides, or else the first who asks, for good. @throws UsageError `HARVEST_BACKEND_DIFFERS`. */
async function checkBackend(plan: HarvestPlan): Promise<void> {
  const { store } = plan;
  const backend = getBackend();
  const [item] = (await itemStates(plan)).committed;
  const record = item === undefined ? undefined : await findCommit(plan, item);
  await store.createNew("backend.json", canonicalJson({ backend: record?.by.backend ?? backend }));
  const bytes = await findBytes(store, "backend.json");
  const first = parseFields(`${store.name}/backend.json`, bytes ?? new Uint8Array()).text("backend");
  if (first !== backend) throw backendDiffers(backend, first);
}

import { placeFrom, sha256 } from "#platform";
import { checkKind, checkKnown } from "../checks/options.ts";
import { findBytes } from "../store/bytes.ts";
import { openStore, type StoreLocation } from "../store/open.ts";
import type { HarvestStore } from "../store/store.ts";
import { harvestNotFound, harvestSeveral, planChanged } from "./errors.ts";
import { parsePlan } from "./parse.ts";
import type { HarvestPlan } from "./plan.ts";

/** Where things are for this process, if elsewhere than the plan says. */
export interface OpenPlanOptions {
  /** Path of the recipe. Default: the plan's name for it, in the working directory. */
  readonly recipe?: string;
  /** Where the packed data set is. Default: where the plan says. */
  readonly data?: string;
}

/**
 * A harvest that was planned before: in its own folder, or in the one that was planned into if that holds no other.
 *
 * @throws FormatError `HARVEST_NOT_FOUND`, `HARVEST_PLAN_CHANGED`, `HARVEST_FILE_INVALID`; UsageError `HARVEST_SEVERAL`.
 * @example no-run
 * const plan = await openPlan("./acts");
 */
export async function openPlan(where: StoreLocation, options: OpenPlanOptions = {}): Promise<HarvestPlan> {
  checkKnown("openPlan", options, ["recipe", "data"]);
  checkKind("openPlan", "recipe", options.recipe, "a text");
  checkKind("openPlan", "data", options.data, "a text");
  const store = await harvestStore(openStore(where));
  const bytes = await findBytes(store, "plan.json");
  if (bytes === undefined) throw harvestNotFound(store.name);
  const file = parsePlan(`${store.name}/plan.json`, bytes);
  const id = await sha256([bytes]);
  checkFolder(store, id);
  return {
    id,
    file,
    store,
    recipe: options.recipe ?? file.recipe.name,
    data: options.data ?? placeFrom(store.location, file.data.location),
    estimate: undefined,
  };
}

/** The folder's name is the beginning of the plan's hash, unless somebody copied the harvest elsewhere. */
function checkFolder(store: HarvestStore, id: string): void {
  const name = /([0-9a-f]{16})$/.exec(store.name)?.[1];
  if (name !== undefined && !id.startsWith(name)) throw planChanged(store.name, id);
}

/** The store itself where it holds a plan, or its only folder that does. */
async function harvestStore(store: HarvestStore): Promise<HarvestStore> {
  const own = await store.find("plan.json");
  await own?.close();
  if (own !== undefined) return store;
  const folders = (await store.folders().catch(() => [])).filter((name) => /^[0-9a-f]{16}$/.test(name));
  const [only, ...others] = folders;
  if (only === undefined) throw harvestNotFound(store.name);
  if (others.length > 0) throw harvestSeveral(store.name, folders);
  return store.at(only);
}

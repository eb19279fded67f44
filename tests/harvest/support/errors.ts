import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type HarvestPlan, type HarvestStore, planHarvest } from "@hookdict/harvest";
import { hookFunction, site } from "@hookdict/core";
import { cast, ones } from "@tensorflow/tfjs-core";
import { rejected } from "../../gate/suite.ts";
import { openTiny } from "../fixtures/model.ts";
import { type Planned } from "./harvests.ts";

/** Where the test computes: in this process. */
export const here = { processes: 0 } as const;
/** A pretrained model. */
export const model: string = fileURLToPath(new URL("../../../examples/ioi-patching/model/", import.meta.url));

/** The code and the whole message of what a promise rejects with, paths of a folder told as FOLDER. */
export async function told(
  promise: Promise<unknown>,
  folder = "/nowhere",
): Promise<readonly [string | undefined, string]> {
  const error = await rejected(promise);
  return [(error as { code?: string }).code, error.message.replaceAll(folder, "FOLDER")];
}

/** A store that does something else in some ways. */
export function changed(store: HarvestStore, other: Partial<HarvestStore>): HarvestStore {
  return { ...store, ...other, at: (folder) => changed(store.at(folder), other) };
}

export function withStore(plan: HarvestPlan, other: Partial<HarvestStore>): HarvestPlan {
  return { ...plan, store: changed(plan.store, other) };
}

let recipes = 0;

/** Plans with a recipe of these lines, which may use the small model as `tiny`, and `HARVEST`. */
export async function planWith(made: Planned, body: string): Promise<HarvestPlan> {
  Object.assign(globalThis, { HARVEST_TEST: { openTiny, hookFunction, site, cast, ones } });
  const recipe = join(made.path, `recipe-${recipes++}.mjs`);
  await writeFile(
    recipe,
    `const { openTiny, hookFunction, site, cast, ones } = globalThis.HARVEST_TEST;\n${body}\n`,
  );
  return planHarvest({ recipe, data: made.tokens, out: join(made.path, "other") });
}

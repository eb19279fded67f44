import { type Hookable, isDirection } from "@hookdict/core";
import { recipeInvalid } from "./errors.ts";
import type { Recipe } from "./recipe.ts";

/**
 * A recipe, given back as it is, with its types checked against each other: the default export of `recipe.ts`.
 *
 * @example no-run
 * export default defineRecipe({
 *   open: async () => {
 *     await loadBackend();
 *     return GPT2.fromPretrained("./model");
 *   },
 *   files: "./model",
 *   sites: "blocks.*.hook_resid_post",
 * });
 */
export function defineRecipe<M extends Hookable>(recipe: Recipe<M>): Recipe<M> {
  return recipe;
}

const KNOWN = ["open", "files", "sites", "directions", "context", "loss", "inputs", "features", "dtype"];
const FUNCTIONS = ["open", "context", "loss", "inputs"] as const;

/** @throws UsageError `RECIPE_INVALID` for what plain JavaScript may have as a recipe. */
export function checkRecipe(file: string, value: unknown): Recipe {
  const invalid = (problem: string): Error => recipeInvalid(file, problem);
  if (typeof value !== "object" || value === null) throw invalid("it has no recipe as its default export");
  const recipe = value as Readonly<Record<string, unknown>>; // what is below checks each
  const unknown = Object.keys(recipe).find((key) => !KNOWN.includes(key));
  if (unknown !== undefined) throw invalid(`a recipe has no "${unknown}"; it has ${KNOWN.join(", ")}`);
  for (const name of FUNCTIONS) {
    const given = recipe[name];
    if (given === undefined && name !== "open") continue;
    if (typeof given !== "function") throw invalid(`"${name}" is no function`);
  }
  if (!isFiles(recipe["files"])) throw invalid('"files" is no path and no list of paths');
  if (recipe["sites"] === undefined && recipe["features"] === undefined)
    throw invalid('it has neither "sites" nor "features"');
  checkDirections(recipe, invalid);
  checkFeatures(recipe["features"], invalid);
  if (!["float16", "bfloat16", "float32", undefined].includes(recipe["dtype"] as string | undefined))
    throw invalid('"dtype" is none of "float16", "bfloat16", "float32"');
  return value as Recipe; // checked
}

function isFiles(files: unknown): boolean {
  return files === undefined || [files].flat().every((file) => typeof file === "string");
}

function checkDirections(
  recipe: Readonly<Record<string, unknown>>,
  invalid: (problem: string) => Error,
): void {
  const { directions = ["fwd"], loss } = recipe;
  const isList = Array.isArray(directions) && directions.length > 0 && directions.every(isDirection);
  if (!isList) throw invalid('"directions" is no list of directions, such as ["fwd", "bwd"]');
  const backward = directions.find((direction) => direction.startsWith("bwd"));
  if (backward !== undefined && loss === undefined)
    throw invalid(`the direction "${backward}" needs "loss", a function of the output`);
  if (backward === undefined && loss !== undefined)
    throw invalid('it has a "loss" and no direction that needs one, such as "bwd"');
}

function checkFeatures(features: unknown, invalid: (problem: string) => Error): void {
  if (features === undefined) return;
  if (typeof features !== "object" || features === null || Array.isArray(features))
    throw invalid('"features" are no object by site');
  for (const [path, value] of Object.entries(features)) {
    const { encode, keep } = (value ?? {}) as { readonly encode?: unknown; readonly keep?: unknown };
    if (encode !== undefined && typeof encode !== "function")
      throw invalid(`the "encode" of "${path}" is no function`);
    if (!isKeep(keep)) throw invalid(`the "keep" of "${path}" is neither { topK } nor { above }`);
  }
}

function isKeep(keep: unknown): boolean {
  if (typeof keep !== "object" || keep === null || Object.keys(keep).length !== 1) return false;
  const { topK, above } = keep as { readonly topK?: unknown; readonly above?: unknown };
  return (
    (Number.isSafeInteger(topK) && (topK as number) > 0) || (Number.isFinite(above) && (above as number) >= 0)
  );
}

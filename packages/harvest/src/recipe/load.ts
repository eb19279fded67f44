import { isHookdictError } from "@hookdict/tensordict";
import { openSource } from "@hookdict/tensordict/io";
import { importFile, localFiles, localPath, placeFrom, sha256Of } from "#platform";
import type { FileHash } from "../plan/plan.ts";
import { checkRecipe } from "./define.ts";
import { modelChanged, recipeInvalid, recipeNotFound, recipeTypeScript } from "./errors.ts";
import type { Recipe } from "./recipe.ts";

/** A recipe with the hash of its file. */
export interface LoadedRecipe {
  readonly recipe: Recipe;
  /** Its path. */
  readonly file: string;
}

/** The hash of a recipe's file. @throws UsageError `RECIPE_NOT_FOUND`. */
export async function hashRecipe(file: string): Promise<string> {
  try {
    return await hashFile(localPath(file));
  } catch (cause) {
    if (isHookdictError(cause) && cause.code === "FILE_NOT_FOUND") throw recipeNotFound(file);
    throw cause;
  }
}

/** Imports a recipe. @throws UsageError `RECIPE_INVALID`, `RECIPE_TYPESCRIPT`; what its module throws. */
export async function loadRecipe(file: string): Promise<LoadedRecipe> {
  const path = localPath(file);
  try {
    const module = await importFile(path);
    return { recipe: checkRecipe(file, module["default"]), file: path };
  } catch (cause) {
    if (typeof cause === "object" && cause !== null && "code" in cause) {
      if (cause.code === "ERR_UNKNOWN_FILE_EXTENSION") throw recipeTypeScript(file, cause);
    }
    throw cause;
  }
}

/** The model's files with their hashes, sorted by name. @throws UsageError `RECIPE_INVALID` where there is none. */
export async function hashModel({ recipe, file }: LoadedRecipe): Promise<FileHash[]> {
  const hashes: FileHash[] = [];
  for (const given of [recipe.files ?? []].flat()) {
    const found = await localFiles(modelPlace(file, given));
    if (found.length === 0) throw recipeInvalid(file, `its "files" name "${given}", where there is no file`);
    for (const { name, path } of found) {
      const source = await openSource(path);
      try {
        const place =
          found.length === 1 && name === basename(given) ? given : `${given.replace(/\/$/, "")}/${name}`;
        hashes.push({ name: place, bytes: source.size, sha256: await sha256Of(source) });
      } finally {
        await source.close();
      }
    }
  }
  return hashes;
}

/** @throws FormatError `HARVEST_MODEL_CHANGED` unless the model's files are those of the plan. */
export async function checkModel(loaded: LoadedRecipe, wanted: readonly FileHash[]): Promise<void> {
  const got = await hashModel(loaded);
  for (const file of wanted) {
    const found = got.find(({ name }) => name === file.name);
    if (found === undefined) throw modelChanged(file.name, "the plan has this file, and here there is none");
    if (found.bytes !== file.bytes || found.sha256 !== file.sha256)
      throw modelChanged(
        file.name,
        `is not the file of the plan (${found.bytes} bytes here, ${file.bytes} there)`,
      );
  }
  const more = got.find(({ name }) => !wanted.some((file) => file.name === name));
  if (more !== undefined) throw modelChanged(more.name, "is here, and the plan has no such file");
}

async function hashFile(path: string): Promise<string> {
  const source = await openSource(path);
  try {
    return await sha256Of(source);
  } finally {
    await source.close();
  }
}

function modelPlace(recipe: string, given: string): string {
  return placeFrom(recipe.replace(/[/\\][^/\\]*$/, ""), given);
}

function basename(path: string): string {
  return path.replace(/^.*[/\\]/, "");
}

import { FormatError, UsageError } from "@hookdict/tensordict";

/** A recipe that lacks something, or has something else. */
export function recipeInvalid(file: string, problem: string): UsageError {
  return new UsageError({
    code: "RECIPE_INVALID",
    what: `${file}: ${problem}.`,
    hint: "A recipe is `export default defineRecipe({ open, sites })`.",
    fields: { file, problem },
  });
}

/** There is no such recipe. */
export function recipeNotFound(file: string): UsageError {
  return new UsageError({
    code: "RECIPE_NOT_FOUND",
    what: `${file}: there is no such recipe.`,
    hint: "Run in the folder that holds it, or give its path (--recipe).",
    fields: { file },
  });
}

/** A recipe that is not the plan's. */
export function recipeChanged(file: string, want: string, got: string): FormatError {
  return new FormatError({
    code: "RECIPE_CHANGED",
    what: `${file}: has the hash ${got.slice(0, 16)}…, and the plan was made with ${want.slice(0, 16)}….`,
    hint: "Bring back the recipe that the plan was made with, or plan anew: that is another harvest.",
    fields: { file, want, got },
  });
}

/** TypeScript that this Node does not run. */
export function recipeTypeScript(file: string, cause: unknown): UsageError {
  return new UsageError({
    code: "RECIPE_TYPESCRIPT",
    what: `${file}: this Node does not run TypeScript.`,
    hint: "Use Node 22.18 or newer, or write the recipe as .mjs.",
    fields: { file },
    cause,
  });
}

/** Files of the model that are not the plan's. */
export function modelChanged(file: string, what: string): FormatError {
  return new FormatError({
    code: "HARVEST_MODEL_CHANGED",
    what: `${file}: ${what}.`,
    hint: "Bring back the model that the plan was made with, or plan anew: that is another harvest.",
    fields: { file, what },
  });
}

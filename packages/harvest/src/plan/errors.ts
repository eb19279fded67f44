import { FormatError, MatchError, ShapeError, UsageError } from "@hookdict/tensordict";

/** There is no harvest. */
export function harvestNotFound(where: string): FormatError {
  return new FormatError({
    code: "HARVEST_NOT_FOUND",
    what: `${where}: there is no harvest.`,
    hint: "Make one with planHarvest (hookdict-harvest plan), or give its own folder: the one with plan.json.",
    fields: { where },
  });
}

/** Several harvests, of which one is meant. */
export function harvestSeveral(where: string, names: readonly string[]): UsageError {
  return new UsageError({
    code: "HARVEST_SEVERAL",
    what: `${where}: holds ${names.length} harvests (${names.join(", ")}).`,
    hint: `Give the folder of one: ${where}/${names[0]}.`,
    fields: { where, names },
  });
}

/** A plan whose bytes are not what its folder's name says. */
export function planChanged(where: string, got: string): FormatError {
  return new FormatError({
    code: "HARVEST_PLAN_CHANGED",
    what: `${where}/plan.json: has the hash ${got.slice(0, 16)}…, and its folder is named for another.`,
    hint: "Somebody changed the plan: bring the old one back, or plan anew.",
    fields: { where, got },
  });
}

/** A data set that is not the plan's. */
export function dataChanged(where: string, want: string, got: string): FormatError {
  return new FormatError({
    code: "HARVEST_DATA_CHANGED",
    what: `${where}: has the hash ${got.slice(0, 16)}…, and the plan was made with ${want.slice(0, 16)}….`,
    hint: "Bring back the data set that the plan was made with, or give its place (--data).",
    fields: { where, want, got },
  });
}

/** A value whose first axis is no batch. */
export function siteBatch(site: string, shape: readonly number[], rows: number): ShapeError {
  return new ShapeError({
    code: "HARVEST_SITE_BATCH",
    what: `${site}: has the shape [${shape.join(", ")}] for ${rows} rows.`,
    hint: "Only sites whose first axis is the batch can be harvested: leave this one out.",
    fields: { site, shape, rows },
  });
}

/** A value of a type that shards cannot have. */
export function siteDtype(site: string, dtype: string): ShapeError {
  return new ShapeError({
    code: "HARVEST_SITE_DTYPE",
    what: `${site}: gives ${dtype}, which no shard holds.`,
    hint: "Only sites of float32, int32 and bool tensors can be harvested: leave this one out.",
    fields: { site, dtype },
  });
}

/** A site that gave another shape than in the planned batch, or nothing. */
export function siteChanged(site: string, want: readonly number[], got: string): ShapeError {
  return new ShapeError({
    code: "HARVEST_SITE_CHANGED",
    what: `${site}: gave ${got}, and [${want.join(", ")}] when the harvest was planned.`,
    hint: "A harvest needs a model that does the same for every row.",
    fields: { site, want, got },
  });
}

/** Nothing to harvest. */
export function nothingCaptured(file: string, direction: string): MatchError {
  return new MatchError({
    code: "HARVEST_NOTHING",
    what: `${file}: in the direction "${direction}" no site gave a value.`,
    hint: "Does the loss depend on the sites? Does the model run them?",
    fields: { file, direction },
  });
}

/** Features that are none. */
export function featuresShape(
  site: string,
  got: readonly number[],
  want: readonly (number | string)[],
): ShapeError {
  return new ShapeError({
    code: "HARVEST_FEATURES",
    what: `${site}: its features have the shape [${got.join(", ")}], not [${want.join(", ")}].`,
    hint: "`encode` gives float32 [rows, context, features].",
    fields: { site, got, want },
  });
}

/** A value that float16 or bfloat16 cannot hold. */
export function valueRange(site: string, value: number, dtype: string, most: string): ShapeError {
  return new ShapeError({
    code: "HARVEST_VALUE_RANGE",
    what: `${site}: the value ${value} is beyond ${most}, the largest of ${dtype}.`,
    hint: 'Plan with dtype: "bfloat16" or "float32" in the recipe.',
    fields: { site, value, dtype },
  });
}

/** More items than there may be. */
export function tooManyItems(items: number, itemRows: number): UsageError {
  return new UsageError({
    code: "HARVEST_TOO_MANY_ITEMS",
    what: `With ${itemRows} rows each there would be ${items} items, and there may be 1000000.`,
    hint: "Give larger itemRows.",
    fields: { items, itemRows },
  });
}

/** A harvest that the disk cannot hold. */
export function tooLarge(where: string, bytes: string, free: string): UsageError {
  return new UsageError({
    code: "HARVEST_TOO_LARGE",
    what: `${where}: the harvest takes ${bytes}, and ${free} are free.`,
    hint: "Make room, harvest fewer sites, keep fewer features, or give another folder.",
    fields: { where, bytes, free },
  });
}

import { compilePattern, type Site } from "@hookdict/core";
import { isTensor, type TensorDict } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { nothingCaptured, siteBatch, siteDtype } from "../plan/errors.ts";
import type { PlannedFeatures, PlannedTensor, StoredDtype } from "../plan/plan.ts";
import type { HarvestDtype, Recipe } from "../recipe/recipe.ts";
import { encodeFeatures } from "./encode-features.ts";
import { FeatureRows } from "./features.ts";

/** What a batch was: its rows, and the tokens of each. */
export interface BatchShape {
  readonly rows: number;
  readonly context: number;
}

const FLOATS: Readonly<Record<HarvestDtype, StoredDtype>> = {
  float16: "F16",
  bfloat16: "BF16",
  float32: "F32",
};

/** The tensors of every shard, from what one batch captured, in the model's order. **Ownership:** borrows `captured`. */
export function planTensors(
  owner: string,
  recipe: Recipe,
  sites: readonly Site[],
  captured: TensorDict,
  { rows, context }: BatchShape,
): PlannedTensor[] {
  const isDense = recipe.sites === undefined ? () => false : compilePattern(recipe.sites).matches;
  const directions = recipe.directions ?? ["fwd"];
  const stored = FLOATS[recipe.dtype ?? "float16"];
  return directions.flatMap((direction) => {
    const planned = sites.filter(isDense).flatMap((site) =>
      passesOf(captured, direction, site).map((path): PlannedTensor => {
        const value = tensorAt(captured, direction, path);
        const [batch, ...shape] = value.shape;
        if (batch !== rows) throw siteBatch(path, value.shape, rows);
        return {
          name: tensorName(direction, path),
          direction,
          site: path,
          dtype: storedAs(path, value, stored),
          shape,
          isPositional: site.axes?.[1] === "pos" && shape[0] === context,
        };
      }),
    );
    if (planned.length === 0 && recipe.sites !== undefined) throw nothingCaptured(owner, direction);
    return planned;
  });
}

/** Features of every shard, and how many of a position to reckon with. */
export interface ExpectedFeatures {
  readonly planned: PlannedFeatures;
  readonly perPosition: number;
}

/** The sparse features of every shard. **Ownership:** borrows `captured`. */
export async function planFeatures(
  recipe: Recipe,
  captured: TensorDict,
  { rows, context }: BatchShape,
): Promise<ExpectedFeatures[]> {
  const all: ExpectedFeatures[] = [];
  for (const [site, { encode, keep }] of Object.entries(recipe.features ?? {})) {
    const values = encodeFeatures(site, tensorAt(captured, "fwd", site), encode, [rows, context]);
    try {
      const width = values.shape[2] ?? 0;
      const planned = { name: tensorName("features", site), site, width, keep };
      const found = new FeatureRows(planned, rows * context);
      found.add(await values.data());
      // A power of two of what was found: backends that round differently plan the same.
      const kept = 2 ** Math.ceil(Math.log2(Math.max(1, found.count / (rows * context))));
      all.push({ planned, perPosition: "topK" in keep ? Math.min(width, keep.topK) : kept });
    } finally {
      values.dispose();
    }
  }
  return all;
}

/** @throws ShapeError `HARVEST_SITE_DTYPE` for what is no tensor. **Ownership:** borrowed. */
export function tensorAt(captured: TensorDict, direction: string, path: string): Tensor {
  const value: unknown = captured.get([direction, path] as never, undefined as never);
  if (isTensor(value)) return value;
  throw siteDtype(path, value === undefined ? "nothing" : "a tuple or a record");
}

/** The name of a tensor in a file, as TensorDict's files have it: `~` and `/` in a path are escaped. */
function tensorName(direction: string, path: string): string {
  return `${direction}/${path.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** The keys of a site that ran several times: its path, then `path#1`, ... */
function passesOf(captured: TensorDict, direction: string, { path }: Site): string[] {
  const found: string[] = [];
  for (let pass = 0; ; pass++) {
    const key = pass === 0 ? path : `${path}#${pass}`;
    if (!captured.has([direction, key] as never)) return found;
    found.push(key);
  }
}

function storedAs(path: string, { dtype }: Tensor, floats: StoredDtype): StoredDtype {
  if (dtype === "float32") return floats;
  if (dtype === "int32") return "I32";
  if (dtype === "bool") return "U8";
  throw siteDtype(path, dtype);
}

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadModel, type Transformer } from "@hookdict/models";
import { openSafetensors, type TensorStore } from "@hookdict/tensordict/io";
import type { Area, Item } from "../area.ts";
import { compareGreedy } from "./families/greedy.ts";
import { compareHooks } from "./families/hooks.ts";
import { readReference, type Reference } from "./families/reference.ts";
import { compareSet } from "./families/sets.ts";

/** Every variant of a model family against Hugging Face and TransformerLens. */
export const families: Area = {
  name: "families",
  items(folder) {
    const root = join(folder, "models", "families");
    const names = readdirSync(root)
      .filter((name) => existsSync(join(root, name, "config.json")))
      .sort();
    return Promise.resolve(names.map((name): Item => ({ name, check: () => compare(join(root, name)) })));
  },
};

const CONFIGS = ["config.json", "config.v4.json"];

async function compare(folder: string): Promise<string[]> {
  const reference = readReference(folder);
  await using values = await openSafetensors(join(folder, "reference.safetensors"));
  const lines: string[] = [];
  for (const config of CONFIGS.filter((file) => existsSync(join(folder, file)))) {
    using model = await loadModel(bytesOf(folder, config));
    const found = await compareModel(model, reference, values);
    lines.push(...found.map((line) => `${config}: ${line}`));
  }
  return lines;
}

async function compareModel(model: Transformer, reference: Reference, values: TensorStore): Promise<string[]> {
  const lines: string[] = [];
  for (const set of Object.keys(reference.sets)) {
    lines.push(...(await compareSet(model, reference, set, values)));
    lines.push(...(await compareGreedy(model, reference, set)));
  }
  for (const [software, lens] of Object.entries(reference.transformer_lens ?? {})) {
    if (lens.agrees) lines.push(...(await compareHooks(model, reference, software, values)));
  }
  return lines;
}

/** A folder's files, with one of its configs in the place of config.json. */
function bytesOf(folder: string, config: string): Record<string, Uint8Array> {
  const files = readdirSync(folder).filter((name) => /^model.*\.(safetensors|json)$/.test(name));
  const entries = files.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))] as const);
  return {
    ...Object.fromEntries(entries),
    "config.json": new Uint8Array(readFileSync(join(folder, config))),
  };
}

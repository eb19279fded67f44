import { join } from "node:path";
import { openSafetensors, type TensorStore } from "@hookdict/tensordict/io";
import { type Analysis, analysisOf, type Answer, type Found, type Params } from "../analysis/setting.ts";
import { ofModel, optional } from "../analysis/model.ts";
import { headAnswer, ofHeads } from "../analysis/heads.ts";
import { patch } from "../analysis/patching.ts";
import { residual } from "../analysis/residual.ts";
import { cast, type Tensor2D } from "@tensorflow/tfjs-core";
import type { Area, Item } from "../area.ts";
import { describeDifference } from "../close.ts";

/** By the name that a key has after its pair's number. */
const ANSWERS: Readonly<Record<string, Answer>> = { ...residual, ...ofModel, ...ofHeads, patch };

/** Two float32 computations in another order; metrics of patched runs are sums of some hundred logit terms. */
const TOLERANCE = { atol: 2e-4, rtol: 2e-4 };

/** TransformerLens's analysis of a cache, patching, head scores and path patching: every key of `analysis/reference`. */
export const analysis: Area = {
  name: "analysis",
  at: "analysis/reference.safetensors",
  async items(folder) {
    await using store = await open(folder);
    return [...store.entries.keys()].map((key): Item => ({ name: key, check: () => checkKey(folder, key) }));
  },
};

function open(folder: string): Promise<TensorStore> {
  return openSafetensors(join(folder, "analysis/reference.safetensors"));
}

async function checkKey(folder: string, key: string): Promise<readonly string[]> {
  const all = await analysisOf(folder);
  await using store = await open(folder);
  const want = await store.read(key);
  const found = await answer(all, store, key, want.shape);
  if (found === undefined) return [`nothing computes ${key}`];
  const values = await found.values.data();
  const shape = found.values.shape.filter((size) => size !== 1);
  found.values.dispose();
  const faults: string[] = [];
  if (shape.join() !== want.shape.filter((size) => size !== 1).join())
    faults.push(`shape [${shape.join()}] in place of [${want.shape.join()}]`);
  const difference = describeDifference(Float32Array.from(values), want.data, TOLERANCE);
  if (difference !== undefined) faults.push(difference);
  return [...faults, ...labelFaults(all, key, found)];
}

function labelFaults({ pairs }: Analysis, key: string, { labels }: Found): readonly string[] {
  const [number = "", ...rest] = key.split("/");
  const wanted = pairs[Number(number)]?.about.labels[rest.join("/")];
  if (wanted === undefined || wanted.join() === labels?.join()) return [];
  return [`labels ${labels?.join()} in place of ${wanted.join()}`];
}

async function answer(
  all: Analysis,
  store: TensorStore,
  key: string,
  shape: readonly number[],
): Promise<Found | undefined> {
  const [head = "", name = "", ...rest] = key.split("/");
  const first = all.pairs[0];
  if (head === "optional" && first !== undefined) return optional(first, { rest: name }, shape);
  if (head === "heads") {
    const read = await store.tensor("heads/tokens");
    const tokens = cast(read, "int32");
    read.dispose();
    const found = headAnswer(all, tokens as Tensor2D, [name, ...rest]); // `[1, pos]`
    tokens.dispose();
    return found;
  }
  const pair = all.pairs[Number(head)];
  return pair === undefined ? undefined : ANSWERS[name]?.(pair, paramsOf(rest), shape);
}

/** `layer=2/mid=True/no_embeds` as a record; a flag alone is `"True"`, and everything is in `rest`. */
function paramsOf(parts: readonly string[]): Params {
  const pairs = parts.map((part) => {
    const [name = "", value = "True"] = part.split("=");
    return [name, value];
  });
  return { ...Object.fromEntries(pairs), rest: parts.join("/") };
}

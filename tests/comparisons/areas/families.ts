import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ActivationCaching } from "@hookdict/latent";
import { EncoderDecoder, loadModel, type LoadedModel, type Transformer } from "@hookdict/models";
import { TensorDict } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Area, Item } from "../area.ts";
import { describeDifference } from "../close.ts";
import { type Bench, disposeInputs, inputsOf, type Reference, toleranceOf } from "./families/bench.ts";
import { checkLens } from "./families/lens.ts";
import { greedyFaults } from "./greedy.ts";
import { placeOf } from "./hugging-face.ts";

/** Tiny checkpoints of every family with values from Hugging Face and TransformerLens: `models/families/<name>`. */
export const families: Area = {
  name: "families",
  at: "models/families",
  async items(folder) {
    const root = join(folder, "models", "families");
    return readdirSync(root)
      .sort()
      .filter((name) => isVariant(join(root, name)))
      .map((name): Item => ({ name, check: () => checkVariant(join(root, name)) }));
  },
};

/** Whether a folder has values of a model; what is not complete is found where it is compared. */
function isVariant(folder: string): boolean {
  return (
    existsSync(join(folder, "reference.json")) &&
    readdirSync(folder).some((name) => name.startsWith("config.") || /^model.*\.safetensors$/.test(name))
  );
}

async function checkVariant(folder: string): Promise<string[]> {
  const reference = JSON.parse(readFileSync(join(folder, "reference.json"), "utf8")) as Reference;
  using values = await TensorDict.load(join(folder, "reference.safetensors"));
  const faults: string[] = [];
  const configs = ["config.json", "config.v4.json"].filter((file) => existsSync(join(folder, file)));
  if (configs.length === 0) faults.push("there is no config.json");
  for (const config of configs) {
    using model = await loadModel<LoadedModel>(folder, { config });
    const bench: Bench = { model, reference, values, report: (line) => faults.push(`${config}: ${line}`) };
    const start = decoderStart(folder, config);
    for (const line of strayTensors(bench)) bench.report(line);
    for (const [set, given] of Object.entries(reference.sets)) {
      try {
        checkSet(bench, set);
        for (const fault of await greedyFaults(model, given, start)) bench.report(`${set}: ${fault}`);
      } catch (error) {
        bench.report(`${set}: ${String(error)}`);
      }
    }
    for (const [name, lens] of Object.entries(reference.transformer_lens ?? {}))
      if (lens.agrees) checkLens(bench, name, lens);
  }
  return faults;
}

/** What a decoder behind an encoder begins with. */
function decoderStart(folder: string, config: string): number | undefined {
  const files = [config, "generation_config.json"].filter((file) => existsSync(join(folder, file)));
  const all = files.map(
    (file) =>
      (JSON.parse(readFileSync(join(folder, file), "utf8")) as { readonly decoder_start_token_id?: number })
        .decoder_start_token_id,
  );
  return all.find((each) => each !== undefined);
}

/** Tensors that nothing here is compared with: of no set, or of no kind that is known. */
function strayTensors({ model, reference, values }: Bench): string[] {
  const lenses = Object.values(reference.transformer_lens ?? {});
  const ofLenses = new Set(
    lenses.flatMap(({ hooks = [], grads = [] }) => [
      ...hooks.map(([, , key]) => key),
      ...grads.map(([, key]) => key),
    ]),
  );
  return [...values.keys()].flatMap((key) => {
    const [set = "", kind] = key.split("/");
    if (reference.sets[set] === undefined) return [`${key}: there is no set "${set}"`];
    const isKnown =
      kind === "logits" || kind === "pixel_values" || ofLenses.has(key) || placeOf(model, key) !== undefined;
    return isKnown ? [] : [`${key}: nothing here gives this`];
  });
}

/** Logits, hidden states and attentions of a whole batch, where there are tokens. */
function checkSet(bench: Bench, set: string): void {
  const { model, reference, values, report } = bench;
  const given = reference.sets[set];
  const isToken = given?.attention_mask?.flat();
  const keys = values.keys().filter((key) => key.startsWith(`${set}/`));
  if (keys.length === 0) return; // what follows its prompts may be all that is known
  const places = new Map(keys.map((key) => [key, placeOf(model, key)] as const));
  const paths = new Set(
    model
      .hookTarget()
      .sites()
      .map(({ path }) => path),
  );
  const wanted = [...places.values()].map((place) => place?.site);
  const sites = [...new Set(wanted)].filter((site) => site !== undefined && paths.has(site)) as string[];
  using hooked = new ActivationCaching(sites).prepare(model as Transformer);
  const inputs = inputsOf(bench, set, false);
  const logits = hooked.call(...(inputs as Parameters<Transformer["forward"]>));
  for (const [key, place] of places) {
    const kind = place === undefined ? "logits" : key.includes("attentions") ? "attentions" : "hidden_states";
    if (place === undefined && key !== `${set}/logits`) continue;
    const want = values.get<Tensor>(key);
    const got =
      place === undefined ? logits : hooked.cache.get<Tensor | undefined>(["fwd", place.site], undefined);
    if (got === undefined) {
      report(`${key}: there is no site ${place?.site}`);
      continue;
    }
    const isAll = place?.rows === "all" || (place === undefined && model instanceof EncoderDecoder);
    const rowOf = rowFinder(want.shape, kind === "attentions");
    const counts = (at: number): boolean => isAll || isToken === undefined || isToken[rowOf(at)] === 1;
    const fault = describeDifference(got.dataSync(), want.dataSync(), toleranceOf(reference, kind), counts);
    if (fault !== undefined) report(`${key} ${fault}`);
  }
  logits.dispose();
  disposeInputs(inputs);
}

/** Which row of `[batch * pos]` a value belongs to: `[batch, pos, n]`, or `[batch, head, dest, src]`. */
function rowFinder(shape: readonly number[], isPattern: boolean): (at: number) => number {
  const width = shape.at(-1) ?? 1;
  if (!isPattern) return (at) => Math.floor(at / width);
  const [, heads = 1, pos = 1] = shape;
  return (at) => {
    const line = Math.floor(at / width);
    return Math.floor(line / (heads * pos)) * pos + (line % pos);
  };
}

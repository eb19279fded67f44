import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ActivationCaching } from "@hookdict/latent";
import { EncoderDecoder, loadModel, type LoadedModel, type Transformer } from "@hookdict/models";
import { forEachTensor, TensorDict } from "@hookdict/tensordict";
import {
  clone,
  reshape,
  slice,
  sub,
  tensor2d,
  topk,
  transpose,
  type Tensor,
  type Tensor2D,
} from "@tensorflow/tfjs-core";
import type { Area, Item } from "../area.ts";
import { describeDifference, type Tolerance } from "../close.ts";
import { type GreedySet, greedyFaults } from "./greedy.ts";
import { placeOf } from "./hugging-face.ts";
import { sitesOf } from "./hook-names.ts";

/** Tiny checkpoints of every family with values from Hugging Face and TransformerLens: `models/families/<name>`. */
export const families: Area = {
  name: "families",
  async items(folder) {
    const root = join(folder, "models", "families");
    return readdirSync(root)
      .sort()
      .filter((name) => ["reference.json", "config.json"].every((file) => existsSync(join(root, name, file))))
      .map((name): Item => ({ name, check: () => checkVariant(join(root, name)) }));
  },
};

type Rows = readonly (readonly number[])[];

/** Inputs of a set; pixels stand among the values. */
interface Inputs extends GreedySet {
  readonly token_type_ids?: Rows;
  readonly decoder_input_ids?: Rows;
}

/** What the data's README says of reference.json. */
interface Reference {
  readonly sets: Readonly<Record<string, Inputs>>;
  readonly tolerance: Readonly<
    Record<"logits" | "hidden_states" | "attentions" | "hooks" | "grads", Tolerance>
  >;
  readonly transformer_lens?: Readonly<Record<string, Lens>>;
}

/** What one generation of TransformerLens gave. */
interface Lens {
  readonly agrees: boolean;
  readonly hooks?: readonly (readonly [string, readonly number[], string | null])[];
  readonly grads?: readonly (readonly [string, string | null])[];
  readonly metric?: Readonly<Record<string, { position: number; plus: number; minus: number }>>;
  readonly differs_from_tl3_at?: readonly string[];
}

async function checkVariant(folder: string): Promise<string[]> {
  const reference = JSON.parse(readFileSync(join(folder, "reference.json"), "utf8")) as Reference;
  using values = await TensorDict.load(join(folder, "reference.safetensors"));
  const faults: string[] = [];
  for (const config of ["config.json", "config.v4.json"].filter((file) => existsSync(join(folder, file)))) {
    using model = await loadModel<LoadedModel>(folder, { config });
    const bench: Bench = { model, reference, values, report: (line) => faults.push(`${config}: ${line}`) };
    const { decoder_start_token_id: start } = JSON.parse(readFileSync(join(folder, config), "utf8")) as {
      decoder_start_token_id?: number;
    };
    for (const [set, given] of Object.entries(reference.sets)) {
      checkSet(bench, set);
      for (const fault of await greedyFaults(model, given, start)) bench.report(fault);
    }
    for (const [name, lens] of Object.entries(reference.transformer_lens ?? {}))
      if (lens.agrees) checkLens(bench, name, lens);
  }
  return faults;
}

interface Bench {
  readonly model: LoadedModel;
  readonly reference: Reference;
  readonly values: TensorDict;
  readonly report: (line: string) => void;
}

/** What a run is called with: the rows of a set, or the first of them alone. */
function inputsOf({ model, reference, values }: Bench, set: string, first: boolean): readonly unknown[] {
  const given = reference.sets[set];
  if (given === undefined) throw new Error(`there is no set ${set}`);
  const some = <T>(all: readonly T[]): readonly T[] => (first ? all.slice(0, 1) : all);
  if (given.input_ids === undefined) {
    const pixels = values.get<Tensor>(`${set}/pixel_values`);
    return [first ? slice(pixels, [0, 0, 0, 0], [1, -1, -1, -1]) : clone(pixels)];
  }
  const tokens = rows(some(given.input_ids));
  const optional = (of: Rows | undefined): Tensor2D | undefined =>
    of === undefined ? undefined : rows(some(of));
  const attentionMask = first ? undefined : optional(given.attention_mask);
  if (model instanceof EncoderDecoder)
    return [tokens, { attentionMask, decoderTokens: optional(given.decoder_input_ids) }];
  return [tokens, { attentionMask, tokenTypes: optional(given.token_type_ids) }];
}

function disposeInputs(inputs: readonly unknown[]): void {
  forEachTensor(inputs, (tensor) => tensor.dispose());
}

/** Logits, hidden states and attentions of a whole batch, where there are tokens. */
function checkSet(bench: Bench, set: string): void {
  const { model, reference, values, report } = bench;
  const given = reference.sets[set];
  const isToken = given?.attention_mask?.flat();
  const keys = values.keys().filter((key) => key.startsWith(`${set}/`));
  const places = new Map(keys.map((key) => [key, placeOf(model, key)] as const));
  const sites = [
    ...new Set([...places.values()].map((place) => place?.site).filter((site) => site !== undefined)),
  ];
  using hooked = new ActivationCaching(sites).prepare(model as Transformer);
  const inputs = inputsOf(bench, set, false);
  const logits = hooked.call(...(inputs as Parameters<Transformer["forward"]>));
  for (const [key, place] of places) {
    const kind = place === undefined ? "logits" : key.includes("attentions") ? "attentions" : "hidden_states";
    if (place === undefined && key !== `${set}/logits`) continue;
    const want = values.get<Tensor>(key);
    const got = place === undefined ? logits : hooked.cache.get<Tensor>(["fwd", place.site]);
    const isAll = place?.rows === "all" || (place === undefined && model instanceof EncoderDecoder);
    const rowOf = rowFinder(want.shape, kind === "attentions");
    const counts = (at: number): boolean => isAll || isToken === undefined || isToken[rowOf(at)] === 1;
    const fault = describeDifference(got.dataSync(), want.dataSync(), reference.tolerance[kind], counts);
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

/**
 * What the bridge sees and nothing here does: what Hugging Face hands to BART's and OPT's tables of positions (its inputs, its
 * mask), and T5's scales, from which the bridge takes a mean off that T5's norm leaves on.
 */
function isForeign({ config }: LoadedModel, name: string): boolean {
  const { modelType } = config;
  if (name.endsWith("pos_embed.hook_in")) return modelType === "opt" || modelType === "bart";
  return modelType === "t5" && /hook_(scale|normalized)$/.test(name);
}

/** Hook values and gradients, of the first row of their set. */
function checkLens(bench: Bench, lensName: string, lens: Lens): void {
  const { model, reference } = bench;
  const hooks = (lens.hooks ?? []).filter(
    ([name]) => lens.differs_from_tl3_at?.includes(name) !== true && !isForeign(model, name),
  );
  const sites = new Set(
    model
      .hookTarget()
      .sites()
      .map(({ path }) => path),
  );
  for (const set of Object.keys(reference.sets)) {
    const inputs = inputsOf(bench, set, true);
    const ofSet = hooks.filter(([, , key]) => key?.startsWith(`${set}/`));
    if (ofSet.length > 0) checkHooks(bench, lensName, ofSet, inputs, sites);
    const metric = lens.metric?.[set];
    const grads = (lens.grads ?? []).filter(([, key]) => key?.startsWith(`${set}/`));
    if (metric !== undefined && grads.length > 0) checkGrads(sites, bench, grads, metric, inputs);
    disposeInputs(inputs);
  }
}

function checkHooks(
  { model, reference, values, report }: Bench,
  lensName: string,
  hooks: NonNullable<Lens["hooks"]>,
  inputs: readonly unknown[],
  sites: ReadonlySet<string>,
): void {
  using hooked = new ActivationCaching("**", { directions: ["fwd_pre", "fwd"] }).prepare(
    model as Transformer,
  );
  hooked.call(...(inputs as Parameters<Transformer["forward"]>)).dispose();
  for (const [name, shape, key] of hooks) {
    const places = sitesOf(name, sites);
    const want = values.get<Tensor>(key ?? "");
    const found = places.map((place) => valueAt(hooked.cache, place)).filter((each) => each !== undefined);
    if (found.length === 0) {
      report(`${lensName} ${name}: ${places.length === 0 ? "no site" : "did not run"}`);
      continue;
    }
    const given = name.endsWith("hook_attn_scores") && model.config.modelType === "bloom" ? perRow : same;
    // T5's scores reach the bridge before the mask.
    const isUnmasked = name.endsWith("hook_attn_scores") && model.config.modelType === "t5";
    const differences = found.map((got) => {
      const ours = valuesOf(got, shape, model, name);
      return describeDifference(
        given(ours, shape),
        given(want.dataSync(), shape),
        reference.tolerance.hooks,
        (at) => !isUnmasked || ours[at] !== -Infinity,
      );
    });
    const [fault] = differences;
    if (differences.every((each) => each !== undefined)) report(`${lensName} ${name} ${fault}`);
  }
  const order = hooks.filter(([name]) => sites.has(name)).map(([name]) => name);
  const keys = [...hooked.cache.get<TensorDict>("fwd").keys()] as string[];
  const ours = keys.filter((path) => order.includes(path));
  const isSame = lensName !== "tl3" || ours.join() === [...new Set(order)].join();
  if (!isSame) report(`${lensName}: order is ${ours.find((name, i) => name !== order[i])}`);
}

type Numbers = ArrayLike<number>;

const same = (numbers: Numbers): Numbers => numbers;

/** Scores less the first of their row: BLOOM's bias is known up to a number for each query. */
function perRow(numbers: Numbers, shape: readonly number[]): Numbers {
  const width = shape.at(-1) ?? 1;
  return Float32Array.from(numbers, (each, at) => each - (numbers[at - (at % width)] ?? 0));
}

function valueAt(cache: TensorDict, [direction, path]: readonly [string, string]): Tensor | undefined {
  const value = cache.get<unknown>([direction, path], undefined);
  return value instanceof TensorDict ? value.get<Tensor>("0") : (value as Tensor | undefined); // captures are either
}

/** The largest of each row, largest first: what the router's choice counts. */
function largest(of: Tensor, count: number): Numbers {
  const { values, indices } = topk(of, count);
  const numbers = values.dataSync();
  for (const each of [values, indices]) each.dispose();
  return numbers;
}

/** Values in their order: some generations put heads before positions, and list angles for both numbers of a pair. */
function valuesOf(got: Tensor, shape: readonly number[], model: LoadedModel, name: string): Numbers {
  if (name.endsWith("hook_router_scores")) return largest(got, shape.at(-1) ?? 1);
  if (got.rank === 4 && shape.length === 4 && got.shape[1] !== shape[1] && got.shape[1] === shape[2]) {
    const swapped = transpose(got, [0, 2, 1, 3]);
    const values = swapped.dataSync();
    swapped.dispose();
    return values;
  }
  const values = got.dataSync();
  if (!/hook_(cos|sin)$/.test(name)) return values;
  const pairs = got.shape.at(-1) ?? 1;
  if (shape.at(-1) === pairs) return values;
  const { blocks } = model.config as Partial<Transformer["config"]>; // of families that turn
  const isAdjacent = blocks?.some(({ attention }) => attention.rotary?.pairs === "adjacent");
  return Float32Array.from({ length: 2 * values.length }, (_, at) => {
    const [row, column] = [Math.floor(at / (2 * pairs)), at % (2 * pairs)];
    return values[row * pairs + (isAdjacent ? Math.floor(column / 2) : column % pairs)] ?? Number.NaN;
  });
}

function checkGrads(
  sites: ReadonlySet<string>,
  { model, reference, values, report }: Bench,
  grads: NonNullable<Lens["grads"]>,
  { position, plus, minus }: { position: number; plus: number; minus: number },
  inputs: readonly unknown[],
): void {
  const nameOf = (name: string): string => sitesOf(name, sites)[0]?.[1] ?? name;
  using hooked = new ActivationCaching(
    grads.map(([name]) => nameOf(name)),
    { directions: ["bwd"] },
  ).prepare(model as Transformer);
  hooked.backward(() => {
    const logits: Tensor = hooked.call(...(inputs as Parameters<Transformer["forward"]>));
    const at = position < 0 ? (logits.shape[1] ?? 0) + position : position;
    const one = (id: number): Tensor =>
      reshape(logits.rank === 2 ? slice(logits, [0, id], [1, 1]) : slice(logits, [0, at, id], [1, 1, 1]), []);
    return sub(one(plus), one(minus));
  });
  for (const [name, key] of grads) {
    const got = hooked.cache.get<Tensor>(["bwd", nameOf(name)]);
    const want = values.get<Tensor>(key ?? "");
    const fault = describeDifference(got.dataSync(), want.dataSync(), reference.tolerance.grads);
    if (fault !== undefined) report(`gradient of ${name} ${fault}`);
  }
}

function rows(of: Rows): Tensor2D {
  return tensor2d(of.flat(), [of.length, of[0]?.length ?? 0], "int32");
}

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ActivationCaching } from "@hookdict/latent";
import { loadModel, type Transformer } from "@hookdict/models";
import { TensorDict } from "@hookdict/tensordict";
import { reshape, slice, sub, tensor2d, transpose, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import type { Area, Item } from "../area.ts";
import { describeDifference, type Tolerance } from "../close.ts";
import { sitesOf } from "./hook-names.ts";

/** Tiny checkpoints of every family with values from Hugging Face and TransformerLens: `models/families/<name>`. */
export const families: Area = {
  name: "families",
  async items(folder) {
    const root = join(folder, "models", "families");
    return readdirSync(root)
      .sort()
      .filter((name) => existsSync(join(root, name, "reference.json")))
      .map((name): Item => ({ name, check: () => checkVariant(join(root, name)) }));
  },
};

type Rows = readonly (readonly number[])[];

/** What the data's README says of reference.json. */
interface Reference {
  readonly sets: Readonly<Record<string, { input_ids: Rows; attention_mask?: Rows; token_type_ids?: Rows }>>;
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
    using model = await loadModel(folder, { config });
    const bench: Bench = { model, reference, values, report: (line) => faults.push(`${config}: ${line}`) };
    for (const set of Object.keys(reference.sets)) checkSet(bench, set);
    for (const [name, lens] of Object.entries(reference.transformer_lens ?? {}))
      if (lens.agrees) checkLens(bench, name, lens);
  }
  return faults;
}

interface Bench {
  readonly model: Transformer;
  readonly reference: Reference;
  readonly values: TensorDict;
  readonly report: (line: string) => void;
}

/** Logits, hidden states and attentions of a whole batch, where there are tokens. */
function checkSet({ model, reference, values, report }: Bench, set: string): void {
  const given = reference.sets[set];
  if (given === undefined) return;
  const mask = given.attention_mask ?? given.input_ids.map((row) => row.map(() => 1));
  const isToken = mask.flat();
  using hooked = new ActivationCaching([
    "**.hook_resid_pre",
    "**.attn.hook_pattern",
    lastSite(model),
  ]).prepare(model);
  const [tokens, maskTensor] = [rows(given.input_ids), rows(mask)];
  const types = given.token_type_ids === undefined ? undefined : rows(given.token_type_ids);
  const logits = hooked.call(tokens, { attentionMask: maskTensor, tokenTypes: types });
  const pos = tokens.shape[1];
  const compare = (key: string, got: Tensor, kind: keyof Reference["tolerance"]): void => {
    const want = values.get<Tensor>(key);
    const width = want.shape.at(-1) ?? 1;
    const rowOf = (at: number): number => {
      if (kind !== "attentions") return Math.floor(at / width);
      const heads = want.shape[1] ?? 1;
      const line = Math.floor(at / width);
      return Math.floor(line / (heads * pos)) * pos + (line % pos);
    };
    const fault = describeDifference(
      got.dataSync(),
      want.dataSync(),
      reference.tolerance[kind],
      (at) => isToken[rowOf(at)] === 1,
    );
    if (fault !== undefined) report(`${key} ${fault}`);
  };
  for (const key of values.keys() as string[]) {
    const [, kind = "", index = ""] =
      /^[^/]+\/(logits|hidden_states|attentions)(?:\.(\d+))?$/.exec(key) ?? [];
    if (!key.startsWith(`${set}/`) || kind === "") continue;
    const layer = Number(index);
    const isLast = layer === model.blocks.length;
    const site =
      kind === "attentions"
        ? `blocks.${layer}.attn.hook_pattern`
        : isLast
          ? lastSite(model)
          : `blocks.${layer}.hook_resid_pre`;
    const got = kind === "logits" ? logits : hooked.cache.get<Tensor>(["fwd", site]);
    compare(key, got, kind as keyof Reference["tolerance"]); // the pattern lets no other through
  }
  for (const each of [logits, tokens, maskTensor, types]) each?.dispose();
}

function lastSite(model: Transformer): string {
  if (model.project_out !== undefined) return "project_out";
  return model.ln_final === undefined ? `blocks.${model.blocks.length - 1}` : "ln_final";
}

/** Hook values and gradients, of the first row of their set. */
function checkLens(bench: Bench, lensName: string, lens: Lens): void {
  const { model, reference } = bench;
  const hooks = (lens.hooks ?? []).filter(([name]) => lens.differs_from_tl3_at?.includes(name) !== true);
  const sites = new Set(
    model
      .hookTarget()
      .sites()
      .map(({ path }) => path),
  );
  for (const set of Object.keys(reference.sets)) {
    const first = reference.sets[set]?.input_ids[0];
    if (first === undefined) continue;
    const tokens = rows([first]);
    const ofSet = hooks.filter(([, , key]) => key?.startsWith(`${set}/`));
    if (ofSet.length > 0) checkHooks(bench, lensName, ofSet, tokens, sites);
    const metric = lens.metric?.[set];
    const grads = (lens.grads ?? []).filter(([, key]) => key?.startsWith(`${set}/`));
    if (metric !== undefined && grads.length > 0) checkGrads(bench, grads, metric, tokens);
    tokens.dispose();
  }
}

function checkHooks(
  { model, reference, values, report }: Bench,
  lensName: string,
  hooks: NonNullable<Lens["hooks"]>,
  tokens: Tensor2D,
  sites: ReadonlySet<string>,
): void {
  using hooked = new ActivationCaching("**", { directions: ["fwd_pre", "fwd"] }).prepare(model);
  hooked.call(tokens).dispose();
  for (const [name, shape, key] of hooks) {
    const places = sitesOf(name, sites);
    const want = values.get<Tensor>(key ?? "");
    const found = places.map((place) => valueAt(hooked.cache, place)).filter((each) => each !== undefined);
    if (found.length === 0) {
      report(`${lensName} ${name}: ${places.length === 0 ? "no site" : "did not run"}`);
      continue;
    }
    const given = name.endsWith("hook_attn_scores") && model.config.modelType === "bloom" ? perRow : same;
    const differences = found.map((got) =>
      describeDifference(
        given(valuesOf(got, shape, model, name), shape),
        given(want.dataSync(), shape),
        reference.tolerance.hooks,
      ),
    );
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

/** Values in their order: some generations put heads before positions, and list angles for both numbers of a pair. */
function valuesOf(got: Tensor, shape: readonly number[], model: Transformer, name: string): Numbers {
  if (got.rank === 4 && shape.length === 4 && got.shape[1] !== shape[1] && got.shape[1] === shape[2]) {
    const swapped = transpose(got, [0, 2, 1, 3]);
    const values = swapped.dataSync();
    swapped.dispose();
    return values;
  }
  const values = got.dataSync();
  if (!/hook_(cos|sin)$/.test(name)) return values;
  const pairs = got.shape.at(-1) ?? 1;
  const isAdjacent = model.config.blocks.some(({ attention }) => attention.rotary?.pairs === "adjacent");
  return Float32Array.from({ length: 2 * values.length }, (_, at) => {
    const [row, column] = [Math.floor(at / (2 * pairs)), at % (2 * pairs)];
    return values[row * pairs + (isAdjacent ? Math.floor(column / 2) : column % pairs)] ?? Number.NaN;
  });
}

function checkGrads(
  { model, reference, values, report }: Bench,
  grads: NonNullable<Lens["grads"]>,
  { position, plus, minus }: { position: number; plus: number; minus: number },
  tokens: Tensor2D,
): void {
  using hooked = new ActivationCaching(
    grads.map(([name]) => name),
    { directions: ["bwd"] },
  ).prepare(model);
  hooked.backward(() => {
    const logits = hooked.call(tokens);
    const at = position < 0 ? (logits.shape[1] ?? 0) + position : position;
    const one = (id: number): Tensor => reshape(slice(logits, [0, at, id], [1, 1, 1]), []);
    return sub(one(plus), one(minus));
  });
  for (const [name, key] of grads) {
    const got = hooked.cache.get<Tensor>(["bwd", name]);
    const want = values.get<Tensor>(key ?? "");
    const fault = describeDifference(got.dataSync(), want.dataSync(), reference.tolerance.grads);
    if (fault !== undefined) report(`gradient of ${name} ${fault}`);
  }
}

function rows(of: Rows): Tensor2D {
  return tensor2d(of.flat(), [of.length, of[0]?.length ?? 0], "int32");
}

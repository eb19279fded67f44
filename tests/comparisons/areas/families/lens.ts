import { ActivationCaching } from "@hookdict/latent";
import type { LoadedModel, Transformer } from "@hookdict/models";
import { TensorDict } from "@hookdict/tensordict";
import { reshape, slice, sub, topk, transpose, type Tensor } from "@tensorflow/tfjs-core";
import { describeDifference } from "../../close.ts";
import { sitesOf } from "../hook-names.ts";
import { type Bench, disposeInputs, inputsOf, type Lens, toleranceOf } from "./bench.ts";

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
export function checkLens(bench: Bench, lensName: string, lens: Lens): void {
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
  const stray = [...hooks.map(([, , key]) => key), ...(lens.grads ?? []).map(([, key]) => key)].find(
    (key) => key !== null && reference.sets[key.split("/")[0] ?? ""] === undefined,
  );
  if (stray !== undefined) bench.report(`${lensName} ${stray}: there is no such set`);
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
        toleranceOf(reference, "hooks"),
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
    const fault = describeDifference(got.dataSync(), want.dataSync(), toleranceOf(reference, "grads"));
    if (fault !== undefined) report(`gradient of ${name} ${fault}`);
  }
}

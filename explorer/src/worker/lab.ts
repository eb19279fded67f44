import { ActivationCaching } from "@hookdict/latent";
import type { Transformer } from "@hookdict/models";
import type { TensorDict } from "@hookdict/tensordict";
import { reshape, slice, sub, type Tensor, tidy } from "@tensorflow/tfjs-core";
import type { Deed, Prompts } from "../messages.ts";
import { difference, type Ground } from "./deeds.ts";

/** The model that is looked at, and what is known of it. */
export interface Lab {
  readonly model: Transformer;
  readonly name: string;
  readonly heads: number;
}

/** What a run left. */
export interface Run extends Disposable {
  readonly cache: TensorDict;
  readonly metric: number;
  readonly prediction: string;
}

/** What all pictures of a run are made of. Patterns are as large as everything else together, and more. */
export const PICTURED = ["blocks.*.hook_resid_{pre,post}", "blocks.*.attn.hook_pattern"];
/** What patches take of the clean run. */
export const PATCHED = ["blocks.*.hook_resid_pre", "blocks.*.attn.hook_z"];

export const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** What is made of a text's tokens, which are there as long. */
export function withTokens<T>(
  model: Transformer,
  text: string,
  use: (ids: Tensor) => T,
  options: Parameters<Transformer["tokens"]>[1] = {},
): T {
  const ids = model.tokens(text, options);
  try {
    return use(ids);
  } finally {
    ids.dispose();
  }
}

/** One run with the given sites captured. **Ownership:** returns owned. */
export async function capture(
  { model }: Lab,
  text: string,
  prompts: Prompts,
  sites: readonly string[],
): Promise<Run> {
  using hooked = new ActivationCaching(sites).prepare(model);
  const logits = withTokens(model, text, (ids) => hooked.call(ids));
  const [metric, last] = readings(model, logits, prompts);
  try {
    const [value = Number.NaN] = await metric.data();
    const best = likeliest(await last.data());
    const prediction = best === undefined ? "" : wordOf(model, best);
    const cache = hooked.takeCache();
    return { cache, metric: value, prediction, [Symbol.dispose]: () => cache[Symbol.dispose]() };
  } finally {
    metric.dispose();
    last.dispose();
  }
}

/** The metric, and the logits at the last position. **Ownership:** takes the logits. */
function readings(model: Transformer, logits: Tensor, prompts: Prompts): [Tensor, Tensor] {
  try {
    return tidy(() => [metricOf(model, logits, prompts), lastRow(logits)]);
  } finally {
    logits.dispose();
  }
}

/** The token of the largest logit; none where no logit is a number. */
function likeliest(logits: ArrayLike<number>): number | undefined {
  let best: number | undefined;
  for (let id = 0; id < logits.length; id += 1)
    if ((logits[id] ?? Number.NaN) > (best === undefined ? -Infinity : (logits[best] ?? 0))) best = id;
  return best;
}

/** A token's text; its number where the model has more rows than its tokenizer has tokens. */
export function wordOf(model: Transformer, id: number): string {
  return model.tokenizer.has(id) ? model.decode([id]) : `#${id}`;
}

/** The metric of one run of which nothing else is needed. */
export async function measure({ model }: Lab, text: string, prompts: Prompts): Promise<number> {
  const value = withTokens(model, text, (ids) => tidy(() => metricOf(model, model.call(ids), prompts)));
  try {
    return (await value.data())[0] ?? Number.NaN;
  } finally {
    value.dispose();
  }
}

/** Logit of the answer minus logit of the wrong token, at the last position. */
export function metricOf(model: Transformer, logits: Tensor, prompts: Prompts): Tensor {
  return tidy(() => {
    const row = lastRow(logits);
    const pick = (word: string): Tensor => reshape(slice(row, [oneToken(model, word)], [1]), []);
    return sub(pick(prompts.answer), pick(prompts.wrong));
  });
}

/** Directions of the steering deeds. **Ownership:** borrows the source; returns owned. */
export function groundOf(
  { model, heads }: Lab,
  source: TensorDict,
  deeds: readonly Deed[],
): Ground & Disposable {
  const vectors = new Map<Deed, Tensor>();
  const end = (): void => {
    for (const vector of vectors.values()) vector.dispose();
  };
  try {
    for (const deed of deeds)
      if (deed.kind === "steer" && deed.off !== true) vectors.set(deed, directionOf(model, deed));
  } catch (error) {
    end();
    throw error;
  }
  return { source, vectors, heads, [Symbol.dispose]: end };
}

/** **Ownership:** returns owned. */
function directionOf(model: Transformer, { layer, plus, minus }: Deed & { readonly kind: "steer" }): Tensor {
  const path = `blocks.${layer}.hook_resid_pre`;
  const at = (text: string): Tensor => {
    using hooked = new ActivationCaching(path).prepare(model);
    withTokens(model, text, (ids) => hooked.call(ids), { unknown: "allow" }).dispose();
    return hooked.cache.get<Tensor>(["fwd", path]).clone();
  };
  return tidy(() => difference(at(plus), at(minus)));
}

/** Logits at the last position, `[vocabulary]`. */
export function lastRow(logits: Tensor): Tensor {
  const [, pos = 1, vocabulary = 0] = logits.shape;
  return reshape(slice(logits, [0, pos - 1, 0], [1, 1, vocabulary]), [vocabulary]);
}

/** The token as written or, for tokenizers whose words begin with a space, after one. */
export function oneToken(model: Transformer, text: string): number {
  const [id, ...others] = model.tokenIds(` ${text.trim()}`, { prependBos: false, unknown: "allow" });
  const isWhole = id !== undefined && others.length === 0 && model.decode([id]).trim() === text.trim();
  return isWhole ? id : model.singleToken(text);
}

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

/** One run with the given sites captured. **Ownership:** returns owned. */
export async function capture(
  { model }: Lab,
  text: string,
  prompts: Prompts,
  sites: readonly string[],
): Promise<Run> {
  using hooked = new ActivationCaching(sites).prepare(model);
  const ids = model.tokens(text);
  const logits = hooked.call(ids);
  ids.dispose();
  const cache = hooked.takeCache();
  const [metric, last] = tidy(() => [metricOf(model, logits, prompts), lastRow(logits)]);
  logits.dispose();
  try {
    const [value = Number.NaN] = await metric.data();
    const row = [...(await last.data())];
    const prediction = model.decode([row.indexOf(Math.max(...row))]);
    return { cache, metric: value, prediction, [Symbol.dispose]: () => cache[Symbol.dispose]() };
  } finally {
    metric.dispose();
    last.dispose();
  }
}

/** The metric of one run of which nothing else is needed. */
export async function measure({ model }: Lab, text: string, prompts: Prompts): Promise<number> {
  const ids = model.tokens(text);
  const value = tidy(() => metricOf(model, model.call(ids), prompts));
  ids.dispose();
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
export function groundOf({ model }: Lab, source: TensorDict, deeds: readonly Deed[]): Ground & Disposable {
  const vectors = new Map<Deed, Tensor>();
  for (const deed of deeds) {
    if (deed.kind !== "steer" || deed.off === true) continue;
    const at = (text: string): Tensor => {
      using hooked = new ActivationCaching(`blocks.${deed.layer}.hook_resid_pre`).prepare(model);
      const ids = model.tokens(text, { unknown: "allow" });
      hooked.call(ids).dispose();
      ids.dispose();
      return hooked.cache.get<Tensor>(["fwd", `blocks.${deed.layer}.hook_resid_pre`]).clone();
    };
    const [plus, minus] = [at(deed.plus), at(deed.minus)];
    vectors.set(deed, difference(plus, minus));
    plus.dispose();
    minus.dispose();
  }
  return {
    source,
    vectors,
    [Symbol.dispose]: () => {
      for (const vector of vectors.values()) vector.dispose();
    },
  };
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

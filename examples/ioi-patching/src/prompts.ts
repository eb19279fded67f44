import type { Hookable } from "@hookdict/core";
import {
  loadModel,
  type LoadedModel,
  type StateSpaceInputs,
  StateSpaceModel,
  Transformer,
} from "@hookdict/models";
import { seededRandom } from "@hookdict/tensordict";
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import { tensor2d } from "@tensorflow/tfjs-core";

/** Two prompts and the two tokens between which the model must choose. */
export interface Prompts {
  readonly clean: string;
  readonly corrupt: string;
  readonly answer: string;
  readonly wrong: string;
}

/** Pairs of prompts as tokens, `[pair, pos]`. **Ownership:** owns them. */
export interface Inputs extends Disposable {
  readonly clean: Tensor2D;
  readonly corrupt: Tensor2D;
  readonly answer: readonly number[];
  readonly wrong: readonly number[];
}

/** A model that predicts the next token, by attention or by states: what both have. */
export interface Decoder
  extends
    Hookable<[input: Tensor | string | readonly string[], inputs?: StateSpaceInputs], Tensor>,
    Pick<Transformer, "tokenizer" | "tokenIds" | "singleToken" | "decode">,
    Disposable {
  readonly config: Pick<Transformer["config"], "modelType" | "dVocab" | "dModel">;
  readonly blocks: readonly unknown[];
  call(input: Tensor, inputs?: StateSpaceInputs): Tensor;
}

/** @throws Error in one line for a folder with another kind of model; what `loadModel` throws. */
export async function loadDecoder(folder: string): Promise<Decoder> {
  const model = await loadModel<LoadedModel>(folder);
  if (model instanceof StateSpaceModel || (model instanceof Transformer && model.config.isCausal))
    return model;
  const { modelType } = model.config;
  model.dispose();
  throw new Error(
    `${folder} has a ${modelType}: this experiment is for decoders, which predict the next token.`,
  );
}

/** Whether texts are words; otherwise, in models without a tokenizer, they are ids of tokens: "5 9 3". */
function hasWords(model: Decoder): boolean {
  try {
    return model.tokenizer !== undefined;
  } catch {
    return false;
  }
}

/** Ids of a text. @throws Error in one line for a text that is none */
function idsOf(model: Decoder, text: string): number[] {
  if (hasWords(model)) {
    const { bosTokenId } = model.tokenizer;
    return model.tokenIds(text, { prependBos: bosTokenId !== undefined });
  }
  const ids = text.trim().split(/\s+/).map(Number);
  const isFit = ids.every((id) => Number.isInteger(id) && id >= 0 && id < model.config.dVocab);
  if (!isFit)
    throw new Error(
      `${JSON.stringify(text)}: the model has no tokenizer, so prompts are ids from 0 to ${model.config.dVocab - 1}, as in "5 9 3".`,
    );
  return ids;
}

/** The token as written or, for tokenizers whose words begin with a space, after one. */
function oneToken(model: Decoder, text: string): number {
  if (!hasWords(model)) {
    const [id = 0, ...others] = idsOf(model, text);
    if (others.length > 0)
      throw new Error(`${JSON.stringify(text)} is ${others.length + 1} tokens: give one.`);
    return id;
  }
  const [id, ...others] = model.tokenIds(` ${text}`, { prependBos: false, unknown: "allow" });
  const isWhole = id !== undefined && others.length === 0 && model.decode([id]).trim() === text.trim();
  return isWhole ? id : model.singleToken(text);
}

/** What tokens are called in pictures. */
export function labelsOf(model: Decoder, text: string): string[] {
  const ids = idsOf(model, text);
  return hasWords(model) ? ids.map((id) => model.tokenizer.label(id)) : ids.map(String);
}

/** The text of a token as it stands in a text; its id where the tokenizer has none, as models may have more rows than that. */
export function wordOf(model: Decoder, id: number): string {
  if (!hasWords(model)) return String(id);
  return model.tokenizer.has(id) ? model.tokenizer.label(id) : `#${id}`;
}

/** The text of a token. */
export function textOf(model: Decoder, id: number): string {
  return wordOf(model, id).trim();
}

/** The pair's tokens. @throws Error in one line when its prompts cannot be compared or a token is not one token. */
function checked(
  model: Decoder,
  prompts: Prompts,
): { readonly answer: number; readonly wrong: number; readonly clean: number[]; readonly corrupt: number[] } {
  const answer = oneToken(model, prompts.answer);
  const wrong = oneToken(model, prompts.wrong);
  if (answer === wrong)
    throw new Error(`--answer and --wrong are the same token, ${JSON.stringify(prompts.answer)}.`);
  const [clean, corrupt] = [idsOf(model, prompts.clean), idsOf(model, prompts.corrupt)];
  if (clean.length !== corrupt.length)
    throw new Error(
      `--clean has ${clean.length} tokens and --corrupt has ${corrupt.length}: patching by position needs equally many.`,
    );
  if (clean.join() === corrupt.join())
    throw new Error("--clean and --corrupt are the same tokens: there is nothing to explain.");
  return { answer, wrong, clean, corrupt };
}

/** @throws Error in one line when prompts cannot be compared or a token is not one token. */
export function encode(model: Decoder, pairs: readonly Prompts[]): Inputs {
  const all = pairs.map((each) => checked(model, each));
  const stack = (rows: readonly number[][]): Tensor2D =>
    tensor2d(rows.flat(), [rows.length, rows[0]?.length ?? 0], "int32");
  const clean = stack(all.map((each) => each.clean));
  const corrupt = stack(all.map((each) => each.corrupt));
  return {
    clean,
    corrupt,
    answer: all.map((each) => each.answer),
    wrong: all.map((each) => each.wrong),
    [Symbol.dispose]: () => {
      clean.dispose();
      corrupt.dispose();
    },
  };
}

/** Names that most tokenizers have as one token. */
const NAMES =
  "Adam Alice Amy Bob Carol Clara Dan David Emma Eric Fiona Frank Grace Henry Jack James Jane Kate Laura Lucy Mark Mary Paul Peter Rose Ruth Sam Sarah Tom".split(
    " ",
  );

/**
 * The pair, and others like it: with other names in place of the answer and the wrong token, as many as are wanted, or as there
 * are. Where these are not in the prompt, or the model knows no words, there are no others.
 */
export function pairsLike(model: Decoder, prompts: Prompts, count: number, seed: number): Prompts[] {
  const found = [prompts];
  const isIn = (word: string): boolean =>
    /^\w+$/.test(word) && new RegExp(`\\b${word}\\b`).test(prompts.clean);
  if (!hasWords(model) || ![prompts.answer, prompts.wrong].every((word) => isIn(word))) return found;
  const { length } = idsOf(model, prompts.clean);
  const known = NAMES.filter((name) => isToken(model, name));
  const random = seededRandom(seed);
  const pick = (): string => known[Math.floor(random() * known.length)] ?? "";
  const seen = new Set([`${prompts.answer} ${prompts.wrong}`]);
  // Pairs may be drawn twice: in the end there are no more.
  for (let tries = 0; found.length < count && known.length > 1 && tries < 50 * count; tries += 1) {
    const [answer, wrong] = [pick(), pick()];
    const key = `${answer} ${wrong}`;
    if (answer === wrong || seen.has(key)) continue;
    seen.add(key);
    const other = (text: string): string => renamed(text, prompts, { answer, wrong });
    const pair = { clean: other(prompts.clean), corrupt: other(prompts.corrupt), answer, wrong };
    const isAlike = [pair.clean, pair.corrupt].every((text) => idsOf(model, text).length === length);
    if (isAlike) found.push(pair);
  }
  return found;
}

type Names = Pick<Prompts, "answer" | "wrong">;

/** Both names at once: one may be the other's new one. */
const renamed = (text: string, from: Names, to: Names): string =>
  text.replaceAll(new RegExp(`\\b(?:${from.answer}|${from.wrong})\\b`, "g"), (word) =>
    word === from.answer ? to.answer : to.wrong,
  );

function isToken(model: Decoder, word: string): boolean {
  try {
    oneToken(model, word);
    return true;
  } catch {
    return false;
  }
}

import { loadModel, type LoadedModel, StateSpaceModel, Transformer } from "@hookdict/models";
import type { Tensor2D } from "@tensorflow/tfjs-core";
import { tensor2d } from "@tensorflow/tfjs-core";

/** Two prompts and the two tokens between which the model must choose. */
export interface Prompts {
  readonly clean: string;
  readonly corrupt: string;
  readonly answer: string;
  readonly wrong: string;
}

/** Prompts as tokens. **Ownership:** owns them. */
export interface Inputs extends Disposable {
  readonly clean: Tensor2D;
  readonly corrupt: Tensor2D;
  readonly answer: number;
  readonly wrong: number;
}

/** @throws Error in one line for a folder with another kind of model; what `loadModel` throws. */
export async function loadDecoder(folder: string): Promise<Transformer> {
  const model = await loadModel<LoadedModel>(folder);
  if (model instanceof Transformer && model.config.isCausal) return model;
  const { modelType } = model.config;
  const isStates = model instanceof StateSpaceModel;
  model.dispose();
  const why = isStates
    ? `it predicts the next token by states, without heads over positions, so it has no map of heads and no paths between them. ` +
      `Its positions can be patched: new PatchingSweep({ tables: patchTables(["resid_pre"]), metrics }).prepare(model).`
    : `this experiment is for decoders, which predict the next token.`;
  throw new Error(`${folder} has a ${modelType}: ${why}`);
}

/** Whether texts are words; otherwise, in models without a tokenizer, they are ids of tokens: "5 9 3". */
function hasWords(model: Transformer): boolean {
  try {
    return model.tokenizer !== undefined;
  } catch {
    return false;
  }
}

/** Ids of a text. @throws Error in one line for a text that is none */
function idsOf(model: Transformer, text: string): number[] {
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
function oneToken(model: Transformer, text: string): number {
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
export function labelsOf(model: Transformer, text: string): string[] {
  const ids = idsOf(model, text);
  return hasWords(model) ? ids.map((id) => model.tokenizer.label(id)) : ids.map(String);
}

/** The text of a token as it stands in a text; its id where the tokenizer has none, as models may have more rows than that. */
export function wordOf(model: Transformer, id: number): string {
  if (!hasWords(model)) return String(id);
  return model.tokenizer.has(id) ? model.tokenizer.label(id) : `#${id}`;
}

/** The text of a token. */
export function textOf(model: Transformer, id: number): string {
  return wordOf(model, id).trim();
}

/** @throws Error in one line when the prompts cannot be compared or a token is not one token. */
export function encode(model: Transformer, prompts: Prompts): Inputs {
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
  const tensors = [clean, corrupt].map((ids) => tensor2d([ids], [1, ids.length], "int32"));
  return {
    clean: tensors[0] as Tensor2D,
    corrupt: tensors[1] as Tensor2D,
    answer,
    wrong,
    [Symbol.dispose]: () => tensors.forEach((each) => each.dispose()),
  };
}

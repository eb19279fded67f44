import { atPlace, type HookedModule } from "@hookdict/core";
import { jsonText } from "@hookdict/tensordict";
import { slice, type Tensor, tensor2d, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import type { EncoderDecoder } from "../transformer/encoder-decoder.ts";
import type { StepCache } from "../transformer/step-cache.ts";
import type { RunInputs, Transformer } from "../transformer/transformer.ts";
import { isTokens } from "./check.ts";
import { type Decoder, decoderOf } from "./decoder-of.ts";
import { generationOption, noTokenLeft } from "./errors.ts";

/**
 * What generates: a model, or a hooked one. int32 `[batch, pos]` in, logits `[batch, pos, dVocab]` out, owned. Further inputs
 * are given to models of `loadModel` alone.
 */
export interface LogitsModel {
  call(tokens: Tensor, ...inputs: never[]): Tensor;
}

/** Options of how the model is run. */
export interface RunOptions {
  /**
   * Whether decoders of `loadModel` keep keys and values, or states, and compute each token once. Default true. Other
   * models compute all tokens at every step.
   */
  readonly useCache?: boolean;
  /**
   * Whether rows of unequal lengths run together, padded on the left: one run for each step, in which hooks see padding,
   * and count positions from the left of the longest row. For decoders of `loadModel` without an encoder. Default false:
   * rows of one length run together, and every position is the row's own.
   */
  readonly padLeft?: boolean;
  /**
   * What an encoder reads for each prompt, in token ids: for an `EncoderDecoder`, and then needed. Texts of unequal lengths
   * are padded on the right, with a mask. The prompts are what its decoder continues: mostly `[bosTokenId]`.
   */
  readonly encoderPrompts?: readonly (readonly number[])[];
}

/** A row that goes on. */
export interface OpenRow {
  readonly ids: readonly number[];
  /** Which row of the step before it goes on from. */
  readonly parent: number;
  /** Which prompt it began with. */
  readonly prompt: number;
}

/** Tokens of several rows. */
interface Batch extends Pick<RunInputs, "attentionMask"> {
  readonly tokens: Tensor2D;
}

/** Rows that run together. */
interface Group {
  /** Which rows of the latest step they are. */
  readonly members: readonly number[];
  readonly cache: StepCache | undefined;
}

/**
 * Logits of the tokens that follow rows, step by step.
 *
 * **Ownership:** *borrows* the model; owns its caches, until it is disposed.
 *
 * @throws UsageError `GENERATION_OPTION`.
 */
export class NextLogits {
  readonly #model: LogitsModel;
  readonly #decoder: Decoder | undefined;
  readonly #options: RunOptions;
  #groups: readonly Group[] | undefined;

  constructor(model: LogitsModel, options: RunOptions, prompts: number) {
    this.#model = model;
    this.#options = options;
    this.#decoder = decoderOf(model);
    for (const name of ["useCache", "padLeft"] as const) {
      const value: unknown = options[name]; // plain JavaScript may give anything
      if (value !== undefined && typeof value !== "boolean") throw generationOption(name, "a boolean", value);
    }
    if (options.padLeft === true && this.#decoder?.takesPadding !== true)
      throw generationOption("padLeft", "false, or not given, for models that take no mask", true);
    checkEncoderPrompts(options.encoderPrompts, this.#decoder?.hasEncoder === true, prompts);
  }

  /**
   * Logits of the token after each row, `[dVocab]` each.
   *
   * @param rows Each is one token longer than the row of the step before that it goes on from.
   * @throws UsageError `GENERATION_NO_TOKEN`; what the model throws.
   */
  async next(rows: readonly OpenRow[], step: number): Promise<Float32Array[]> {
    const ids = rows.map((row) => row.ids);
    this.#groups = this.#groups === undefined ? this.#start(ids) : this.#continue(this.#groups, rows);
    const found: Float32Array[] = [];
    const given = this.#runAll(this.#groups, rows, step);
    try {
      for (const { members, last } of given) {
        const values = await last.data<"float32">();
        const width = values.length / members.length;
        for (const [k, i] of members.entries()) found[i] = values.slice(k * width, (k + 1) * width);
      }
    } finally {
      for (const { last } of given) last.dispose();
    }
    for (const [row, logits] of found.entries()) checkLogits(logits, row, step);
    return found;
  }

  /** Groups of one step are one run, so that captures of all are there after it. **Ownership:** *returns owned*. */
  #runAll(
    groups: readonly Group[],
    rows: readonly OpenRow[],
    step: number,
  ): { readonly members: readonly number[]; readonly last: Tensor }[] {
    const given: { members: readonly number[]; last: Tensor }[] = [];
    const run = (): void => {
      for (const { members, cache } of groups) {
        const own = members.map((i) => rows[i] as OpenRow); // members are rows
        given.push({ members, last: this.#run(own, cache, step) });
      }
    };
    const { during } = this.#model as Partial<Pick<HookedModule, "during">>; // hooked models have it
    try {
      if (groups.length > 1 && typeof during === "function") during.call(this.#model, run);
      else run();
      return given;
    } catch (error) {
      for (const { last } of given) last.dispose();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    for (const { cache } of this.#groups ?? []) cache?.dispose();
    this.#groups = [];
  }

  #start(ids: readonly (readonly number[])[]): Group[] {
    const { padLeft = false, useCache = true } = this.#options;
    const all = [...ids.keys()];
    const lengths = new Set(ids.map((row) => row.length));
    const together = padLeft
      ? [all]
      : [...lengths].map((length) => all.filter((i) => ids[i]?.length === length));
    const decoder = useCache ? this.#decoder : undefined;
    return together.map((members) => ({
      members,
      cache: decoder?.newCache(),
    }));
  }

  /** The groups with the rows that go on from theirs. */
  #continue(groups: readonly Group[], rows: readonly OpenRow[]): Group[] {
    return groups.flatMap(({ members, cache }) => {
      const next = [...rows.keys()].filter((i) => members.includes(rows[i]?.parent ?? -1));
      if (next.length === 0) cache?.dispose();
      else cache?.select(next.map((i) => members.indexOf(rows[i]?.parent ?? -1)));
      return next.length === 0 ? [] : [{ members: next, cache }];
    });
  }

  /** What runs the model on tokens. */
  #caller(rows: readonly OpenRow[], { tokens, attentionMask }: Batch): () => Tensor {
    const { encoderPrompts } = this.#options;
    const model = this.#model as Transformer; // hooked or not, it takes what it is
    if (encoderPrompts === undefined)
      return () => (attentionMask === undefined ? model.call(tokens) : model.call(tokens, { attentionMask }));
    const given = padded(
      rows.map(({ prompt }) => encoderPrompts[prompt] ?? []),
      "right",
    );
    const encoder = this.#model as unknown as EncoderDecoder; // it has one
    return () => encoder.call(given.tokens, { decoderTokens: tokens, attentionMask: given.attentionMask });
  }

  /** **Ownership:** *returns owned* `[rows, 1, dVocab]`. */
  #run(rows: readonly OpenRow[], cache: StepCache | undefined, step: number): Tensor {
    const ids = rows.map((row) => row.ids);
    // Where the model's angles depend on the length, everything is computed again.
    if (cache?.canExtend(1) === false) cache.clear();
    const given = cache !== undefined && cache.length > 0 ? ids.map((row) => row.slice(-1)) : ids;
    const firstPosition = cache?.length ?? 0;
    return tidy(() => {
      const call = this.#caller(rows, padded(given, "left"));
      const decoder = this.#decoder;
      const run = (): Tensor => decoder?.withCache(cache, () => decoder.readingLast(call)) ?? call();
      const logits = atPlace({ step, firstPosition }, run);
      return slice(logits, [0, (logits.shape[1] ?? 1) - 1, 0], [-1, 1, -1]);
    });
  }
}

/** @throws UsageError `GENERATION_OPTION` where an encoder has nothing to read, or there is none to read it. */
function checkEncoderPrompts(prompts: unknown, hasEncoder: boolean, count: number): void {
  const isGiven = Array.isArray(prompts) && prompts.length === count && prompts.every(isTokens);
  if (hasEncoder && !isGiven)
    throw generationOption(
      "encoderPrompts",
      `${count} lists of tokens, one for each prompt`,
      jsonText(prompts),
    );
  if (!hasEncoder && prompts !== undefined)
    throw generationOption("encoderPrompts", "left out, for a model without an encoder", jsonText(prompts));
}

/** Rows as tokens, padded on one side, with a mask where lengths differ. */
function padded(rows: readonly (readonly number[])[], side: "left" | "right"): Batch {
  const pos = rows.reduce((most, row) => Math.max(most, row.length), 0);
  const filled = (row: readonly number[], value: number, rest: (id: number) => number): number[] => {
    const padding = Array.from({ length: pos - row.length }, () => value);
    const own = row.map(rest);
    return side === "left" ? [...padding, ...own] : [...own, ...padding];
  };
  const ids = rows.flatMap((row) => filled(row, 0, (id) => id));
  const tokens = tensor2d(Int32Array.from(ids), [rows.length, pos], "int32");
  if (rows.every((row) => row.length === pos)) return { tokens };
  return { tokens, attentionMask: rows.map((row) => filled(row, 0, () => 1)) };
}

/** @throws UsageError `GENERATION_NO_TOKEN` when no token can be picked. */
export function checkLogits(logits: Float32Array, row: number, step: number): void {
  let isPickable = false;
  // At every step, for as many as there are tokens: a call for each would take longer than a layer of the model.
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i] as number; // below the length
    if (Number.isNaN(logit)) throw noTokenLeft(row, step);
    if (logit > -Infinity) isPickable = true;
  }
  if (!isPickable) throw noTokenLeft(row, step);
}

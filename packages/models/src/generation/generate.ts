import { checkGeneration, has, type OwnParts } from "./check.ts";
import { generationAborted, generationOption } from "./errors.ts";
import { type LogitsOptions, logitsSteps } from "./logits-steps.ts";
import { checkLogits, type LogitsModel, NextLogits, type RunOptions } from "./next-logits.ts";
import type { Pick } from "./pick.ts";
import { PICKS } from "./picks.ts";
import { seededRandom } from "@hookdict/tensordict";
import { type StopOptions, stops } from "./stops.ts";

/** Options of {@link generate}. */
export interface GenerateOptions extends LogitsOptions, StopOptions, RunOptions, OwnParts {
  /** How the next token is chosen. Default `"greedy"`. */
  readonly pick?: "greedy" | "sample" | Pick;
  /** Seed of what is drawn at random. Default 0. */
  readonly seed?: number;
}

/** Tokens that one step made. */
export interface GeneratedStep {
  /** From 0 on. */
  readonly step: number;
  /** The token of each row; `undefined` for rows that ended before. */
  readonly tokens: readonly (number | undefined)[];
  /** Each row until now, the prompt included. */
  readonly rows: readonly (readonly number[])[];
  /** Why each row ended: the name of its stop; `undefined` while it goes on. */
  readonly ended: readonly (string | undefined)[];
}

/** A row while it grows. */
interface Row {
  readonly prompt: number;
  readonly ids: number[];
  ended: string | undefined;
}

/**
 * Tokens that follow prompts, step by step: `for await (const { tokens } of generate(model, prompts, options))`. Each row's
 * result is that of its prompt alone, whatever the others are.
 *
 * Hooks, contexts and sessions stand at every step, and are told its number. A decoder of `loadModel`, hooked or not,
 * computes each token once, and keeps keys and values, or states, in a cache; an encoder before it runs once. Other models
 * compute all tokens at every step. Leaving
 * the loop ends the generation and frees the cache.
 *
 * **Ownership:** *borrows* the model; no tensor stays behind.
 *
 * @throws UsageError `GENERATION_OPTION`, `GENERATION_NO_TOKEN`; LifetimeError `GENERATION_ABORTED`; what the model throws,
 * such as `TOKENS_TOO_LONG` beyond its context.
 *
 * @example
 * using model = await GPT2.fromPretrained("./ioi-tiny");
 * const made = [];
 * for await (const { tokens } of generate(model, [model.tokenIds("When Mary and John")], { maxNewTokens: 2 })) {
 *   made.push(...tokens);
 * }
 * model.decode(made); // => "went to"
 */
export async function* generate(
  model: LogitsModel,
  prompts: readonly (readonly number[])[],
  options: GenerateOptions = {},
): AsyncGenerator<GeneratedStep, void, undefined> {
  checkGeneration("generate", model, prompts, options);
  const rows = prompts.map((prompt): Row => ({ prompt: prompt.length, ids: [...prompt], ended: undefined }));
  const pick = pickOf(options.pick ?? "greedy");
  const changes = [...logitsSteps(options), ...(options.steps ?? [])];
  const ends = [...stops(options), ...(options.stops ?? [])];
  // Each row draws its own numbers: what it gets does not depend on the others.
  const randoms = rows.map((_, i) => seededRandom((options.seed ?? 0) + i * 0x9e3779b9));
  using source = new NextLogits(model, options, rows.length);
  let before = [...rows.keys()];
  for (let step = 0; rows.some((row) => row.ended === undefined); step++) {
    if (options.signal?.aborted === true) throw generationAborted(step, options.signal.reason);
    const going = [...rows.keys()].filter((i) => rows[i]?.ended === undefined);
    const given = going.map((i) => ({ ids: rows[i]?.ids ?? [], parent: before.indexOf(i), prompt: i }));
    const all = await source.next(given, step);
    before = going;
    const tokens: (number | undefined)[] = rows.map(() => undefined);
    for (const [k, i] of going.entries()) {
      const [row, logits] = [rows[i] as Row, all[k] as Float32Array]; // one of each for every index
      for (const change of changes) change.apply(logits, row.ids);
      if (changes.length > 0) checkLogits(logits, i, step);
      tokens[i] = pick.pick(logits, randoms[i] ?? Math.random);
      row.ids.push(tokens[i]);
      row.ended = ends.find((stop) => stop.isEnd(row.ids.slice(row.prompt)))?.name;
    }
    yield { step, tokens, rows: rows.map((row) => [...row.ids]), ended: rows.map((row) => row.ended) };
  }
}

/**
 * The rows that {@link generate} ends with, prompts included.
 *
 * @throws As {@link generate}.
 *
 * @example
 * using model = await GPT2.fromPretrained("./ioi-tiny");
 * const [row] = await generateRows(model, [model.tokenIds("When Mary and John")], { maxNewTokens: 2 });
 * model.decode(row.slice(-2)); // => "went to"
 */
export async function generateRows(
  model: LogitsModel,
  prompts: readonly (readonly number[])[],
  options: GenerateOptions = {},
): Promise<readonly (readonly number[])[]> {
  checkGeneration("generateRows", model, prompts, options);
  let rows: readonly (readonly number[])[] = [];
  for await (const step of generate(model, prompts, options)) rows = step.rows;
  return rows;
}

function pickOf(pick: string | Pick): Pick {
  const found = has(pick, "pick") ? (pick as Pick) : PICKS.find(({ name }) => name === pick);
  if (found === undefined) {
    throw generationOption("pick", `one of ${PICKS.map(({ name }) => name).join(", ")}, or a Pick`, pick);
  }
  return found;
}

import { countWords, isCount } from "@hookdict/tensordict";
import { checkGeneration } from "./check.ts";
import { generationOption } from "./errors.ts";
import { type LogitsOptions, logitsSteps } from "./logits-steps.ts";
import { type LogitsModel, NextLogits, type RunOptions } from "./next-logits.ts";
import { probabilities, ranked } from "./probabilities.ts";
import { type StopOptions, stops } from "./stops.ts";

/** Options of {@link beamSearch}. */
export interface BeamOptions extends LogitsOptions, StopOptions, Omit<RunOptions, "padLeft"> {
  /** Beginnings that are followed at the same time. Default 4. */
  readonly beams?: number;
  /** Scores are divided by the number of made tokens to this power: above 0 favours longer rows. Default 1. */
  readonly lengthPenalty?: number;
}

/** A row that a beam search found. */
export interface Beam {
  /** The prompt and what was made. */
  readonly ids: readonly number[];
  /** The sum of log probabilities of what was made. */
  readonly logProbability: number;
  /** The same by length: what beams are ordered by. */
  readonly score: number;
}

/** A beam that goes on, and which of the step before it goes on from. */
interface OpenBeam extends Beam {
  /** There is one. */
  readonly prompt: 0;
  readonly parent: number;
}

/**
 * The likeliest continuations of a prompt that a search of several beams finds, the best first.
 *
 * Every step follows the likeliest beginnings; those that a stop ends are set aside. The search ends when as many have ended
 * as there are beams.
 *
 * @throws UsageError `GENERATION_OPTION`, `GENERATION_NO_TOKEN`; what the model throws.
 *
 * @example
 * using model = await GPT2.fromPretrained("./ioi-tiny");
 * const [best] = await beamSearch(model, model.tokenIds("When Mary and John"), { beams: 2, maxNewTokens: 2 });
 * model.decode(best.ids.slice(-2)); // => "went to"
 */
export async function beamSearch(
  model: LogitsModel,
  prompt: readonly number[],
  options: BeamOptions = {},
): Promise<readonly Beam[]> {
  checkGeneration("beamSearch", model, [prompt], options);
  const { beams = 4, lengthPenalty = 1 } = options;
  if (!isCount(beams)) throw generationOption("beams", countWords(), beams);
  if (prompt.length === 0) throw generationOption("prompt", "a list of at least one token", "[]");
  const changes = logitsSteps(options);
  const ends = stops(options);
  const scored = (ids: readonly number[], logProbability: number, parent: number): OpenBeam => {
    const score = logProbability / (ids.length - prompt.length) ** lengthPenalty;
    return { ids, logProbability, score, parent, prompt: 0 };
  };
  using source = new NextLogits(model, options, 1);
  let open: readonly OpenBeam[] = [{ ids: prompt, logProbability: 0, score: 0, parent: 0, prompt: 0 }];
  const done: Beam[] = [];
  for (let step = 0; open.length > 0 && done.length < beams; step++) {
    const all = await source.next(open, step);
    const next = open.flatMap(({ ids, logProbability }, i) => {
      const logits = all[i] ?? new Float32Array();
      for (const change of changes) change.apply(logits, ids);
      const chances = probabilities(logits);
      return ranked(logits)
        .slice(0, beams)
        .map((id) => scored([...ids, id], logProbability + Math.log(chances[id] ?? 0), i));
    });
    next.sort((a, b) => b.logProbability - a.logProbability);
    const best = next.slice(0, beams).filter(({ logProbability }) => logProbability > -Infinity);
    const isEnded = ({ ids }: Beam): boolean => ends.some((stop) => stop.isEnd(ids.slice(prompt.length)));
    for (const { ids, logProbability, score } of best.filter(isEnded))
      done.push({ ids, logProbability, score });
    open = best.filter((beam) => !isEnded(beam));
  }
  return done.sort((a, b) => b.score - a.score).slice(0, beams);
}

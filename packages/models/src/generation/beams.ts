import { countWords, isCount } from "@hookdict/tensordict";
import { checkGeneration, type OwnParts } from "./check.ts";
import { generationAborted, generationOption } from "./errors.ts";
import { type LogitsOptions, logitsSteps } from "./logits-steps.ts";
import { type LogitsModel, NextLogits, type RunOptions } from "./next-logits.ts";
import { probabilities, ranked } from "./probabilities.ts";
import { type StopOptions, stops } from "./stops.ts";

/** Options of {@link beamSearch}. */
export interface BeamOptions extends LogitsOptions, StopOptions, Omit<RunOptions, "padLeft">, OwnParts {
  /** Beginnings that are followed at the same time. Default 4. */
  readonly beams?: number;
  /** Scores are divided by the number of made tokens to this power: above 0 favours longer rows. Default 1. */
  readonly lengthPenalty?: number;
  /**
   * When a search ends that has found as many rows as there are beams: at once (`true`); when the best beginning would not be
   * better than the worst of them if it ended now (`false`, the default), or with all the tokens that it may have (`"never"`).
   */
  readonly earlyStopping?: boolean | "never";
}

/** A row that a beam search found. */
export interface Beam {
  /** The prompt and what was made. */
  readonly ids: readonly number[];
  /** The sum of log probabilities of what was made, as the options change them. */
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
 * The likeliest continuations of a prompt that a search of several beams finds, the best first: Hugging Face's search, with
 * penalties and the like taken from log probabilities.
 *
 * Every step follows the likeliest beginnings that go on; of those that a stop ends, the ones that are among the likeliest are
 * set aside.
 *
 * @throws UsageError `GENERATION_OPTION`, `GENERATION_NO_TOKEN`; LifetimeError `GENERATION_ABORTED`; what the model throws.
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
  const { beams, lengthPenalty, earlyStopping } = beamOptions(options);
  const changes = [...logitsSteps(options), ...(options.steps ?? [])];
  const ends = [...stops(options), ...(options.stops ?? [])];
  const isEnded = ({ ids }: Beam): boolean => ends.some((stop) => stop.isEnd(ids.slice(prompt.length)));
  const scored = (ids: readonly number[], logProbability: number, parent: number): OpenBeam => {
    const score = logProbability / (ids.length - prompt.length) ** lengthPenalty;
    return { ids, logProbability, score, parent, prompt: 0 };
  };
  // So many that as many go on as there are beams, whichever of the stops' tokens come first.
  const kept = Math.max(2, 1 + (options.stopTokens?.length ?? 0)) * beams;
  using source = new NextLogits(model, options, 1);
  let open: readonly OpenBeam[] = [{ ids: prompt, logProbability: 0, score: 0, parent: 0, prompt: 0 }];
  let done: readonly Beam[] = [];
  for (let step = 0; open.length > 0; step++) {
    if (options.signal?.aborted === true) throw generationAborted(step, options.signal.reason);
    const all = await source.next(open, step);
    const next = open.flatMap(({ ids, logProbability }, i) => {
      const logs = Float32Array.from(probabilities(all[i] ?? new Float32Array()), Math.log);
      for (const change of changes) change.apply(logs, ids);
      return ranked(logs)
        .slice(0, kept)
        .map((id) => scored([...ids, id], logProbability + (logs[id] ?? 0), i));
    });
    const best = next
      .filter(({ logProbability }) => logProbability > -Infinity)
      .sort((a, b) => b.logProbability - a.logProbability)
      .slice(0, kept);
    const ended = new Set(best.filter(isEnded));
    const found = best.slice(0, beams).filter((beam) => ended.has(beam));
    done = [...done, ...found.map(({ ids, logProbability, score }) => ({ ids, logProbability, score }))]
      .sort((a, b) => b.score - a.score)
      .slice(0, beams);
    open = best.filter((beam) => !ended.has(beam)).slice(0, beams);
    const [first] = open;
    const worst = done[beams - 1]?.score ?? -Infinity;
    const { maxNewTokens = 20 } = options;
    const length = earlyStopping === "never" && lengthPenalty > 0 ? maxNewTokens : step + 1;
    const isBetter = first !== undefined && first.logProbability / length ** lengthPenalty > worst;
    if (!isBetter || (earlyStopping === true && done.length === beams)) break;
  }
  return done;
}

/** The options with their defaults, checked. */
function beamOptions({
  beams = 4,
  lengthPenalty = 1,
  earlyStopping = false,
}: BeamOptions): Required<Pick<BeamOptions, "beams" | "lengthPenalty" | "earlyStopping">> {
  if (!isCount(beams)) throw generationOption("beams", countWords(), beams);
  if (!Number.isFinite(lengthPenalty)) throw generationOption("lengthPenalty", "a number", lengthPenalty);
  if (typeof earlyStopping !== "boolean" && earlyStopping !== "never")
    throw generationOption("earlyStopping", 'true, false or "never"', earlyStopping);
  return { beams, lengthPenalty, earlyStopping };
}

import type { HookTarget } from "@hookdict/core";
import { HookError, isHookdictError, isTensor } from "@hookdict/tensordict";
import { keptClone } from "@hookdict/tensordict/tensors";
import { clone, concat, slice, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { inputsNeverReach, siteNeverFired } from "../errors.ts";
import type { Arguments } from "../inputs.ts";
import { allRows, type Collector } from "./collect.ts";
import { Listening, type WantedScore } from "./listening.ts";
import type { ByPlace } from "./pass.ts";
import type { Round, RoundResult } from "./round.ts";
import { takeRows } from "./rows.ts";
import { runBackward, runForward } from "./run-model.ts";

/** The context of a method, as far as a round needs it. */
export interface Listener {
  listening: Listening | undefined;
}

/** How rounds run on one model. */
export interface RoundRunner {
  readonly target: HookTarget;
  readonly args: Arguments;
  readonly listeners: readonly Listener[];
  /** Rows that run at once. */
  readonly piece: number | undefined;
  /** Called after each run of the model with how many the round still takes. */
  readonly onRun: (left: number) => void;
}

/** Some rows of some of a round's scores, which run at once. */
interface Piece {
  /** Keys of the scores whose gradients are taken, or of all that are computed of the same rows. */
  readonly keys: readonly string[];
  readonly start: number;
  readonly count: number;
}

/** Keys of scores with gradients: each has rows of its own. */
function blocksOf({ gradients, scores }: Round): readonly string[] {
  return gradients.size > 0 ? [...gradients.keys()] : [[...scores.keys()].join()];
}

/** How a round is cut: rows of one score at a time, or those of several scores together where they fit. */
export function piecesOf(round: Round, size: number | undefined): readonly Piece[] {
  const { rows, unit = 1 } = round.pass;
  const keys = blocksOf(round);
  const limit = size ?? rows * keys.length;
  if (limit >= rows) {
    const together = Math.max(1, Math.floor(limit / Math.max(1, rows)));
    const groups = Array.from({ length: Math.ceil(keys.length / together) }, (_, i) =>
      keys.slice(i * together, (i + 1) * together),
    );
    return groups.map((group) => ({ keys: group, start: 0, count: rows }));
  }
  const step = Math.max(unit, Math.floor(limit / unit) * unit);
  const starts = Array.from({ length: Math.ceil(rows / step) }, (_, i) => i * step);
  return keys.flatMap((key) =>
    starts.map((start) => ({ keys: [key], start, count: Math.min(step, rows - start) })),
  );
}

/** How many pieces the rows of so many scores are cut into; see {@link piecesOf}. */
export function countPieces(rows: number, scores: number, size: number | undefined): number {
  const limit = size ?? rows * scores;
  return limit >= rows
    ? Math.ceil(scores / Math.max(1, Math.floor(limit / rows)))
    : scores * Math.ceil(rows / limit);
}

/** What a round collects. */
class Collected {
  readonly values = new Map<string, Collector>();
  readonly scores = new Map<string, Collector>();
  readonly gradients = new Map<string, Map<string, Collector>>();

  at(places: Map<string, Collector>, name: string, make: () => Collector): Collector {
    const known = places.get(name) ?? make();
    places.set(name, known);
    return known;
  }

  finish(round: Round): RoundResult {
    const all = (places: ReadonlyMap<string, Collector>, names: Iterable<string>): ByPlace =>
      Object.fromEntries([...names].map((name) => [name, (places.get(name) as Collector).finish()])); // every piece gave each
    return {
      values: all(this.values, round.values),
      scores: new Map(Object.entries(all(this.scores, round.scores.keys()))),
      gradients: new Map(
        [...round.gradients].map(([key, names]) => [key, all(this.gradients.get(key) ?? new Map(), names)]),
      ),
    };
  }

  dispose(): void {
    const places = [this.values, this.scores, ...this.gradients.values()];
    for (const collector of places.flatMap((each) => [...each.values()])) collector.dispose();
  }
}

/** Runs a round, in pieces where told so. **Ownership:** returns owned, kept. */
export function* runRound(runner: RoundRunner, round: Round): Generator<undefined, RoundResult> {
  const pieces = piecesOf(round, runner.piece);
  const collected = new Collected();
  try {
    for (const [i, piece] of pieces.entries()) {
      runPiece(runner, round, piece, collected);
      runner.onRun(pieces.length - 1 - i);
      if (i < pieces.length - 1) yield undefined;
    }
    return collected.finish(round);
  } finally {
    collected.dispose();
  }
}

function runPiece(runner: RoundRunner, round: Round, piece: Piece, collected: Collected): void {
  const isBackward = round.gradients.size > 0;
  const { keys, start, count } = piece;
  const cut: Tensor[] = [];
  const copies = keys.length;
  const rowsOf = (rows: Parameters<typeof takeRows>[0]): Tensor => {
    const part = tidy(() => {
      const once = takeRows(rows, start, count);
      const made =
        copies === 1
          ? once
          : concat(
              Array.from(keys, () => once),
              0,
            );
      return made === rows ? clone(made) : made;
    });
    cut.push(part);
    return part;
  };
  const rows = Array.from({ length: count }, (_, i) => start + i);
  const wanted: WantedScore[] = isBackward
    ? keys.map((key, i) => ({
        score: scoreAt(round, key),
        from: i * count,
        count,
        isWhole: copies === 1,
        rows,
      }))
    : [...round.scores.values()].map((score) => ({ score, from: 0, count, isWhole: true, rows }));
  const { replace = {}, isOwn = false, unit = 1 } = round.pass;
  const examples = rows.map((row) => Math.floor(row / unit));
  try {
    const inputs = round.pass.inputs.map(rowsOf);
    const listening = new Listening(
      {
        isOwn,
        examples: keys.flatMap(() => examples),
        replace: Object.fromEntries(Object.entries(replace).map(([name, tensor]) => [name, rowsOf(tensor)])),
        wantedValues: keys[0] === blocksOf(round)[0] ? round.values : [], // the rows of all scores have the same
        wantedGradients: [...new Set(keys.flatMap((key) => round.gradients.get(key) ?? []))],
        scores: wanted,
      },
      runner.args.names,
    );
    for (const listener of runner.listeners) listener.listening = listening;
    collect(round, piece, runListening(runner, inputs, listening), listening, collected);
  } finally {
    for (const listener of runner.listeners) listener.listening = undefined;
    for (const tensor of cut) tensor.dispose();
  }
}

const scoreAt = (round: Round, key: string): WantedScore["score"] =>
  round.scores.get(key) as WantedScore["score"]; // gradients are asked for with a score

/** The scores, in the order in which they are wanted. **Ownership:** returns owned, kept. */
function runListening(
  runner: RoundRunner,
  inputs: readonly Tensor[],
  listening: Listening,
): readonly Tensor[] {
  let scores: readonly Tensor[] = [];
  try {
    const run = listening.wantedGradients.length > 0 ? runBackward : runForward;
    scores = run(runner, inputs, listening);
    checkComplete(listening);
    listening.disposeScores();
    return scores;
  } catch (error) {
    for (const score of scores) score.dispose();
    listening.dispose();
    throw unwrapped(error);
  }
}

/** Errors of targets and rules as they are: they are met in hooks, which add nothing to them. */
function unwrapped(error: unknown): unknown {
  const cause: unknown = error instanceof HookError ? error.cause : undefined;
  return isHookdictError(cause) && /^(TARGET|RULE)_/.test(cause.code) ? cause : error;
}

function checkComplete({ wantedValues, wantedGradients, values, gradients, fired }: Listening): void {
  for (const name of wantedValues) if (values[name] === undefined) throw siteNeverFired(name);
  for (const name of wantedGradients)
    if (gradients[name] === undefined) throw fired.has(name) ? inputsNeverReach(name) : siteNeverFired(name);
}

/** Puts what a piece gave where it belongs. **Ownership:** takes the scores and what was listened to. */
function collect(
  round: Round,
  { keys, start, count }: Piece,
  scores: readonly Tensor[],
  { values, gradients }: Listening,
  collected: Collected,
): void {
  const rowsAt = (tensor: Tensor, from: number): Tensor =>
    from === 0 && tensor.shape[0] === count
      ? keptClone(tensor)
      : tidy(() => keptClone(slice(tensor, from, count)));
  for (const [name, value] of Object.entries(values))
    collected.at(collected.values, name, allRows).add(rowsAt(value, 0), start);
  const scoreKeys = round.gradients.size > 0 ? keys : [...round.scores.keys()];
  for (const [i, key] of scoreKeys.entries())
    collected.at(collected.scores, key, allRows).add(scores[i] as Tensor, start); // one for each
  for (const [i, key] of keys.entries()) {
    const places = collected.gradients.get(key) ?? new Map<string, Collector>();
    if (round.gradients.has(key)) collected.gradients.set(key, places);
    const { fold } = round;
    for (const name of round.gradients.get(key) ?? [])
      collected
        .at(places, name, () => fold?.collect() ?? allRows())
        .add(rowsAt(gradients[name] as Tensor, i * count), start); // checked
  }
  for (const tensor of [...Object.values(values), ...Object.values(gradients)])
    if (isTensor(tensor)) tensor.dispose();
}

import { disposeByPlace } from "./collect.ts";
import { type ByPlace, type Fold, isBackward, isSameRun, type Pass, type PassResult } from "./pass.ts";
import type { Score } from "../target.ts";
import type { Tensor } from "@tensorflow/tfjs-core";

/** A pass that somebody waits for. */
export interface Asked<O extends object> {
  readonly pass: Pass;
  /** Whose it is: passes that are a method's own are shared with the same owner only. */
  readonly owner: O;
}

/** Equal passes as one run of the model, with all that is wanted of them. */
export interface Round {
  readonly pass: Pick<Pass, "inputs" | "rows" | "replace" | "unit" | "isOwn">;
  readonly owner: object;
  readonly values: readonly string[];
  /** By the score's key. */
  readonly scores: ReadonlyMap<string, Score>;
  /** Places by the key of the score whose gradients are wanted; several scores are several copies of the rows. */
  readonly gradients: ReadonlyMap<string, readonly string[]>;
  readonly fold: Fold | undefined;
}

/** What a round gave. **Ownership:** belongs to the job. */
export interface RoundResult {
  readonly values: ByPlace;
  readonly scores: ReadonlyMap<string, Tensor>;
  readonly gradients: ReadonlyMap<string, ByPlace>;
}

/** Rounds that have run, for passes that want the same again. */
export interface RoundStore {
  readonly done: { readonly round: Round; readonly result: RoundResult }[];
}

/**
 * The passes among those that wait which run together with the first of them. Scores of gradients are explained on copies
 * of the rows; a score without gradients joins them only where it is one of theirs.
 */
export function nextRound<A extends Asked<object>>(
  waiting: readonly A[],
): { readonly round: Round; readonly members: readonly A[] } {
  const [first] = waiting as [A]; // somebody waits
  const alike = waiting.filter(({ pass, owner }) => {
    const isShared = pass.isOwn !== true || owner === first.owner;
    return isShared && isSameRun(first.pass, pass);
  });
  const backward = alike.filter(({ pass }) => isBackward(pass));
  const keys = new Set(backward.map(({ pass }) => pass.score?.key ?? ""));
  const fits = ({ pass }: A): boolean =>
    isBackward(pass) || pass.score === undefined || keys.has(pass.score.key);
  const members = backward.length === 0 ? alike : alike.filter(fits);
  return { round: roundOf(members, first.owner), members };
}

function roundOf(members: readonly Asked<object>[], owner: object): Round {
  const passes = members.map(({ pass }) => pass);
  const [{ inputs, rows, replace, unit, isOwn }] = passes as [Pass]; // at least the first
  const scores = new Map<string, Score>();
  const gradients = new Map<string, readonly string[]>();
  for (const { score, gradients: places = [] } of passes) {
    if (score !== undefined) scores.set(score.key, score);
    if (score === undefined || places.length === 0) continue;
    gradients.set(score.key, [...new Set([...(gradients.get(score.key) ?? []), ...places])]);
  }
  const folds = passes.filter(isBackward).map(({ fold: each }) => each);
  const isOneFold = folds.every((each) => each === folds[0]);
  return {
    pass: {
      inputs,
      rows,
      ...(replace && { replace }),
      ...(unit !== undefined && { unit }),
      ...(isOwn !== undefined && { isOwn }),
    },
    owner,
    values: [...new Set(passes.flatMap(({ values = [] }) => values))],
    scores,
    gradients,
    fold: isOneFold ? folds[0] : undefined,
  };
}

/** Whether what a round gave is all that a pass wants. */
export function covers(done: Round, { pass, owner }: Asked<object>): boolean {
  if (!isSameRun(done.pass, pass) || (pass.isOwn === true && done.owner !== owner)) return false;
  const key = pass.score?.key;
  const known = key === undefined ? [] : (done.gradients.get(key) ?? []);
  return (
    (pass.values ?? []).every((name) => done.values.includes(name)) &&
    (key === undefined || done.scores.has(key)) &&
    (pass.gradients ?? []).every((name) => known.includes(name)) &&
    (!isBackward(pass) || done.fold === undefined || done.fold === pass.fold)
  );
}

/** A round's result as one of its passes has asked for it, whatever others have asked for. */
export function resultFor(pass: Pass, round: Round, result: RoundResult): PassResult {
  const { score, values = [], gradients = [] } = pass;
  const all = (score && result.gradients.get(score.key)) ?? {};
  const pick = (from: ByPlace, names: readonly string[]): ByPlace =>
    Object.fromEntries(names.map((name) => [name, from[name] as Tensor])); // it was asked for
  return {
    scores: score && result.scores.get(score.key),
    values: pick(result.values, values),
    gradients: pick(all, gradients),
    isFolded: round.fold !== undefined,
  };
}

/** Frees what a round gave. */
export function disposeRound({ values, scores, gradients }: RoundResult): void {
  disposeByPlace(values);
  for (const score of scores.values()) score.dispose();
  for (const each of gradients.values()) disposeByPlace(each);
}

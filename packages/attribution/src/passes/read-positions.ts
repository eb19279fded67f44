import type { ReadPositions } from "@hookdict/core";
import { describeValue, isTensor } from "@hookdict/tensordict";
import { gather, reshape, slice, tensor1d, tidy, type Tensor } from "@tensorflow/tfjs-core";
import { targetMissing, targetOutside } from "../errors.ts";
import type { WantedScore } from "./listening.ts";

/** What a score's rows read of the output: one position for all, or one for each. */
function positionsOf({ score, rows }: WantedScore): number | readonly number[] | undefined {
  const { position } = score;
  if (position === undefined || typeof position === "number") return position;
  return rows.map((row) => position[row % position.length] ?? 0);
}

/**
 * What a run reads of the output for all its scores; `undefined` where they need more than positions. Scores of the same rows
 * have a column each; those that have rows of their own share one.
 */
export function readPositions(scores: readonly WantedScore[]): ReadPositions | undefined {
  const read = scores.filter(({ score }) => score.site === undefined);
  const positions = read.map(positionsOf);
  if (positions.includes(undefined)) return undefined;
  const [first = -1] = positions; // nobody reads any: one will do
  if (typeof first === "number" && positions.every((each) => each === first)) return first;
  const count = Math.max(...scores.map(({ from, count: rows }) => from + rows));
  const lists = Array.from({ length: count }, (): number[] => []);
  for (const wanted of read) {
    const at = positionsOf(wanted) ?? 0; // all have some
    for (let i = 0; i < wanted.count; i++)
      lists[wanted.from + i]?.push(typeof at === "number" ? at : (at[i] ?? 0));
  }
  // Rows of scores that are made at sites read anything.
  const most = Math.max(...lists.map((list) => list.length));
  return lists.map((list) => [...list, ...Array.from({ length: most - list.length }, () => 0)]);
}

/** The column of a score among those that a run has given of its rows. */
export function columnOf(scores: readonly WantedScore[], wanted: WantedScore, read: ReadPositions): number {
  if (typeof read === "number") return 0;
  const before = scores.slice(0, scores.indexOf(wanted));
  return before.filter(({ score, from }) => score.site === undefined && from === wanted.from).length;
}

/**
 * What an output has where a target names it, `[rows, ...]`. **Ownership:** borrows; returns owned (by the active scope).
 *
 * @param given Where it is: the named positions, or a column where the run has given these alone.
 */
export function outputAt(output: unknown, wanted: WantedScore, column: number | undefined): Tensor {
  if (!isTensor(output) || output.rank < 2) throw targetMissing(describeValue(output));
  const [rows = 1, pos = 0, ...rest] = output.shape;
  const at = column ?? positionsOf(wanted) ?? 0; // a score without one reads the whole
  const inside = (each: number): number => {
    const place = each < 0 ? each + pos : each;
    if (place < 0 || place >= pos) throw targetOutside(each, pos);
    return place;
  };
  return tidy(() => {
    if (typeof at === "number") return reshape(slice(output, [0, inside(at)], [rows, 1]), [rows, ...rest]);
    const places = at.map((each, row) => row * pos + inside(each));
    return gather(reshape(output, [rows * pos, ...rest]), tensor1d(places, "int32"));
  });
}

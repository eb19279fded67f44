import type { HookInfo } from "@hookdict/core";
import { ones, pad, slice, type Tensor } from "@tensorflow/tfjs-core";

/** The part of a held value that a run has. */
export interface OwnPart {
  /** As long as the run's value along positions; 0 at those that the held value has not. */
  readonly value: Tensor;
  /** Whether the held value has them all. */
  readonly isWhole: boolean;
  /** 1 at the positions that the held value has, 0 at the others; of the rank of `value`. **Ownership:** *returns owned*. */
  has(): Tensor;
}

/** The position at which an axis begins; `undefined` for an axis of something else. */
function beginOf({ firstPosition, firstSource }: HookInfo, axis: string | undefined): number | undefined {
  if (axis === "src") return firstSource;
  return axis === "pos" || axis === "dest" ? firstPosition : undefined;
}

/**
 * In a step of a generation, or a run that goes on from a cache, a held value has the positions of the whole row along the
 * declared axes `pos`, `dest` and `src`: the run gets those that it computes. In any other run, and along axes of length 1, it is taken as it
 * is. `undefined` where the run has none of them.
 *
 * **Ownership:** *borrows* the held value; what it gives belongs to the scope.
 *
 * @param shape Of the run's value; axes are counted from its end.
 */
export function ownPart(info: HookInfo, held: Tensor, shape: readonly number[]): OwnPart | undefined {
  const whole: OwnPart = { value: held, isWhole: true, has: () => ones(held.shape) };
  if (info.step === undefined && info.firstPosition === 0) return whole;
  const before = shape.length - held.rank;
  const cuts = held.shape.map((length, i) => {
    const begin = beginOf(info, info.site.axes?.[before + i]);
    const size = shape[before + i] ?? 0;
    if (begin === undefined || length === 1) return { begin: 0, count: length, missing: 0 };
    const count = Math.min(size, length - begin);
    return { begin, count, missing: size - count };
  });
  if (cuts.some(({ count }) => count <= 0)) return undefined;
  if (cuts.every(({ begin, missing }, i) => begin === 0 && missing === 0 && held.shape[i] === cuts[i]?.count))
    return whole;
  const counts = cuts.map(({ count }) => count);
  const padding = cuts.map(({ missing }): [number, number] => [0, missing]);
  const own = slice(
    held,
    cuts.map(({ begin }) => begin),
    counts,
  );
  const isWhole = cuts.every(({ missing }) => missing === 0);
  const filled = (x: Tensor): Tensor => (isWhole ? x : pad(x, padding));
  return { value: filled(own), isWhole, has: () => filled(ones(counts)) };
}

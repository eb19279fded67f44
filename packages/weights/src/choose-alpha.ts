import { alphaNone } from "./errors.ts";

/** What decides which multiple of a task vector is the best. */
export interface ChooseAlphaOptions {
  /** How well the model does with it; the greatest wins. */
  readonly accuracy: (alpha: number) => number;
  /** Whether the model still does what it should besides; asked first. Default always. */
  readonly isAdequate?: (alpha: number) => boolean;
}

/**
 * The alpha with the best accuracy among those that are adequate; of equal ones, the first.
 *
 * @throws UsageError `ALPHA_NONE` when none is adequate; what the functions throw.
 * @example
 * chooseAlpha([0.5, 1, 2], { accuracy: (alpha) => alpha, isAdequate: (alpha) => alpha < 2 }); // => 1
 */
export function chooseAlpha(alphas: Iterable<number>, { accuracy, isAdequate }: ChooseAlphaOptions): number {
  const tried = [...alphas];
  let best: { readonly alpha: number; readonly accuracy: number } | undefined;
  for (const alpha of tried) {
    if (isAdequate?.(alpha) === false) continue;
    const reached = accuracy(alpha);
    if (best === undefined || reached > best.accuracy) best = { alpha, accuracy: reached };
  }
  if (best === undefined) throw alphaNone(tried);
  return best.alpha;
}

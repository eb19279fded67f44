import { checkOptions, option } from "@hookdict/contexts";
import { checkArgument } from "@hookdict/tensordict";
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
 * @throws UsageError `ALPHA_NONE` when none is adequate, `ARGUMENT_INVALID`, `OPTION_INVALID`; what the functions throw.
 * @example
 * chooseAlpha([0.5, 1, 2], { accuracy: (alpha) => alpha, isAdequate: (alpha) => alpha < 2 }); // => 1
 */
export function chooseAlpha(alphas: readonly number[], options: ChooseAlphaOptions): number {
  checkArgument("chooseAlpha", "alphas", alphas, "a list of finite numbers");
  checkOptions("chooseAlpha", { accuracy: option.fn().required(), isAdequate: option.fn() }, options);
  const { accuracy, isAdequate } = options;
  let best: { readonly alpha: number; readonly accuracy: number } | undefined;
  for (const alpha of alphas) {
    if (isAdequate?.(alpha) === false) continue;
    const reached = accuracy(alpha);
    checkArgument("chooseAlpha", `the accuracy of ${alpha}`, reached, "a finite number");
    if (best === undefined || reached > best.accuracy) best = { alpha, accuracy: reached };
  }
  if (best === undefined) throw alphaNone(alphas);
  return best.alpha;
}

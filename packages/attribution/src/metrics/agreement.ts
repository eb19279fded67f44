import { readOptions } from "@hookdict/contexts";
import { tensor1d, type Tensor } from "@tensorflow/tfjs-core";
import { COUNT } from "../options.ts";
import { checkAlike, rowsOf } from "./scores.ts";
import { cosine, descending, kendall, pearson, spearman } from "./statistics.ts";

/** How two attributions of the same examples agree, each `[batch]`. **Ownership:** owned by the receiver. */
export interface Agreement {
  readonly pearson: Tensor;
  readonly spearman: Tensor;
  readonly kendall: Tensor;
  readonly cosine: Tensor;
  /** Share of common entries among the `top` largest of each, or among all where there are fewer. */
  readonly topIntersection: Tensor;
}

const OPTIONS = { top: COUNT.default(10) };

/**
 * How two attributions agree, example by example. **Ownership:** borrows; returns owned.
 *
 * @example
 * const a = tensor2d([[1, 2, 3]]);
 * agreement(a, a).pearson.dataSync()[0]?.toFixed(3); // => "1.000"
 */
export function agreement(a: Tensor, b: Tensor, options: { readonly top?: number } = {}): Agreement {
  const { top } = readOptions("agreement", OPTIONS, options);
  checkAlike("second attribution", b, a);
  const others = rowsOf(b);
  const pairs = rowsOf(a).map((row, i) => [row, others[i] ?? row] as const);
  const each = (fn: (x: Float64Array, y: Float64Array) => number): Tensor =>
    tensor1d(pairs.map(([x, y]) => fn(x, y)));
  return {
    pearson: each(pearson),
    spearman: each(spearman),
    kendall: each(kendall),
    cosine: each(cosine),
    topIntersection: each((x, y) => {
      const first = new Set(descending(x).slice(0, top));
      return (
        descending(y)
          .slice(0, top)
          .filter((i) => first.has(i)).length / first.size
      );
    }),
  };
}

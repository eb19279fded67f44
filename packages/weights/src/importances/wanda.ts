import { Binding, type Hookable, resolveTarget, type Weight } from "@hookdict/core";
import { isTensor } from "@hookdict/tensordict";
import {
  abs,
  add,
  dispose,
  keep,
  mul,
  reshape,
  sqrt,
  square,
  sum,
  type Tensor,
  tidy,
} from "@tensorflow/tfjs-core";
import { weightSiteless } from "../errors.ts";
import type { CalibrationOptions, Importance } from "./importance.ts";

/**
 * `|w_ij| ||x_j||`, the norm of what each row of a kernel `[in, out]` is multiplied with, over all rows of the calibration
 * data. @see Sun et al., https://arxiv.org/abs/2306.11695
 */
export const wanda: Importance<CalibrationOptions> = {
  name: "wanda",
  needs: ["run"],
  score(model, weights, { run }) {
    const squares = squaresOfInputs(model, weights, run);
    const scores = tidy(() =>
      weights.map(({ tensor }, i) => mul(abs(tensor), reshape(sqrt(squares[i] as Tensor), [-1, 1]))),
    ); // one for each
    dispose([...squares]);
    return scores;
  },
};

/**
 * Sums of squares of what the site of each weight is given, `[in]`. **Ownership:** *returns owned*.
 *
 * @throws UsageError `WEIGHT_SITELESS`
 */
function squaresOfInputs(model: Hookable, weights: readonly Weight[], run: () => unknown): readonly Tensor[] {
  const sums: (Tensor | undefined)[] = weights.map(() => undefined);
  using binding = new Binding(resolveTarget(model), "wanda");
  try {
    weights.forEach((weight, i) => {
      const path = siteOf(weight, binding);
      binding.hook(path, "fwd_pre", {
        kind: "observe",
        run: (value: unknown) => {
          sums[i] = added(sums[i], weight, value);
        },
      });
    });
    tidy(() => void run());
    return weights.map((weight, i) => {
      const each = sums[i];
      if (each === undefined) throw weightSiteless(weight, "its site did not run");
      return each;
    });
  } catch (error) {
    dispose(sums.filter((each) => each !== undefined));
    throw error;
  }
}

/** The path of the site that a weight belongs to. */
function siteOf(weight: Weight, binding: Binding): string {
  const { segments, shape } = weight;
  if (shape.length !== 2) throw weightSiteless(weight, `it is [${shape.join(", ")}], no kernel [in, out]`);
  const site = segments.slice(0, -1).join(".");
  if (site === "" || binding.sites(site, "ignore").length === 0)
    throw weightSiteless(weight, `the model has no site "${site}"`);
  return site;
}

function added(before: Tensor | undefined, weight: Weight, value: unknown): Tensor {
  const [width = 0] = weight.shape;
  if (!isTensor(value) || value.size % width !== 0)
    throw weightSiteless(weight, "its site is given something else than rows of its length");
  const total = tidy(() => {
    const squares = sum(square(reshape(value, [-1, width])), 0);
    return keep(before === undefined ? squares : add(before, squares));
  });
  before?.dispose();
  return total;
}

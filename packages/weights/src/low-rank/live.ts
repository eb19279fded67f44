import type { Weight } from "@hookdict/core";
import { isTensor } from "@hookdict/tensordict";
import { abs, add, matMul, max, mul, reshape, sub, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { adapterLive } from "../errors.ts";
import type { WeightContext } from "../weight-context.ts";
import { type LowRankFactors, scaleOf } from "./factors.ts";

/** How far the output of a site may be from the product, relative to the largest value: rounding of long sums. */
const ROUNDING = 1e-3;

/**
 * Adds to what a kernel's site gives what an adapter makes of what the site is given. **Ownership:** *borrows* the factors
 * while the context stands.
 *
 * @throws UsageError `ADAPTER_LIVE`, here or in the first run.
 */
export function adaptSite(
  context: WeightContext,
  weight: Weight,
  factors: LowRankFactors,
  strength: number,
): void {
  const { path, segments } = weight;
  const site = segments.slice(0, -1).join(".");
  if (factors.magnitude !== undefined)
    throw adapterLive(path, site, "DoRA changes the kernel's own part, too");
  if (site === "" || context.binding.sites(site, "ignore").length === 0)
    throw adapterLive(path, site, `the model has no site "${site}"`);
  const bias = context.target.weights().find((each) => each.path === `${site}.bias`);
  let isChecked = false;
  context.hook(site, "fwd", {
    order: "pre",
    run: (output: unknown, { inputs }) => {
      const [input = 0, out = 0] = weight.shape;
      if (!isTensor(output) || !isTensor(inputs) || inputs.size * out !== output.size * input)
        throw adapterLive(path, site, `"${site}" is given something else than rows of its length`);
      const rows = reshape(inputs, [-1, input]);
      if (!isChecked && !isProduct(rows, output, weight.tensor, bias?.tensor))
        throw adapterLive(path, site, `"${site}" computes something else than the product with it`);
      isChecked = true;
      const update = matMul(matMul(rows, factors.a as never), factors.b as never); // rank 2, checked
      return add(output, reshape(mul(update, strength * scaleOf(factors)), output.shape));
    },
  });
}

function isProduct(rows: Tensor, output: Tensor, kernel: Tensor, bias: Tensor | undefined): boolean {
  const [distance = Number.NaN, size = 0] = tidy(() => {
    const product = matMul(rows, kernel as never); // rank 2, checked
    const whole = bias === undefined ? product : add(product, bias);
    return [max(abs(sub(reshape(output, whole.shape), whole))), max(abs(whole))];
  }).map((each) => {
    const [value] = each.dataSync();
    each.dispose();
    return value;
  });
  return distance <= ROUNDING * Math.max(1, size);
}

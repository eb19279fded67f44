import type { LinearProducts } from "./linear-products.ts";
import type { Objective } from "./optimum.ts";

/**
 * `C sum cross-entropy + 0.5 l2 |W|^2` of parameters `[outputs, features + 1]`, the last column free intercepts. With one output it
 * is the logistic loss of the second class.
 */
export function softmaxObjective(
  x: LinearProducts,
  places: Int32Array,
  outputs: number,
  { C, l2 }: { readonly C: number; readonly l2: number },
): Objective {
  const size = x.width + 1;
  const penalties = (at: Float64Array): Float64Array =>
    at.map((value, place) => (place % size === x.width ? 0 : l2 * value));
  const collected = async (weights: Float64Array, at: Float64Array): Promise<Float64Array> =>
    x.collect(
      weights.map((weight) => C * weight),
      outputs,
      penalties(at),
    );
  return {
    evaluate: async (at) => {
      const logits = await x.times(at, outputs);
      let value = 0;
      for (let row = 0; row < x.n; row++) {
        const own = logits.subarray(row * outputs, (row + 1) * outputs);
        const place = places[row] ?? 0;
        value += C * crossEntropy(own, place);
        toProbabilities(own);
        if (outputs === 1) own[0] = (own[0] ?? 0) - place;
        else own[place] = (own[place] ?? 0) - 1;
      }
      penalties(at).forEach((one, place) => (value += 0.5 * one * (at[place] ?? 0)));
      return { value, slope: await collected(logits, at) };
    },
    curvature: async (at) => {
      const held = await x.times(at, outputs);
      for (let row = 0; row < x.n; row++) toProbabilities(held.subarray(row * outputs, (row + 1) * outputs));
      return async (direction) => {
        const moved = await x.times(direction, outputs);
        for (let row = 0; row < x.n; row++) bend(moved, held, row * outputs, outputs);
        return collected(moved, direction);
      };
    },
  };
}

/** Turns logits into the sigmoid of one, the softmax of several, in place. */
function toProbabilities(logits: Float64Array): void {
  if (logits.length === 1) {
    logits[0] = 1 / (1 + Math.exp(-(logits[0] ?? 0)));
    return;
  }
  const most = largest(logits);
  let total = 0;
  for (let k = 0; k < logits.length; k++) total += logits[k] = Math.exp((logits[k] ?? 0) - most);
  for (let k = 0; k < logits.length; k++) logits[k] = (logits[k] ?? 0) / total;
}

function largest(values: Float64Array): number {
  let most = -Infinity;
  for (const value of values) most = Math.max(most, value);
  return most;
}

function crossEntropy(logits: Float64Array, place: number): number {
  if (logits.length === 1) {
    const margin = (place === 1 ? 1 : -1) * (logits[0] ?? 0);
    return margin > 0 ? Math.log1p(Math.exp(-margin)) : Math.log1p(Math.exp(margin)) - margin;
  }
  const most = largest(logits);
  let total = 0;
  for (const logit of logits) total += Math.exp(logit - most);
  return Math.log(total) + most - (logits[place] ?? 0);
}

/** How the slope of one row's loss changes as its logits move: in place of `moved`. */
function bend(moved: Float64Array, p: Float64Array, from: number, outputs: number): void {
  if (outputs === 1) {
    const one = p[from] ?? 0;
    moved[from] = one * (1 - one) * (moved[from] ?? 0);
    return;
  }
  let mean = 0;
  for (let k = from; k < from + outputs; k++) mean += (p[k] ?? 0) * (moved[k] ?? 0);
  for (let k = from; k < from + outputs; k++) moved[k] = (p[k] ?? 0) * ((moved[k] ?? 0) - mean);
}

import {
  abs,
  add,
  div,
  less,
  matMul,
  maximum,
  mul,
  onesLike,
  reshape,
  slice,
  stack,
  sub,
  type Tensor,
  where,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { ruleUnfit } from "../errors.ts";
import { vjp } from "../parts/vjp.ts";
import { type Composite, gradients } from "../relevance/composites.ts";
import type { Passage, RelevanceRule } from "../relevance/rule.ts";

// Rows alternate between example and baseline, so that both are seen where a multiplier is made.

/** Below this change of its input, a nonlinearity's multiplier is its derivative. */
const NEARLY_EQUAL = 1e-6;

/** Splits rows that alternate. */
export function halves(tensor: Tensor): readonly [Tensor, Tensor] {
  const [rows = 0, ...rest] = tensor.shape;
  const pairs = reshape(tensor, [rows / 2, 2, ...rest]);
  const half = (which: number): Tensor => {
    const begin = [0, which, ...rest.map(() => 0)];
    return reshape(slice(pairs, begin, [rows / 2, 1, ...rest]), [rows / 2, ...rest]);
  };
  return [half(0), half(1)];
}

/** Puts two batches together so that rows alternate. */
export function alternate(a: Tensor, b: Tensor): Tensor {
  const [rows = 0, ...rest] = a.shape;
  return reshape(stack([a, b], 1), [2 * rows, ...rest]);
}

/** The same multiplier for an example and for its baseline. */
function twice(multiplier: Tensor): Tensor {
  return alternate(multiplier, multiplier);
}

function onlyInput({ inputs, part }: Passage): Tensor {
  const [x, ...others] = inputs;
  if (x === undefined || others.length > 0) throw ruleUnfit("rescale", part?.kind ?? "unknown");
  return x;
}

/** The slope of the chord between baseline and example in place of the derivative. */
const rescale: RelevanceRule = {
  name: "rescale",
  pass(passage) {
    const [u, u0] = halves(onlyInput(passage));
    const [v, v0] = halves(passage.output);
    const change = sub(u, u0);
    const isFlat = less(abs(change), NEARLY_EQUAL);
    const chord = div(sub(v, v0), where(isFlat, onesLike(change), change));
    const [derived] = halves(passage.gradients[0] as Tensor); // one for each input
    const [out] = halves(passage.relevance);
    return [twice(where(isFlat, derived, mul(out, chord)))];
  },
};

/** For maxima: the change of a window is shared by the places of both maxima. */
const shareMaximum: RelevanceRule = {
  name: "shareMaximum",
  pass(passage) {
    const { forward } = passage.part ?? {};
    if (forward === undefined) throw ruleUnfit("shareMaximum", "a maximum that cannot be computed again");
    const [u, u0] = halves(onlyInput(passage));
    const [v, v0] = halves(passage.output);
    const [out] = halves(passage.relevance);
    const cross = maximum(v, v0);
    const share = add(vjp(forward, u, mul(out, sub(cross, v0))), vjp(forward, u0, mul(out, sub(v, cross))));
    const change = sub(u, u0);
    const isFlat = less(abs(change), NEARLY_EQUAL);
    return [twice(where(isFlat, zerosLike(change), div(share, where(isFlat, onesLike(change), change))))];
  },
};

/** The mean of a value at the example and at the baseline. */
function middle(value: Tensor): Tensor {
  const [at, at0] = halves(value);
  return mul(add(at, at0), 0.5);
}

function twoInputs({ inputs, part }: Passage): readonly [Tensor, Tensor] {
  const [a, b] = inputs;
  if (a === undefined || b === undefined) throw ruleUnfit("shareProduct", part?.kind ?? "unknown");
  return [a, b];
}

/** For products of two computed values: each factor's change counts with the mean of the other (their Shapley values). */
const shareProduct: RelevanceRule = {
  name: "shareProduct",
  pass(passage) {
    const [a, b] = twoInputs(passage);
    if (a.shape.join() !== b.shape.join()) throw ruleUnfit("shareProduct", "factors of two shapes");
    const [out] = halves(passage.relevance);
    return [twice(mul(out, middle(b))), twice(mul(out, middle(a)))];
  },
};

/** The same for products of two computed matrices. */
const shareMatMul: RelevanceRule = {
  name: "shareMatMul",
  pass(passage) {
    const [a, b] = twoInputs(passage);
    const [out] = halves(passage.relevance);
    return [twice(matMul(out, middle(b), false, true)), twice(matMul(middle(a), out, true, false))];
  },
};

/** DeepLIFT's rules: what is linear passes its gradient; norms of layers have no rule. */
export function deepLiftRules(): Composite {
  const { layerNorm: _layerNorm, rmsNorm: _rmsNorm, ...linear } = gradients();
  return {
    name: "deepLift",
    kinds: {
      ...linear,
      relu: rescale,
      activation: rescale,
      softmax: rescale,
      maxPool: shareMaximum,
      product: shareProduct,
      matMul: shareMatMul,
    },
  };
}

import { clone, div, mul, onesLike, relu, sigmoid, zerosLike } from "@tensorflow/tfjs-core";
import { ruleUnfit } from "../../errors.ts";
import { type RelevanceRule, stabilize, type Stabilizer } from "../rule.ts";

/** Relevance as it arrives: for activations and norms. */
export function pass(): RelevanceRule {
  return {
    name: "pass",
    pass: ({ relevance, inputs }) => {
      if (inputs.length !== 1) throw ruleUnfit("pass", `a place of ${inputs.length} inputs`);
      return [clone(relevance)];
    },
  };
}

/** What plain gradients pass: for reshaping and maxima, where it is relevance, too. */
export function gradient(): RelevanceRule {
  return { name: "gradient", pass: ({ gradients }) => gradients.map((each) => clone(each)) };
}

/** Nothing goes on. */
export function stop(): RelevanceRule {
  return { name: "stop", pass: ({ inputs }) => inputs.map((each) => zerosLike(each)) };
}

/** In proportion to what each entry contributes: sums of branches, and average pooling. */
export function norm({ stabilizer = 1e-6 }: { readonly stabilizer?: Stabilizer } = {}): RelevanceRule {
  return {
    name: "norm",
    pass({ inputs, output, relevance, part }) {
      const s = div(relevance, stabilize(output, stabilizer));
      if (part?.kind === "sum") return inputs.map((each) => mul(each, s));
      const [x] = inputs;
      if (part?.linear === undefined || x === undefined) throw ruleUnfit("norm", part?.kind ?? "unknown");
      return [mul(x, part.linear.adjoint(s, onesLike(s), x.shape))];
    },
  };
}

/** A ReLU's gradient with a smooth step: `sigmoid(beta x) g`. @see Dombrowski et al., https://arxiv.org/abs/1906.07983 */
export function reluBetaSmooth({ beta = 10 }: { readonly beta?: number } = {}): RelevanceRule {
  return {
    name: "reluBetaSmooth",
    pass: ({ inputs, relevance }) => inputs.map((x) => mul(sigmoid(mul(x, beta)), relevance)),
  };
}

/** A ReLU's gradient, only what is positive of it: guided backpropagation. */
export function reluGuided(): RelevanceRule {
  return { name: "reluGuided", pass: ({ gradients }) => gradients.map((each) => relu(each)) };
}

/** What arrives at a ReLU, only what is positive of it: deconvolution. */
export function reluDeconvnet(): RelevanceRule {
  return { name: "reluDeconvnet", pass: ({ relevance }) => [relu(relevance)] };
}

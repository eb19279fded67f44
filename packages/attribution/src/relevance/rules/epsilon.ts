import { add, div, mul, type Tensor } from "@tensorflow/tfjs-core";
import { ruleUnfit } from "../../errors.ts";
import type { LinearOperation, LinearWeights } from "../../parts/part.ts";
import { type Passage, type RelevanceRule, stabilize, type Stabilizer } from "../rule.ts";

/** Options of rules for linear operations. */
export interface LinearRuleOptions {
  /** Default 1e-6. */
  readonly stabilizer?: Stabilizer;
  /** Whether biases take their share. Default `true`. */
  readonly bias?: boolean;
}

/** The linear operation of a place with its input and weights. @throws UsageError `RULE_UNFIT` */
export function takeApart(
  rule: string,
  { part, inputs }: Passage,
  { bias = true }: LinearRuleOptions,
): { readonly operation: LinearOperation; readonly x: Tensor; readonly weights: LinearWeights } {
  const operation = part?.linear;
  const [x] = inputs;
  if (operation === undefined || x === undefined) throw ruleUnfit(rule, part?.kind ?? "unknown");
  const weights = operation.weights();
  return { operation, x, weights: bias ? weights : { kernel: weights.kernel, bias: undefined } };
}

/** Adds a bias, if there is one. */
export function plus(z: Tensor, bias: Tensor | undefined): Tensor {
  return bias === undefined ? z : add(z, bias);
}

/**
 * `x · W (R / (z + epsilon sign(z)))`, `z = x W + b`: relevance in proportion to contributions.
 *
 * @see Bach et al., https://doi.org/10.1371/journal.pone.0130140
 */
export function epsilon(options: LinearRuleOptions & { readonly epsilon?: number } = {}): RelevanceRule {
  const stabilizer = options.stabilizer ?? options.epsilon ?? 1e-6;
  return {
    name: "epsilon",
    pass(passage) {
      const { operation, x, weights } = takeApart("epsilon", passage, options);
      const z = plus(operation.apply(x, weights.kernel), weights.bias);
      const s = div(passage.relevance, stabilize(z, stabilizer));
      return [mul(x, operation.adjoint(s, weights.kernel, x.shape))];
    },
  };
}

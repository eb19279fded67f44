import { type Option, option } from "@hookdict/contexts";
import { add, type Tensor } from "@tensorflow/tfjs-core";
import { ruleUnfit } from "../errors.ts";
import type { LinearOperation, LinearWeights } from "../parts/part.ts";
import { type Passage, STABILIZER, type Stabilizer } from "./rule.ts";

/** Options of rules for linear operations. */
export interface LinearRuleOptions {
  /** Default 1e-6. */
  readonly stabilizer?: Stabilizer;
  /** Whether biases take their share. Default `true`. */
  readonly bias?: boolean;
}

/** Declares {@link LinearRuleOptions}. */
export const LINEAR_RULE: {
  readonly stabilizer: Option<Stabilizer, "default">;
  readonly bias: Option<boolean, "default">;
} = { stabilizer: STABILIZER, bias: option.boolean().default(true) };

/** The linear operation of a place with its input and weights. @throws UsageError `RULE_UNFIT` */
export function takeApart(
  rule: string,
  { part, inputs }: Passage,
  { bias }: { readonly bias: boolean },
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

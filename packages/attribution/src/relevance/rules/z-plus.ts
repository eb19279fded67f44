import { readOptions } from "@hookdict/contexts";
import { LINEAR_RULE, type LinearRuleOptions } from "../linear-rule.ts";
import type { RelevanceRule } from "../rule.ts";
import { alphaBeta } from "./alpha-beta.ts";

/**
 * Positive contributions only: alpha 1, beta 0.
 *
 * @see Montavon et al., https://arxiv.org/abs/1512.02479
 */
export function zPlus(options: LinearRuleOptions = {}): RelevanceRule {
  const read = readOptions("zPlus", LINEAR_RULE, options);
  return { ...alphaBeta({ ...read, alpha: 1, beta: 0 }), name: "zPlus" };
}

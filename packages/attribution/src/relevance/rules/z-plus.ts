import { checkArgument } from "@hookdict/tensordict";
import type { LinearRuleOptions } from "../linear-rule.ts";
import type { RelevanceRule } from "../rule.ts";
import { alphaBeta } from "./alpha-beta.ts";

/**
 * Positive contributions only: alpha 1, beta 0.
 *
 * @see Montavon et al., https://arxiv.org/abs/1512.02479
 */
export function zPlus(options: LinearRuleOptions = {}): RelevanceRule {
  checkArgument("zPlus", "options", options, "a record");
  return { ...alphaBeta({ ...options, alpha: 1, beta: 0 }), name: "zPlus" };
}

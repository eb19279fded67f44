import { checkArgument } from "@hookdict/tensordict";
import { div, mul } from "@tensorflow/tfjs-core";
import { type RelevanceRule, stabilize, type Stabilizer } from "../rule.ts";

/**
 * `f(x) / x` in place of an activation's derivative: a modified gradient, not a relevance, of which {@link pass} is the
 * relevance form; tdhook's `PseudoIdentityRule`.
 */
export function identityGradient(options: { readonly stabilizer?: Stabilizer } = {}): RelevanceRule {
  checkArgument("identityGradient", "options", options, "a record");
  const { stabilizer = 1e-6 } = options;
  return {
    name: "identityGradient",
    options: { stabilizer },
    pass: ({ inputs, output, relevance }) =>
      inputs.map((x) => mul(relevance, div(output, stabilize(x, stabilizer)))),
  };
}

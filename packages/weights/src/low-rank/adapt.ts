import type { Tensor } from "@tensorflow/tfjs-core";
import type { WeightContext } from "../weight-context.ts";
import { checkFactors, type LowRankFactors, merged } from "./factors.ts";
import { adaptSite } from "./live.ts";

/** Whether kernels are changed, or what passes their sites. */
export type AdaptationMode = "merged" | "live";

/**
 * Adapts kernels until the context ends. **Ownership:** *borrows* the factors until then.
 *
 * @throws MatchError `WEIGHT_UNMATCHED`; ShapeError `FACTORS_UNFIT`; UsageError `ADAPTER_LIVE`
 */
export function adapt(
  context: WeightContext,
  factors: Readonly<Record<string, LowRankFactors>>,
  mode: AdaptationMode,
  strength: number,
): void {
  const found = [...context.named(Object.keys(factors))].map(
    ([name, weight]) => [weight, factors[name] as LowRankFactors] as const, // one for each name
  );
  for (const [weight, each] of found) checkFactors(weight, each);
  if (mode === "live") for (const [weight, each] of found) adaptSite(context, weight, each, strength);
  else {
    const changes = found.map(
      ([weight, each]) => [weight, (kernel: Tensor): Tensor => merged(kernel, each, strength)] as const,
    );
    context.editEach(new Map(changes));
  }
}

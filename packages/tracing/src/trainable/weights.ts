import { randomNormal, type Tensor, tidy, variable, type Variable } from "@tensorflow/tfjs-core";
import { kindOf } from "./check.ts";
import { trainableLink } from "./errors.ts";
import type { TrainableSpec } from "./spec.ts";

/** The name under which an intervention's weights are kept. */
export function linkOf({ link }: TrainableSpec, index: number): string {
  return link ?? `intervention ${index}`;
}

/** First weights of all interventions, by link. **Ownership:** returns owned. @throws UsageError `TRAINABLE_LINK` */
export function startWeights(
  specs: readonly TrainableSpec[],
  seed: number,
): ReadonlyMap<string, Readonly<Record<string, Variable>>> {
  const kinds = new Map<string, string>();
  for (const [i, spec] of specs.entries()) {
    const told = `${spec.kind} ${JSON.stringify(kindOf(spec).weights(spec))}`;
    const known = kinds.get(linkOf(spec, i));
    if (known !== undefined && known !== told) throw trainableLink(linkOf(spec, i), known, told);
    kinds.set(linkOf(spec, i), told);
  }
  const all = new Map<string, Readonly<Record<string, Variable>>>();
  let next = seed;
  for (const [i, spec] of specs.entries()) {
    if (all.has(linkOf(spec, i))) continue;
    const weights = Object.entries(kindOf(spec).weights(spec)).map(([name, { shape, mean, deviation }]) => {
      const start = tidy((): Tensor => randomNormal([...shape], mean, deviation, "float32", ++next));
      const made = variable(start, true, undefined, "float32");
      start.dispose();
      return [name, made] as const;
    });
    all.set(linkOf(spec, i), Object.fromEntries(weights));
  }
  return all;
}

/** 1 for each dimension that the chosen ranges have. */
export function chosenOf({ partition, subspaces }: TrainableSpec, dims: number): number[] {
  const ranges = partition ?? [[0, dims] as const];
  const chosen = subspaces === undefined ? ranges : subspaces.flatMap((at) => [ranges[at] ?? [0, 0]]);
  return Array.from({ length: dims }, (_, i) =>
    chosen.some(([from, to]) => i >= (from ?? 0) && i < (to ?? 0)) ? 1 : 0,
  );
}

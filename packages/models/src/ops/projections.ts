import { isTaping } from "@hookdict/tensordict/tensors";
import type { NamedTensorMap, Tensor } from "@tensorflow/tfjs-core";
import { runFused } from "./fused.ts";
import type { NormSteps, NormWeights } from "./norm-steps.ts";

/** A matrix `[in, out]`, and a bias `[out]` where there is one. */
export interface Projection {
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
}

/** Matrices that make queries, keys and values. */
export type ThreeProjections = readonly [Projection, Projection, Projection];

/** Up to so many rows products are read from memory longer than they are computed: then parts are worth one operation. */
const FEW = 8;

/** Whether `x` `[batch, pos, dModel]` has few rows, of which no gradient is recorded. */
export function areFew(x: Tensor): boolean {
  return x.rank === 3 && x.size <= FEW * (x.shape[2] ?? 0) && !isTaping();
}

/**
 * What queries, keys and values are made of one input, as three `linear` layers give them. `undefined` where they are not worth one
 * operation, or the backend has none, or gradients are recorded.
 *
 * **Ownership:** *borrows* its arguments; *returns owned*.
 *
 * @param x `[batch, pos, dModel]`
 */
export function projections(
  x: Tensor,
  parts: ThreeProjections,
  heads: number,
  keyHeads: number,
): Tensor[] | undefined {
  const weights = areFew(x) ? weightsOf(parts) : undefined;
  return weights && runFused("HookdictProjections", { x, ...weights }, { heads, keyHeads });
}

/** A norm of `x`, and {@link projections} of what it gives. **Ownership:** *borrows* its arguments; *returns owned*. */
export function normProjections(
  x: Tensor,
  { gain, bias, epsilon }: NormWeights,
  parts: ThreeProjections,
  heads: number,
  keyHeads: number,
): { readonly steps: NormSteps; readonly made: readonly Tensor[] } | undefined {
  const weights = areFew(x) ? weightsOf(parts) : undefined;
  if (weights === undefined) return undefined;
  const inputs = { x, gain, ...(bias && { shift: bias }), ...weights };
  const all = runFused("HookdictNormProjections", inputs, { epsilon, heads, keyHeads });
  if (all === undefined) return undefined;
  const [scale, normalized, output, ...made] = all as [Tensor, Tensor, Tensor, ...Tensor[]]; // as the kernel gives them
  return { steps: { scale, normalized, output }, made };
}

function weightsOf([q, k, v]: ThreeProjections): NamedTensorMap | undefined {
  const [weights, [bq, bk, bv]] = [{ wq: q.weight, wk: k.weight, wv: v.weight }, [q.bias, k.bias, v.bias]];
  if (bq && bk && bv) return { ...weights, bq, bk, bv };
  return (bq ?? bk ?? bv) === undefined ? weights : undefined; // all have one, or none
}

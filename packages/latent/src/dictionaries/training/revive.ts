import {
  add,
  concat,
  gather,
  matMul,
  mul,
  square,
  sub,
  sum,
  type Tensor,
  tensor1d,
  tidy,
  transpose,
} from "@tensorflow/tfjs-core";
import type { TrainerOptions } from "./options.ts";
import { lossOf, type TrainingKind } from "./steps.ts";
import { unitRows, type Weights } from "./weights.ts";

/** Weights in which some features begin anew. **Ownership:** the receiver's. */
interface BegunAnew {
  /** Which features: no more than there are rows. */
  readonly chosen: readonly number[];
  /** 0 for these, 1 for the others, `[dSae]`. */
  readonly isNew: Tensor;
  readonly wEnc: Tensor;
  readonly wDec: Tensor;
  readonly bEnc: Tensor;
}

/**
 * Dead features as what is left of the rows of `x` that are reconstructed worst, one for each (Bricken et al. 2023, "Towards Monosemanticity").
 * **Ownership:** borrows all, returns owned.
 */
export async function begunAnew(
  kind: TrainingKind,
  x: Tensor,
  weights: Weights,
  dead: readonly number[],
  { k = 1, bandwidth, dSae }: TrainerOptions,
): Promise<BegunAnew> {
  const { rows, order } = tidy(() => {
    const { features } = lossOf(kind, x, weights, { k, bandwidth, coefficient: 0 });
    const left = sub(x, add(matMul(features, weights.wDec), weights.bDec));
    return { rows: unitRows(left), order: sum(square(left), 1) };
  });
  const lost = await order.data();
  const worst = [...lost.keys()].sort((a, b) => (lost[b] ?? 0) - (lost[a] ?? 0));
  const chosen = dead.slice(0, worst.length);
  const from = Array.from({ length: dSae }, (_, at) => at);
  chosen.forEach((feature, at) => (from[feature] = dSae + (worst[at] ?? 0)));
  const isNew = tensor1d(
    from.map((one) => (one >= dSae ? 0 : 1)),
    "float32",
  );
  const [wEnc, wDec, bEnc] = tidy<Tensor[]>(() => {
    const at = tensor1d(from, "int32");
    const pick = (old: Tensor): Tensor => gather(concat([old, rows], 0), at, 0);
    return [transpose(pick(transpose(weights.wEnc))), pick(weights.wDec), mul(weights.bEnc, isNew)];
  }) as [Tensor, Tensor, Tensor];
  for (const one of [rows, order]) one.dispose();
  return { chosen, isNew, wEnc, wDec, bEnc };
}

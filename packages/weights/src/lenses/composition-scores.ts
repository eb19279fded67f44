import {
  broadcastTo,
  divNoNan,
  expandDims,
  matMul,
  mul,
  outerProduct,
  relu,
  reshape,
  slice,
  sqrt,
  stack,
  sum,
  type Tensor,
  tensor,
  tidy,
} from "@tensorflow/tfjs-core";
import { argumentInvalid, checkArgument } from "@hookdict/tensordict";
import { compositionInvalid } from "../errors.ts";
import { FactoredMatrix } from "../factored/factored-matrix.ts";

/** What a head reads of an earlier head's output: its queries, keys or values. */
export type CompositionMode = "Q" | "K" | "V";

/** What heads read and write, `[layer, head, dModel, dModel]` each. */
export interface HeadCircuits {
  readonly qk: FactoredMatrix;
  readonly ov: FactoredMatrix;
}

/**
 * How much each head reads what each earlier one writes: `|OV R| / (|OV| |R|)` with Frobenius norms, R the later head's `QK`
 * for queries, its transpose for keys, its `OV` for values. No product of the model's width is formed.
 *
 * **Ownership:** *borrows* the circuits, `[layer, head, dModel, dModel]` each; *returns owned* `[layer, head, layer, head]`, 0
 * unless the first layer is below the second, and for a head that writes or reads nothing.
 *
 * @throws UsageError `COMPOSITION_INVALID`
 * @see Elhage et al., "A Mathematical Framework for Transformer Circuits", 2021
 * @example
 * using qk = qkCircuit(ones([2, 1, 3, 1]), ones([2, 1, 3, 1]));
 * using ov = ovCircuit(ones([2, 1, 3, 1]), ones([2, 1, 1, 3]));
 * compositionScores({ qk, ov }, "Q").dataSync()[1]; // => 1
 */
export function compositionScores(circuits: HeadCircuits, mode: CompositionMode): Tensor {
  checkArgument("compositionScores", "circuits", circuits, "a record");
  const { qk, ov } = circuits;
  if (!(qk instanceof FactoredMatrix && ov instanceof FactoredMatrix))
    throw argumentInvalid("compositionScores", "circuits", circuits, "{ qk, ov }, a FactoredMatrix each");
  const [layers = 0, heads = 0] = ov.leading;
  const isFit =
    ov.leading.length === 2 &&
    qk.shape.join() === ov.shape.join() &&
    ov.rows === ov.columns &&
    ["Q", "K", "V"].includes(mode);
  if (!isFit) throw compositionInvalid(mode, qk.shape, ov.shape);
  const count = layers * heads;
  return tidy(() => {
    const [left, right] = rightOf({ qk, ov }, mode).map((each) =>
      reshape(each, [count, ...each.shape.slice(2)]),
    ) as [Tensor, Tensor];
    const [a, b] = [ov.left, ov.right].map((each) => reshape(each, [count, ...each.shape.slice(2)])) as [
      Tensor,
      Tensor,
    ];
    const inner = matMul(a, a, true); // |A B M N|² = sum of (AᵀA)(X N Nᵀ Xᵀ), X = B M
    const outer = matMul(right, right, false, true);
    const norms = stack(
      Array.from({ length: count }, (_, head) =>
        tidy(() => {
          const one = (of: Tensor): Tensor =>
            slice(of, [head, 0, 0], [1, of.shape[1] ?? 1, of.shape[2] ?? 1]);
          const between = matMul(repeated(one(b), count), left);
          const squares = matMul(matMul(between, outer), between, false, true);
          return sqrt(relu(sum(mul(squares, one(inner)), [1, 2]))); // rounding can make a sum of squares negative
        }),
      ),
    );
    const own = reshape(ov.norm(), [count]);
    const others = reshape((mode === "V" ? ov : qk).norm(), [count]);
    const scores = divNoNan(norms, outerProduct(own as never, others as never)); // rank 1
    return mul(reshape(scores, [layers, heads, layers, heads]), isBelow(layers));
  });
}

function rightOf({ qk, ov }: HeadCircuits, mode: CompositionMode): readonly Tensor[] {
  if (mode === "V") return [ov.left, ov.right];
  if (mode === "Q") return [qk.left, qk.right];
  using flipped = qk.transpose();
  return [flipped.left.clone(), flipped.right.clone()];
}

function repeated(one: Tensor, count: number): Tensor {
  return broadcastTo(one, [count, ...one.shape.slice(1)]);
}

/** 1 where the first layer is below the second, `[layer, 1, layer, 1]`. */
function isBelow(layers: number): Tensor {
  const values = Array.from({ length: layers }, (_, first) =>
    Array.from({ length: layers }, (__, second) => (first < second ? 1 : 0)),
  );
  return expandDims(expandDims(tensor(values), 1), 3);
}

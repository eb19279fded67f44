import { argumentInvalid, isTensor } from "@hookdict/tensordict";
import { readOptions } from "@hookdict/contexts";
import { cast, mul, stack, sum, type Tensor, tidy, zerosLike } from "@tensorflow/tfjs-core";
import { type AttentionEdges, checkEdges, edgeMask, EDGES } from "../steering/attention.ts";

const { heads, from, to, edges } = EDGES;
const CHOICES = { heads, from, to, edges };

/**
 * How much of attention goes along chosen edges: the mean over these, and over the batch, of a pattern `[batch, head, dest, src]`, float32.
 * Of two conditions, the ratio of their means is the factor that brings one to the other's level. **Ownership:** borrows.
 *
 * @throws UsageError `ARGUMENT_INVALID`, `OPTION_INVALID`; ShapeError `ATTENTION_INDEX`
 * @example
 * await meanAttention(tensor4d([[[[1, 0], [0.25, 0.75]]]]), { from: 1, to: 0 }); // => 0.25
 */
export async function meanAttention(
  pattern: Tensor,
  chosen: Omit<AttentionEdges, "layers"> = {},
): Promise<number> {
  const options = readOptions("meanAttention", CHOICES, chosen);
  checkEdges("meanAttention", options);
  const isPattern = isTensor(pattern) && !pattern.isDisposed && pattern.rank === 4 && pattern.size > 0;
  if (!isPattern || pattern.dtype !== "float32")
    throw argumentInvalid("meanAttention", "pattern", pattern, "a float32 pattern [batch, head, dest, src]");
  const run = { path: "the pattern", isSeries: false, firstPosition: 0, firstSource: 0 };
  const both = tidy(() => {
    const mask = edgeMask("meanAttention", run, pattern.shape, options);
    const isMeant = cast(mask ?? zerosLike(pattern), "float32"); // no edge cannot be meant: each axis has entries
    return stack([sum(mul(pattern, isMeant)), sum(isMeant)]);
  });
  const [along = 0, count = 0] = await both.data();
  both.dispose();
  return along / (count * (pattern.shape[0] ?? 1));
}

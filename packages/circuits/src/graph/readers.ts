import type { Transformer } from "@hookdict/models";
import { add, matMul, reshape, type Tensor, transpose } from "@tensorflow/tfjs-core";
import { blockNorm, finalNorm, mlpNorm, type NormPlace, wholeNorm } from "../stream/norms.ts";

/** A head's matrices for one of its readings, `[head, dModel, dHead]`. */
export function readingWeight(
  model: Transformer,
  layer: number,
  kind: "q" | "k" | "v",
  heads: number,
): Tensor {
  const weight = model.blocks[layer]?.attn[kind].weight as Tensor; // the layer is one of the model's
  const [dModel = 1] = weight.shape;
  return transpose(reshape(weight, [dModel, heads, -1]), [1, 0, 2]);
}

/** How a destination reads the stream: through which norm. */
export function readingNorm(
  model: Transformer,
  layer: number,
  kind: "attention" | "mlp" | "logits",
): NormPlace | undefined {
  if (kind === "logits") return finalNorm(model);
  return kind === "mlp" ? mlpNorm(model, layer) : blockNorm(model, layer, "ln1");
}

/**
 * Queries, keys or values of all heads, each reading its own stream: from `[row, head, pos, dModel]` to `[row, pos, head, dHead]`.
 * New tensors belong to the scope.
 */
export function readEach(model: Transformer, layer: number, kind: "q" | "k" | "v", streams: Tensor): Tensor {
  const [rows = 1, heads = 1, pos = 1, dModel = 1] = streams.shape;
  const norm = blockNorm(model, layer, "ln1");
  const read = norm === undefined ? streams : wholeNorm(streams, norm);
  const byHead = reshape(transpose(read, [1, 0, 2, 3]), [heads, rows * pos, dModel]);
  const product = matMul(byHead, readingWeight(model, layer, kind, heads));
  const values = transpose(reshape(product, [heads, rows, pos, -1]), [1, 2, 0, 3]);
  const bias = model.blocks[layer]?.attn[kind].bias;
  return bias === undefined ? values : add(values, reshape(bias, [heads, -1]));
}

import type { Transformer } from "@hookdict/models";
import { add, div, matMul, mean, mul, reshape, sub, type Tensor, transpose } from "@tensorflow/tfjs-core";
import { blockNorm, finalNorm, mlpNorm, type NormPlace, wholeNorm } from "../stream/norms.ts";

/** A head's matrices for one of its readings, `[head, dModel, dHead]`. */
function readingWeight(model: Transformer, layer: number, kind: "q" | "k" | "v", heads: number): Tensor {
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

/**
 * Gradients with respect to the streams that heads read, from those with respect to their queries, keys or values
 * `[row, pos, head, dHead]`: `[head, row, pos, dModel]`, before the norm.
 */
export function readingGradients(
  model: Transformer,
  layer: number,
  kind: "q" | "k" | "v",
  gradient: Tensor,
  norms: NormStates,
): Tensor {
  const [rows = 1, pos = 1, heads = 1, dHead = 1] = gradient.shape;
  const byHead = reshape(transpose(gradient, [2, 0, 1, 3]), [heads, rows * pos, dHead]);
  const back = matMul(byHead, readingWeight(model, layer, kind, heads), false, true);
  const normed = reshape(back, [heads, rows, pos, -1]);
  return behindNorm(normed, blockNorm(model, layer, "ln1"), norms);
}

/** What norms of a run had: their scales and normalized values. */
export interface NormStates {
  readonly at: (path: string) => Tensor;
}

/**
 * The gradient with respect to a norm's input, of the gradient with respect to its output: exactly, at the values that the run had.
 */
export function behindNorm(gradient: Tensor, norm: NormPlace | undefined, norms: NormStates): Tensor {
  if (norm === undefined) return gradient;
  const [scale, normalized] = [norms.at(`${norm.path}.hook_scale`), norms.at(`${norm.path}.hook_normalized`)];
  const gained = norm.gain === undefined ? gradient : mul(gradient, norm.gain);
  const along = mul(normalized, mean(mul(gained, normalized), -1, true));
  const rest = norm.kind === "rms" ? gained : sub(gained, mean(gained, -1, true));
  return div(sub(rest, along), scale);
}

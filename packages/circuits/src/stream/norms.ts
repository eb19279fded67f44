import type { Transformer } from "@hookdict/models";
import { add, div, mean, mul, sqrt, square, sub, type Tensor } from "@tensorflow/tfjs-core";
import { capturedAt, type StreamRun } from "./stream-run.ts";

/** A norm of a transformer: where its scale is captured, and what it does. */
export interface NormPlace {
  readonly path: string;
  readonly kind: "layer" | "rms";
  readonly epsilon: number;
  /** Absent in norms without. */
  readonly gain: Tensor | undefined;
  readonly bias: Tensor | undefined;
}

/** Names of a block's norms. */
export type BlockNorm = "ln1" | "ln2" | "ln1_post" | "ln2_post";

/** A norm of a block; `undefined` where it has none of that name. */
export function blockNorm(model: Transformer, layer: number, name: BlockNorm): NormPlace | undefined {
  const block = model.blocks[layer];
  const norm = block?.[name];
  if (block === undefined || norm === undefined) return undefined;
  const { kind, epsilon } = block.config.norm;
  return { path: `blocks.${layer}.${name}`, kind, epsilon, gain: norm.gain, bias: norm.bias };
}

/** The norm through which the MLP of a layer reads the stream. */
export function mlpNorm(model: Transformer, layer: number): NormPlace | undefined {
  const isShared = model.config.blocks[layer]?.order === "parallel";
  return blockNorm(model, layer, "ln2") ?? (isShared ? blockNorm(model, layer, "ln1") : undefined);
}

/** The last norm. */
export function finalNorm(model: Transformer): NormPlace | undefined {
  const { norm } = model.config.head;
  if (norm === undefined || model.ln_final === undefined) return undefined;
  const { kind, epsilon } = norm;
  return { path: "ln_final", kind, epsilon, gain: model.ln_final.gain, bias: model.ln_final.bias };
}

/** `x` without its mean where the norm takes it off. New tensors belong to the scope. */
export function centred(x: Tensor, { kind }: NormPlace): Tensor {
  return kind === "rms" ? x : sub(x, mean(x, -1, true));
}

/** The scale that a norm divided by in a run, `[batch, pos, 1]`. */
export function scaleIn(run: StreamRun, norm: NormPlace): Tensor {
  return capturedAt(run, `${norm.path}.hook_scale`);
}

/** What a norm would divide `x` by. */
export function scaleOf(x: Tensor, { epsilon, ...norm }: NormPlace): Tensor {
  return sqrt(add(mean(square(centred(x, { epsilon, ...norm })), -1, true), epsilon));
}

/** The linear part of a norm at a given scale, gain and all, without the bias. */
export function throughNorm(x: Tensor, norm: NormPlace | undefined, scale: Tensor | undefined): Tensor {
  if (norm === undefined || scale === undefined) return x;
  const normed = div(centred(x, norm), scale);
  return norm.gain === undefined ? normed : mul(normed, norm.gain);
}

/** What a norm makes of `x` by itself: centred, divided by its own scale, with gain and bias. */
export function wholeNorm(x: Tensor, norm: NormPlace): Tensor {
  let y = div(centred(x, norm), scaleOf(x, norm));
  if (norm.gain !== undefined) y = mul(y, norm.gain);
  return norm.bias === undefined ? y : add(y, norm.bias);
}

import { Activation, Conv2d, Flatten, IntegratedGradients, Linear, MaxPool2d } from "@hookdict/attribution";
import { Module } from "@hookdict/core";
import type { Block, GPT2, Mlp } from "@hookdict/models";
import { matMul, randomNormal, type Rank, type Tensor, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { gpt2Small, someTokens } from "../models.ts";

/** Steps of the integral. */
export const STEPS = 50;
/** Tokens of the prompt. */
export const POSITIONS = 32;
/** Images at once. */
export const IMAGES = 8;

/** The network of ../../python/attribution.py: two convolutions on images of 32 × 32. */
class Cnn extends Module {
  readonly conv1: Conv2d = new Conv2d({ kernel: randomNormal([3, 3, 3, 32], 0, 0.1) }, { padding: "same" });
  readonly relu1: Activation = new Activation("relu");
  readonly pool1: MaxPool2d = new MaxPool2d([2, 2]);
  readonly conv2: Conv2d = new Conv2d({ kernel: randomNormal([3, 3, 32, 64], 0, 0.1) }, { padding: "same" });
  readonly relu2: Activation = new Activation("relu");
  readonly pool2: MaxPool2d = new MaxPool2d([2, 2]);
  readonly flatten: Flatten = new Flatten();
  readonly fc: Linear = new Linear({ kernel: randomNormal([8 * 8 * 64, 10], 0, 0.1) });

  override forward(x: Tensor): Tensor {
    return tidy(() => {
      const half = this.pool1.call(this.relu1.call(this.conv1.call(x)));
      return this.fc.call(this.flatten.call(this.pool2.call(this.relu2.call(this.conv2.call(half)))));
    });
  }
}

/** Integrated gradients at the embeddings of GPT-2 small's shape, of one logit at the last position. */
export function gpt2Case(internalBatchSize: number): () => void {
  const model: GPT2 = gpt2Small();
  const tokens = someTokens(POSITIONS, 50257);
  const hooked = new IntegratedGradients({ at: "hook_embed", steps: STEPS }).prepare(model);
  return () => {
    using result = hooked.attribute([tokens], { target: { position: -1, index: [5] }, internalBatchSize });
    result.get<Tensor>(["attr", "hook_embed"]).dataSync();
  };
}

/**
 * The products with weights that {@link gpt2Case} cannot do without, forward and backward, and nothing else: no computation of
 * exact gradients at the embeddings by these products takes less time.
 */
export function gpt2Products(internalBatchSize: number): Products {
  const model: GPT2 = gpt2Small();
  const [last, ...earlier] = model.blocks.toReversed() as [Block, ...Block[]]; // there are layers
  const all = internalBatchSize * POSITIONS;
  const products: (readonly [rows: number, weight: Tensor2D, isTransposed: boolean])[] = [];
  /** Forward, and backward with respect to the input. */
  const add = (rows: number, weights: readonly Tensor2D[], isTransposed = false): void => {
    for (const weight of weights) products.push([rows, weight, isTransposed], [rows, weight, !isTransposed]);
  };
  for (const block of earlier) add(all, [...keysAndValues(block), ...others(block)]);
  // Of the last layer, and of the unembedding, the last position alone needs more than keys and values.
  add(all, keysAndValues(last));
  add(internalBatchSize, others(last));
  add(internalBatchSize, [model.unembed.weight], true);
  const pieces = Math.ceil(STEPS / internalBatchSize);
  const inputs = products.map(
    ([rows, { shape }, isTransposed]) => [rows, shape[isTransposed ? 1 : 0]] as const,
  );
  const made = new Map(inputs.map((shape) => [shape.join(), randomNormal<Rank.R2>([...shape])] as const));
  const flop = products.reduce((total, [rows, weight]) => total + 2 * rows * weight.size, 0) * pieces;
  return {
    gflop: flop / 1e9,
    run: () => {
      for (let piece = 0; piece < pieces; piece++)
        for (const [i, [, weight, isTransposed]] of products.entries())
          matMul(made.get(String(inputs[i])) as Tensor2D, weight, false, isTransposed).dispose();
    },
  };
}

/** Products that are measured alone. */
interface Products {
  readonly gflop: number;
  readonly run: () => void;
}

function keysAndValues({ attn }: Block): readonly Tensor2D[] {
  return [attn.k.weight, attn.v.weight];
}

function others({ attn, mlp }: Block): readonly Tensor2D[] {
  const { in: first, out } = mlp as Mlp; // GPT-2 has no experts
  return [attn.q.weight, attn.o.weight, first.weight, out.weight];
}

/** Integrated gradients at the images. */
export function cnnCase(internalBatchSize: number): () => void {
  const images = randomNormal([IMAGES, 32, 32, 3]);
  const hooked = new IntegratedGradients({ steps: STEPS }).prepare(new Cnn());
  return () => {
    using result = hooked.attribute([images], { target: 3, internalBatchSize });
    result.get<Tensor>(["attr", "input"]).dataSync();
  };
}

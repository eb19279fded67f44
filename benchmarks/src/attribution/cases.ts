import { Activation, Conv2d, Flatten, IntegratedGradients, Linear, MaxPool2d } from "@hookdict/attribution";
import { Module } from "@hookdict/core";
import { type GPT2 } from "@hookdict/models";
import { randomNormal, type Tensor, tidy } from "@tensorflow/tfjs-core";
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

/** Integrated gradients at the images. */
export function cnnCase(internalBatchSize: number): () => void {
  const images = randomNormal([IMAGES, 32, 32, 3]);
  const hooked = new IntegratedGradients({ steps: STEPS }).prepare(new Cnn());
  return () => {
    using result = hooked.attribute([images], { target: 3, internalBatchSize });
    result.get<Tensor>(["attr", "input"]).dataSync();
  };
}

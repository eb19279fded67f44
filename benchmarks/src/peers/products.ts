import type { GPT2 } from "@hookdict/models";
import { matMul, randomNormal, type Tensor2D } from "@tensorflow/tfjs-core";

/** What a generation cannot do without: every product with a matrix of the model, of the prompt and of every step. */
export interface GenerationProducts {
  /** Bytes of weights that a step reads. */
  readonly bytes: number;
  readonly run: () => void;
}

/** @param tokens Of the prompt. @param steps Tokens that are made; the prompt gives the first. */
export function generationProducts(
  model: GPT2,
  rows: number,
  tokens: number,
  steps: number,
): GenerationProducts {
  const weights = model.blocks.flatMap(({ attn: { q, k, v, o }, mlp }) =>
    [q, k, v, o, mlp.in, mlp.out].map(({ weight }) => weight),
  );
  const embedding = model.unembed.weight;
  const inputs = new Map<string, Tensor2D>();
  const input = (count: number, width: number): Tensor2D => {
    const key = `${count} ${width}`;
    const made: Tensor2D = inputs.get(key) ?? randomNormal([count, width]);
    inputs.set(key, made);
    return made;
  };
  const multiply = (count: number, weight: Tensor2D, isTransposed = false): void =>
    matMul(input(count, weight.shape[isTransposed ? 1 : 0]), weight, false, isTransposed).dispose();
  const all = (count: number): void => {
    for (const weight of weights) multiply(count, weight);
  };
  return {
    bytes: 4 * weights.reduce((total, { size }) => total + size, embedding.size),
    run: () => {
      all(rows * tokens);
      for (let step = 1; step < steps; step++) {
        multiply(rows, embedding, true);
        all(rows);
      }
      multiply(rows, embedding, true);
      for (const each of inputs.values()) each.dispose();
      inputs.clear();
    },
  };
}

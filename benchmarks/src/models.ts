import { GPT2 } from "@hookdict/models";
import { tensor2d, type Tensor2D } from "@tensorflow/tfjs-core";

/** Length of the benchmark's prompts, in tokens. */
export const TOKENS = 128;

/** A model of GPT-2 small's shape with random weights: 12 layers, 12 heads, 768 wide, 50,257 tokens. */
export function gpt2Small(): GPT2 {
  return GPT2.fromConfig(
    { nLayers: 12, nHeads: 12, dModel: 768, dVocab: 50257, nPositions: 1024 },
    { seed: 1 },
  );
}

/** Int32 `[1, pos]` tokens below `dVocab`, spread over the vocabulary. */
export function someTokens(pos: number, dVocab: number): Tensor2D {
  return tensor2d(
    Int32Array.from({ length: pos }, (_, i) => (i * 7919 + 13) % dVocab),
    [1, pos],
    "int32",
  );
}

export { Attention } from "./gpt2/attention.ts";
export type { AttentionOptions, AttentionWeights } from "./gpt2/attention.ts";
export { Block } from "./gpt2/block.ts";
export type { BlockOptions, BlockWeights } from "./gpt2/block.ts";
export { gpt2Config, parseGPT2Config } from "./gpt2/config.ts";
export type { GPT2Choices, GPT2Config, GPT2Sizes } from "./gpt2/config.ts";
export { GPT2 } from "./gpt2/gpt2.ts";
export type { FromConfigOptions } from "./gpt2/gpt2.ts";
export { LayerNorm } from "./gpt2/layer-norm.ts";
export type { LayerNormWeights } from "./ops/layer-norm.ts";
export { Mlp } from "./gpt2/mlp.ts";
export type { MlpWeights } from "./gpt2/mlp.ts";
export { Unembed } from "./gpt2/unembed.ts";
export type { GPT2Weights } from "./gpt2/weights.ts";
export { ACTIVATIONS } from "./ops/activations.ts";
export type { Activation, ActivationName } from "./ops/activations.ts";
export { Tokenizer } from "./tokenizer.ts";
export type { TokenizeOptions } from "./tokenizer.ts";
export { FAMILIES } from "./families/families.ts";
export { loadModel } from "./load-model.ts";
export type { LoadedModel, LoadModelOptions } from "./load-model.ts";
export { Transformer } from "./transformer/transformer.ts";
export type { ModelOptions, RunInputs } from "./transformer/transformer.ts";
export { EncoderDecoder } from "./transformer/encoder-decoder.ts";
export type { EncoderDecoderInputs } from "./transformer/encoder-decoder.ts";
export { ImageClassifier } from "./transformer/image-classifier.ts";
export { StateSpaceModel } from "./transformer/state-space.ts";
export type {
  EncoderDecoderConfig,
  ImageClassifierConfig,
  StateSpaceConfig,
  TransformerConfig,
} from "./transformer/config.ts";

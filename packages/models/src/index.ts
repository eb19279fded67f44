export { gpt2Config } from "./gpt2/config.ts";
export type { GPT2Choices, GPT2Config, GPT2Sizes } from "./gpt2/config.ts";
export { GPT2 } from "./gpt2/gpt2.ts";
export { ACTIVATIONS } from "./ops/activations.ts";
export type { Activation, ActivationName } from "./ops/activations.ts";
export { Tokenizer } from "./tokenizer.ts";
export { FAMILIES } from "./families/families.ts";
export { loadModel, randomModel } from "./load-model.ts";
export { modelEvents } from "./warnings.ts";
export type { ModelEventMap, ModelWarning } from "./warnings.ts";
export type { LoadedModel, LoadModelOptions, RandomModelOptions } from "./load-model.ts";
export { Attention } from "./transformer/attention.ts";
export { Block } from "./transformer/block.ts";
export { looksAhead } from "./transformer/looks-ahead.ts";
export { Mlp } from "./transformer/mlp.ts";
export { Norm } from "./transformer/norm.ts";
export { ModelWeights } from "./transformer/weights.ts";
export { Transformer } from "./transformer/transformer.ts";
export type { ProcessingOptions } from "./processing/process.ts";
export type { OptInPoint } from "./transformer/points.ts";
export type { AttentionMask } from "./transformer/inputs.ts";
export type { LossOptions, ModelOptions, RunInputs } from "./transformer/transformer.ts";
export type { CachePrefix } from "./transformer/cache-prefix.ts";
export { TransformerCache } from "./transformer/transformer-cache.ts";
export { StateCache } from "./transformer/state-cache.ts";
export type { LayerState } from "./transformer/state-cache.ts";
export type { StepCache } from "./transformer/step-cache.ts";
export { EncoderDecoder } from "./transformer/encoder-decoder.ts";
export type { EncoderDecoderInputs } from "./transformer/encoder-decoder.ts";
export { ImageClassifier } from "./transformer/image-classifier.ts";
export { StateSpaceModel } from "./transformer/state-space.ts";
export type { StateSpaceInputs } from "./transformer/state-space.ts";
export type {
  EncoderDecoderConfig,
  ImageClassifierConfig,
  NormConfig,
  StateSpaceConfig,
  TransformerConfig,
} from "./transformer/config.ts";
export type { DecodeOptions, EncodeBatchOptions, EncodeOptions, TokenizeOptions } from "./tokenizer.ts";
export type { Span } from "./tokenizers/aligned.ts";
export type { ChatMessage, ChatOptions } from "./tokenizers/chat.ts";
export type { Encoding, PaddedBatch } from "./tokenizers/encoding.ts";
export { loadTokenizer } from "./tokenizers/load.ts";
export {
  firstTokenFrom,
  labelTokens,
  nearestToken,
  spanOfToken,
  tokenAt,
  tokensIn,
} from "./tokenizers/positions.ts";
export type { NamedSpan, TokenPosition } from "./tokenizers/positions.ts";
export type {
  CacheBatch,
  CachedKeysValues,
  CacheState,
  CausalOptions,
  CellRange,
  CellState,
  EncoderState,
  KeyShift,
  KeyValueCache,
  StartForwardOptions,
} from "./kv-cache/cache.ts";
export { CacheSession } from "./kv-cache/cache-session.ts";
export type { CacheSessionOptions, CacheSlot, LoadedPrompt, SessionInput } from "./kv-cache/cache-session.ts";
export { CausalCache } from "./kv-cache/causal-cache.ts";
export type { CausalCacheOptions } from "./kv-cache/causal-cache.ts";
export { CellCache } from "./kv-cache/cell-cache.ts";
export type { CellCacheOptions } from "./kv-cache/cell-cache.ts";
export { ChunkedCache } from "./kv-cache/chunked-cache.ts";
export type { ChunkedCacheOptions } from "./kv-cache/chunked-cache.ts";
export { EncoderCache } from "./kv-cache/encoder-cache.ts";
export type { EncoderCacheOptions } from "./kv-cache/encoder-cache.ts";
export { CacheError } from "./kv-cache/errors.ts";
export { SlidingWindowCache } from "./kv-cache/sliding-window-cache.ts";
export type { SlidingWindowCacheOptions } from "./kv-cache/sliding-window-cache.ts";
export { WrapperCache } from "./kv-cache/wrapper-cache.ts";
export { beamSearch } from "./generation/beams.ts";
export type { Beam, BeamOptions } from "./generation/beams.ts";
export { generate, generateRows } from "./generation/generate.ts";
export type { GeneratedStep, GenerateOptions } from "./generation/generate.ts";
export type { SignalLike } from "./generation/check.ts";
export type { LogitsStep } from "./generation/logits-step.ts";
export { LOGITS_STEPS } from "./generation/logits-steps.ts";
export type { LogitsOptions } from "./generation/logits-steps.ts";
export type { LogitsModel, RunOptions } from "./generation/next-logits.ts";
export type { Pick } from "./generation/pick.ts";
export { PICKS } from "./generation/picks.ts";
export type { Stop } from "./generation/stop.ts";
export { STOPS } from "./generation/stops.ts";
export type { StopOptions } from "./generation/stops.ts";

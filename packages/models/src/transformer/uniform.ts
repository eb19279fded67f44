import type { BlockConfig, TransformerConfig } from "./config.ts";
import type { Fields } from "./fields.ts";
import { plain, type TensorSpec } from "./specs.ts";

/** What all layers of a model have in common, and the rest of it: for families whose layers are alike. */
export interface Uniform extends Pick<
  TransformerConfig,
  "dModel" | "dVocab" | "nPositions" | "embed" | "head"
> {
  readonly nLayers: number;
  readonly block: BlockConfig;
  /** Class default of `tie_word_embeddings`. */
  readonly isTied: boolean;
  readonly isCausal?: boolean;
  /** What differs from layer to layer. */
  readonly layer?: (index: number) => Partial<BlockConfig>;
}

/** A config whose layers are alike, with the fields that all families have. */
export function uniformConfig(fields: Fields, own: Uniform): TransformerConfig {
  const { nLayers, block, layer, isTied, isCausal = true, ...rest } = own;
  // Dynamic scaling is for texts beyond the stated length.
  const isEndless = block.attention.rotary?.scaling.kind === "dynamic";
  return {
    ...rest,
    ...(isEndless && { nPositions: undefined }),
    modelType: String(fields.raw("model_type")),
    isCausal,
    blocks: Array.from({ length: nLayers }, (_, i) => ({ ...block, ...layer?.(i) })),
    isTied: fields.flag("tie_word_embeddings", isTied),
    bosTokenId: fields.token("bos_token_id"),
    padTokenId: fields.token("pad_token_id"),
  };
}

/** The embedding and the unembedding, of which a tied model's file may lack either. */
export function tokenSpecs(config: TransformerConfig, embedding: string, unembedding: string): TensorSpec[] {
  const { dVocab, embed, isTied } = config;
  const shape = [dVocab, embed.dEmbed];
  return [
    { ...plain(embedding, shape, "embed.weight"), isOptional: isTied },
    { ...plain(unembedding, shape, "unembed.weight"), isOptional: isTied },
  ];
}

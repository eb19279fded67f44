import { checkArgument } from "@hookdict/tensordict";
import { configField } from "../errors.ts";
import { gpt2 } from "../families/gpt2.ts";
import type { ActivationName } from "../ops/activations.ts";
import type { BlockConfig, TransformerConfig } from "../transformer/config.ts";
import { Fields } from "../transformer/fields.ts";

/** Sizes of a GPT-2 model that have no default. */
export interface GPT2Sizes {
  readonly nLayers: number;
  readonly nHeads: number;
  readonly dModel: number;
  readonly dVocab: number;
  /** Longest sequence. */
  readonly nPositions: number;
}

/** What may differ from GPT-2's own. */
export interface GPT2Choices {
  /** Width of the hidden layer of the MLPs. Default `4 * dModel`. */
  readonly dMlp?: number;
  /** Added to the variance in layer norms. Default 1e-5. */
  readonly epsilon?: number;
  /** Default `"gelu_new"`. */
  readonly activation?: ActivationName;
  /** Whether attention scores are divided by `sqrt(dHead)`. Default true. */
  readonly scaleAttention?: boolean;
  /** Whether attention scores of layer i are divided by `i + 1` as well. Default false. */
  readonly scaleAttentionByLayer?: boolean;
  /** Whether the unembedding is the transposed embedding. Default true. */
  readonly tiedEmbeddings?: boolean;
  readonly bosTokenId?: number;
}

/** A {@link TransformerConfig}, with what is the same in all layers of a GPT-2 model. Plain data. */
export interface GPT2Config extends TransformerConfig {
  readonly nPositions: number;
  readonly nLayers: number;
  readonly nHeads: number;
  /** Width of one head. */
  readonly dHead: number;
  /** Width of the hidden layer of the MLPs. */
  readonly dMlp: number;
}

/** What each is called in a config.json. */
const FIELDS: Readonly<Record<keyof GPT2Sizes | keyof GPT2Choices, string>> = {
  nLayers: "n_layer",
  nHeads: "n_head",
  dModel: "n_embd",
  dVocab: "vocab_size",
  nPositions: "n_positions",
  dMlp: "n_inner",
  epsilon: "layer_norm_epsilon",
  activation: "activation_function",
  scaleAttention: "scale_attn_weights",
  scaleAttentionByLayer: "scale_attn_by_inverse_layer_idx",
  tiedEmbeddings: "tie_word_embeddings",
  bosTokenId: "bos_token_id",
};

/**
 * A full config from sizes and whatever else differs from GPT-2's own.
 *
 * @throws FormatError `CONFIG_FIELD`, `CONFIG_UNSUPPORTED`, under the names that config.json has for them.
 *
 * @example
 * const config = gpt2Config({ nLayers: 12, nHeads: 12, dModel: 768, dVocab: 50257, nPositions: 1024 });
 * config.dMlp; // => 3072
 */
export function gpt2Config(given: GPT2Sizes & GPT2Choices): GPT2Config {
  checkArgument("gpt2Config", "sizes", given, "a record");
  const known: Readonly<Record<string, string>> = FIELDS;
  const entries = Object.entries(given).map(([name, value]) => {
    const field = Object.hasOwn(known, name) ? known[name] : undefined;
    if (field === undefined)
      throw configField("config", name, `left out: known are ${Object.keys(FIELDS).join(", ")}`, value);
    return [field, value] as const;
  });
  return withSizes(gpt2.config(new Fields({ model_type: "gpt2", ...Object.fromEntries(entries) }, "config")));
}

/** The config of the family, with the sizes of its layers, of which there is at least one. */
export function withSizes(config: TransformerConfig): GPT2Config {
  const { blocks, nPositions = 0 } = config;
  const { attention, mlp } = blocks[0] as BlockConfig;
  const { nHeads, dHead } = attention;
  return Object.freeze({ ...config, nPositions, nLayers: blocks.length, nHeads, dHead, dMlp: mlp.dMlp });
}

import type { StackConfig, TransformerConfig } from "../transformer/config.ts";
import { layerNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { plain, type TensorSpec } from "../transformer/specs.ts";
import { attentionSpecs, normSpecs, plainMlpSpecs } from "../transformer/standard-tensors.ts";

/** BART: an encoder and a decoder with norms after each addition, learned positions from 2 on, and a bias on logits. */
export const bart: Family = {
  modelTypes: ["bart"],
  prefix: "model.",
  ignored: /^((en|de)coder\.embed_tokens\.weight|lm_head\.weight)$/,
  config(fields) {
    const dModel = fields.size("d_model");
    const norm = layerNorm(1e-5);
    const nPositions = fields.size("max_position_embeddings", 1024);
    const nHeads = fields.size("decoder_attention_heads");
    fields.only("encoder_attention_heads", nHeads);
    const config = transformerConfig(fields, {
      modelType: "bart",
      kind: "encoder-decoder",
      dModel,
      nHeads,
      nPositions,
      nLayers: fields.layers("decoder_layers"),
      dMlp: fields.size("decoder_ffn_dim"),
      dVocab: fields.size("vocab_size"),
      norm,
      activation: fields.activation("activation_function", "gelu"),
      attentionBias: true,
      mlpBias: true,
      block: { order: "post" },
      hasCross: true,
      embed: {
        norm,
        isEncoder: true,
        scale: fields.flag("scale_embedding", false) ? Math.sqrt(dModel) : 1,
        positions: { count: nPositions + 2, offset: 2 },
      },
      head: { norm: undefined, hasBias: true, isTied: true },
    });
    fields.only("tie_word_embeddings", true);
    const { block, attention, mlp } = config;
    const dMlp = fields.size("encoder_ffn_dim");
    const layers = Array.from({ length: fields.layers("encoder_layers") }, (_, weights) => ({
      window: undefined,
      rotation: undefined,
      scale: 1 / Math.sqrt(config.dHead),
      experts: undefined,
      dMlp,
      weights,
    }));
    return {
      ...config,
      decoderStartTokenId: fields.token("decoder_start_token_id"),
      encoder: { layers, block, attention, mlp, norm, isCausal: false, hasCross: false, finalNorm: false },
    };
  },
  tensors(config) {
    const { dVocab, dModel } = config;
    return [
      plain("model.shared.weight", [dVocab, dModel], "W_E"),
      plain("final_logits_bias", [1, dVocab], "b_U"),
      ...sideSpecs(config, config.encoder ?? config, "encoder"),
      ...sideSpecs(config, config, "decoder"),
    ];
  },
};

function sideSpecs(config: TransformerConfig, stack: StackConfig, side: string): TensorSpec[] {
  const { dModel, norm, embed } = config;
  const root = `model.${side}`;
  return [
    plain(`${root}.embed_positions.weight`, [embed.positions?.count ?? 0, dModel], `${side}.W_pos`),
    ...normSpecs(`${root}.layernorm_embedding`, norm, dModel, `${side}.embed.ln`),
    ...stack.layers.flatMap(({ dMlp }, layer) => {
      const [at, to] = [`${root}.layers.${layer}`, `${side}.blocks.${layer}`];
      const own = (kind: string): { q: string; k: string; v: string; o: string } => {
        const from = `${at}.${kind}`;
        return { q: `${from}.q_proj`, k: `${from}.k_proj`, v: `${from}.v_proj`, o: `${from}.out_proj` };
      };
      return [
        ...attentionSpecs(config, own("self_attn"), `${to}.attn.`),
        ...normSpecs(`${at}.self_attn_layer_norm`, norm, dModel, `${to}.ln1`),
        ...(stack.hasCross
          ? [
              ...attentionSpecs(config, own("encoder_attn"), `${to}.cross_attn.`),
              ...normSpecs(`${at}.encoder_attn_layer_norm`, norm, dModel, `${to}.ln2`),
            ]
          : []),
        ...plainMlpSpecs(config, dMlp, { in: `${at}.fc1`, out: `${at}.fc2` }, `${to}.mlp.`),
        ...normSpecs(`${at}.final_layer_norm`, norm, dModel, `${to}.${stack.hasCross ? "ln3" : "ln2"}`),
      ];
    }),
  ];
}

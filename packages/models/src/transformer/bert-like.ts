import type { TransformerConfig } from "./config.ts";
import { denseSpecs, plain, type TensorSpec } from "./specs.ts";
import { attentionSpecs, normSpecs, plainMlpSpecs } from "./standard-tensors.ts";

/** Embeddings of an encoder: words, positions, token types and their norm. */
export function encoderEmbedSpecs({ dVocab, embed }: TransformerConfig, at: string): TensorSpec[] {
  const { width, positions, tokenTypes, norm } = embed;
  return [
    plain(`${at}.word_embeddings.weight`, [dVocab, width], "W_E"),
    plain(`${at}.position_embeddings.weight`, [positions?.count ?? 0, width], "W_pos"),
    ...(tokenTypes === 0
      ? []
      : [plain(`${at}.token_type_embeddings.weight`, [tokenTypes, width], "W_token_type")]),
    ...(norm === undefined ? [] : normSpecs(`${at}.LayerNorm`, norm, width, "embed.ln")),
  ];
}

/** Layers in the names of BERT's kind. */
export function encoderLayerSpecs(config: TransformerConfig, root: string): TensorSpec[] {
  const { dModel, norm } = config;
  return config.layers.flatMap(({ dMlp }, layer) => {
    const [at, to] = [`${root}.${layer}`, `blocks.${layer}`];
    const own = `${at}.attention.self`;
    const names = { q: `${own}.query`, k: `${own}.key`, v: `${own}.value`, o: `${at}.attention.output.dense` };
    return [
      ...attentionSpecs(config, names, `${to}.attn.`),
      ...normSpecs(`${at}.attention.output.LayerNorm`, norm, dModel, `${to}.ln1`),
      ...plainMlpSpecs(config, dMlp, { in: `${at}.intermediate.dense`, out: `${at}.output.dense` }, `${to}.mlp.`),
      ...normSpecs(`${at}.output.LayerNorm`, norm, dModel, `${to}.ln2`),
    ];
  });
}

/** The head of a masked language model, whose output matrix is tied to the embedding unless `decoder` stands beside. */
export function maskedHeadSpecs(
  { dModel, dVocab, head }: TransformerConfig,
  names: { readonly dense: string; readonly norm: string; readonly bias: string; readonly decoder: string },
): TensorSpec[] {
  if (head.transform === undefined) return [];
  const { width, norm } = head.transform;
  const bias = plain(names.bias, [dVocab], "b_U");
  return [
    ...denseSpecs(names.dense, [dModel, width], "mlm", true, "").map((spec) => ({
      ...spec,
      parts: spec.parts.map((part) => ({ ...part, parameter: `mlm_head.${part.parameter.slice(0, 1)}` })),
    })),
    ...normSpecs(names.norm, norm, width, "mlm_head.ln"),
    { ...bias, aliases: [`${names.decoder}.bias`] },
    ...(head.isTied ? [] : [plain(`${names.decoder}.weight`, [dVocab, width], "unembed")]),
  ];
}

import type { TransformerConfig } from "./config.ts";
import { linearSpecs, normSpecs, plain, type TensorSpec } from "./specs.ts";

/** Names of an encoder's tensors. */
export interface EncoderNames {
  readonly embeddings: string;
  readonly projection?: string;
  /** A layer's path. */
  readonly layer: (index: number) => string;
  readonly parts: {
    readonly q: string;
    readonly k: string;
    readonly v: string;
    readonly o: string;
    readonly ln1: string;
    readonly in: string;
    readonly out: string;
    readonly ln2: string;
  };
  readonly head: {
    readonly dense: string;
    readonly norm: string;
    readonly bias: string;
    readonly weight: string;
    /** Where a head that is not tied has its bias, if that is another; what is under `bias` is not used then. */
    readonly ownBias?: string;
  };
}

/** BERT's names within a layer. */
export const BERT_PARTS: EncoderNames["parts"] = {
  q: "attention.self.query",
  k: "attention.self.key",
  v: "attention.self.value",
  o: "attention.output.dense",
  ln1: "attention.output.LayerNorm",
  in: "intermediate.dense",
  out: "output.dense",
  ln2: "output.LayerNorm",
};

/** The tensors of an encoder with a head for masked tokens. */
export function encoderTensors(config: TransformerConfig, names: EncoderNames): TensorSpec[] {
  const { dModel, dVocab, embed, head } = config;
  const norm = { kind: "layer", epsilon: 1 } as const;
  const { dEmbed } = embed;
  const { embeddings } = names;
  return [
    plain(`${embeddings}.word_embeddings.weight`, [dVocab, dEmbed], "embed.weight"),
    plain(
      `${embeddings}.position_embeddings.weight`,
      [embed.positions?.rows ?? 0, dEmbed],
      "embed.positions",
    ),
    ...(embed.types === undefined
      ? []
      : [plain(`${embeddings}.token_type_embeddings.weight`, [embed.types, dEmbed], "embed.types")]),
    ...normSpecs(`${embeddings}.LayerNorm`, dEmbed, "embed.ln", norm),
    ...(names.projection === undefined
      ? []
      : linearSpecs(names.projection, dModel, dEmbed, "embed.projection", true)),
    ...config.blocks.flatMap((_, i) => layerSpecs(config, names, i)),
    ...(head.mlm === undefined
      ? []
      : [
          ...linearSpecs(names.head.dense, dEmbed, dModel, "mlm_head.dense", true),
          ...normSpecs(names.head.norm, dEmbed, "mlm_head.ln", norm),
          ...biasSpecs(config, names.head),
          { ...plain(names.head.weight, [dVocab, dEmbed], "unembed.weight"), isOptional: config.isTied },
        ]),
  ];
}

function biasSpecs(
  { dVocab, isTied }: TransformerConfig,
  { bias, ownBias }: EncoderNames["head"],
): TensorSpec[] {
  const shared = plain(bias, [dVocab], "unembed.bias");
  if (isTied || ownBias === undefined) return [shared];
  return [shared, { ...plain(ownBias, [dVocab], "unembed.bias"), isOptional: true, insteadOf: bias }];
}

function layerSpecs({ blocks, dModel: d }: TransformerConfig, names: EncoderNames, i: number): TensorSpec[] {
  const norm = { kind: "layer", epsilon: 1 } as const;
  const [from, to, { parts }] = [names.layer(i), `blocks.${i}`, names];
  const dMlp = blocks[i]?.mlp.dMlp ?? 0;
  return [
    ...(["q", "k", "v", "o"] as const).flatMap((name) =>
      linearSpecs(`${from}.${parts[name]}`, d, d, `${to}.attn.${name}`, true),
    ),
    ...normSpecs(`${from}.${parts.ln1}`, d, `${to}.ln1`, norm),
    ...linearSpecs(`${from}.${parts.in}`, dMlp, d, `${to}.mlp.in`, true),
    ...linearSpecs(`${from}.${parts.out}`, d, dMlp, `${to}.mlp.out`, true),
    ...normSpecs(`${from}.${parts.ln2}`, d, `${to}.ln2`, norm),
  ];
}

import type { ActivationName } from "../ops/activations.ts";
import type { TransformerConfig } from "./config.ts";
import type { Fields } from "./fields.ts";
import { uniformConfig } from "./uniform.ts";

/** The names that an encoder's config has for its sizes; BERT's unless given. */
export interface EncoderFields {
  readonly dModel?: string;
  readonly nHeads?: string;
  readonly nLayers?: string;
  readonly dMlp?: string;
  readonly activation?: string;
}

/** What an encoder has of its own. */
export interface EncoderOwn {
  readonly names?: EncoderFields;
  readonly epsilon?: number;
  readonly dEmbed?: number;
  /** Whether there is a projection even where the embedding is as wide as the model. */
  readonly isAlwaysProjected?: boolean;
  readonly hasTypes?: boolean;
  /** The padding token from whose absence positions are counted, where they are. */
  readonly countsFrom?: number;
  readonly headActivation?: ActivationName;
}

/** A config of BERT's kind: norms behind the sums, learned positions, a head for masked tokens. */
export function encoderConfig(fields: Fields, own: EncoderOwn = {}): TransformerConfig {
  const { names = {}, hasTypes = true, countsFrom } = own;
  const dModel = fields.width(names.dModel ?? "hidden_size");
  const heads = names.nHeads ?? "num_attention_heads";
  const nHeads = fields.count(heads);
  fields.divides(heads, nHeads, dModel, names.dModel ?? "hidden_size");
  fields.only("position_embedding_type", ["absolute"]);
  fields.only("is_decoder", [false]);
  const dHead = dModel / nHeads;
  const epsilon = own.epsilon ?? fields.number("layer_norm_eps", 1e-12);
  const norm = { kind: "layer", epsilon } as const;
  const activation = fields.activation(names.activation ?? "hidden_act", "gelu");
  const rows = fields.size("max_position_embeddings", 512);
  const offset = countsFrom === undefined ? 0 : countsFrom + 1;
  const dEmbed = own.dEmbed ?? dModel;
  return uniformConfig(fields, {
    nLayers: fields.count(names.nLayers ?? "num_hidden_layers"),
    dModel,
    dVocab: fields.size("vocab_size"),
    nPositions: rows - offset,
    isCausal: false,
    isTied: true,
    embed: {
      dEmbed,
      positions: { rows, offset },
      countsFrom,
      types: hasTypes ? fields.size("type_vocab_size", 2) : undefined,
      norm,
      projection: dEmbed === dModel && own.isAlwaysProjected !== true ? undefined : "after norm",
    },
    head: isBare(fields)
      ? { isAbsent: true }
      : { mlm: { activation: own.headActivation ?? activation, norm }, hasBias: true },
    block: {
      attention: {
        nHeads,
        nKeyHeads: nHeads,
        dHead,
        scale: 1 / Math.sqrt(dHead),
        isCausal: false,
        hasQkvBias: true,
        hasOutBias: true,
      },
      mlp: {
        dMlp: fields.width(names.dMlp ?? "intermediate_size"),
        activation,
        isGated: false,
        hasBias: true,
      },
      norm,
      order: "post",
      norms: ["ln1", "ln2"],
    },
  });
}

/** Whether a config's architecture is an encoder alone, such as `BertModel`: what makes sentence vectors. */
function isBare(fields: Fields): boolean {
  const names = fields.raw("architectures");
  return Array.isArray(names) && names.length > 0 && names.every((name) => String(name).endsWith("Model"));
}

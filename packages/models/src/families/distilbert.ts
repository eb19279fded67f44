import { encoderConfig } from "../transformer/encoder.ts";
import { encoderTensors } from "../transformer/encoder-specs.ts";
import type { Family } from "../transformer/family.ts";

/** DistilBERT: a smaller BERT without types of tokens. @see Sanh et al., https://arxiv.org/abs/1910.01108 */
export const distilbert: Family = {
  modelTypes: ["distilbert"],
  prefix: "distilbert.",
  config: (fields) =>
    encoderConfig(fields, {
      names: {
        dModel: "dim",
        nHeads: "n_heads",
        nLayers: "n_layers",
        dMlp: "hidden_dim",
        activation: "activation",
      },
      epsilon: 1e-12,
      hasTypes: false,
    }),
  tensors: (config) =>
    encoderTensors(config, {
      embeddings: "distilbert.embeddings",
      layer: (i) => `distilbert.transformer.layer.${i}`,
      parts: {
        q: "attention.q_lin",
        k: "attention.k_lin",
        v: "attention.v_lin",
        o: "attention.out_lin",
        ln1: "sa_layer_norm",
        in: "ffn.lin1",
        out: "ffn.lin2",
        ln2: "output_layer_norm",
      },
      head: {
        dense: "vocab_transform",
        norm: "vocab_layer_norm",
        bias: "vocab_projector.bias",
        weight: "vocab_projector.weight",
      },
    }),
};

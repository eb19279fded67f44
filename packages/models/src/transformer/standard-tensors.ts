import type { TransformerConfig, NormConfig } from "./config.ts";
import { denseSpecs, linearSpecs, plain, range, type TensorSpec } from "./specs.ts";

/** Gain and bias of a norm, as many as its config has. */
export function normSpecs(name: string, config: NormConfig, size: number, parameter: string): TensorSpec[] {
  return [
    ...(config.hasGain ? [plain(`${name}.weight`, [size], `${parameter}.w`)] : []),
    ...(config.hasBias ? [plain(`${name}.bias`, [size], `${parameter}.b`)] : []),
  ];
}

/** Embedding and unembedding, of which a tied checkpoint has one. */
export function embeddingSpecs(config: TransformerConfig, embed: string, head: string): TensorSpec[] {
  const { dVocab } = config;
  const { width } = config.embed;
  const matrix = plain(`${embed}.weight`, [dVocab, width], "W_E");
  const { isTied, hasBias, projection } = config.head;
  return [
    isTied ? { ...matrix, aliases: [`${head}.weight`] } : matrix,
    ...(isTied ? [] : [plain(`${head}.weight`, [dVocab, projection?.width ?? config.dModel], "unembed")]),
    ...(hasBias ? [plain(`${head}.bias`, [dVocab], "b_U")] : []),
  ];
}

/** Four linear layers of attention under their own names, weights `[out, in]`. */
export function attentionSpecs(
  config: TransformerConfig,
  names: { readonly q: string; readonly k: string; readonly v: string; readonly o: string },
  prefix: string,
  biases: TransformerConfig["attention"]["biases"] = config.attention.biases,
): TensorSpec[] {
  const { dModel, nHeads, nKeyHeads, dHead } = config;
  const [queries, keys] = [nHeads * dHead, nKeyHeads * dHead];
  return [
    ...denseSpecs(names.q, [dModel, queries], "Q", biases.q, prefix),
    ...denseSpecs(names.k, [dModel, keys], "K", biases.k, prefix),
    ...denseSpecs(names.v, [dModel, keys], "V", biases.v, prefix),
    ...denseSpecs(names.o, [queries, dModel], "O", biases.o, prefix),
  ];
}

/** How queries, keys and values lie in one matrix. */
export type FusedLayout = "thirds" | "by-head" | "by-group";

/** One matrix of queries, keys and values, and the output's. */
export function fusedAttentionSpecs(
  config: TransformerConfig,
  names: { readonly qkv: string; readonly o: string },
  prefix: string,
  layout: FusedLayout,
  isInOut = false,
): TensorSpec[] {
  const { dModel, nHeads, nKeyHeads: groups, dHead } = config;
  const [queries, keys] = [nHeads * dHead, groups * dHead];
  const { biases } = config.attention;
  const units = { Q: [] as number[], K: [] as number[], V: [] as number[] };
  if (layout === "thirds") {
    units.Q = range(0, queries);
    units.K = range(queries, keys);
    units.V = range(queries + keys, keys);
  } else {
    const own = nHeads / groups;
    for (let group = 0; group < groups; group++) {
      const at = group * (own + 2) * dHead;
      units.Q.push(...range(at, own * dHead));
      units.K.push(...range(at + own * dHead, dHead));
      units.V.push(...range(at + (own + 1) * dHead, dHead));
    }
  }
  const parts = [["Q", units.Q] as const, ["K", units.K] as const, ["V", units.V] as const];
  const out = [["O", range(0, dModel)] as const];
  return [
    ...linearSpecs(names.qkv, [dModel, queries + 2 * keys], parts, biases.q, { prefix, isInOut }),
    ...linearSpecs(names.o, [queries, dModel], out, biases.o, { prefix, isInOut }),
  ];
}

/** Two linear layers of an MLP. */
export function plainMlpSpecs(
  config: TransformerConfig,
  dMlp: number,
  names: { readonly in: string; readonly out: string },
  prefix: string,
  isInOut = false,
): TensorSpec[] {
  const { dModel, mlp } = config;
  const [hidden, out] = [[["in", range(0, dMlp)] as const], [["out", range(0, dModel)] as const]];
  return [
    ...linearSpecs(names.in, [dModel, dMlp], hidden, mlp.hasBiasIn, { prefix, isInOut }),
    ...linearSpecs(names.out, [dMlp, dModel], out, mlp.hasBiasOut, { prefix, isInOut }),
  ];
}

/** Gate, up and down of a gated MLP. */
export function gatedMlpSpecs(
  { dModel, mlp }: TransformerConfig,
  dMlp: number,
  names: { readonly gate: string; readonly in: string; readonly out: string },
  prefix: string,
): TensorSpec[] {
  return [
    ...denseSpecs(names.gate, [dModel, dMlp], "gate", mlp.hasBiasIn, prefix),
    ...denseSpecs(names.in, [dModel, dMlp], "in", mlp.hasBiasIn, prefix),
    ...denseSpecs(names.out, [dMlp, dModel], "out", mlp.hasBiasOut, prefix),
  ];
}

/** Names of the norms of a layer where they are not Llama's. */
export interface LayerNames {
  readonly ln1?: string;
  readonly ln2?: string;
  readonly ln1Post?: string;
  readonly ln2Post?: string;
}

/** A checkpoint in the names of Llama's kind; what a family has beside them comes from `extra`. */
export function llamaTensors(
  config: TransformerConfig,
  names: LayerNames = {},
  mlp: (layer: number, at: string, prefix: string) => TensorSpec[] = (layer, at, prefix) =>
    standardMlp(config, layer, at, prefix),
): TensorSpec[] {
  const { dModel, block, norm, attention } = config;
  const own = { ln1: "input_layernorm", ln2: "post_attention_layernorm", ...names };
  const layers = config.layers.map((_, layer) => {
    const at = `model.layers.${layer}`;
    const to = `blocks.${layer}`;
    const attn = `${at}.self_attn`;
    return [
      ...(block.ln1 ? normSpecs(`${at}.${own.ln1}`, norm, dModel, `${to}.ln1`) : []),
      ...(block.ln2 ? normSpecs(`${at}.${own.ln2}`, norm, dModel, `${to}.ln2`) : []),
      ...(block.postNorms && own.ln1Post !== undefined && own.ln2Post !== undefined
        ? [
            ...normSpecs(`${at}.${own.ln1Post}`, norm, dModel, `${to}.ln1_post`),
            ...normSpecs(`${at}.${own.ln2Post}`, norm, dModel, `${to}.ln2_post`),
          ]
        : []),
      ...attentionSpecs(
        config,
        { q: `${attn}.q_proj`, k: `${attn}.k_proj`, v: `${attn}.v_proj`, o: `${attn}.o_proj` },
        `${to}.attn.`,
      ),
      ...(attention.queryKeyNorm === undefined ? [] : queryKeyNormSpecs(config, attn, to)),
      ...mlp(layer, `${at}.mlp`, `${to}.mlp.`),
    ];
  });
  return [
    ...embeddingSpecs(config, "model.embed_tokens", "lm_head"),
    ...layers.flat(),
    ...normSpecs("model.norm", config.head.norm ?? norm, dModel, "ln_final"),
  ];
}

function standardMlp(config: TransformerConfig, layer: number, at: string, prefix: string): TensorSpec[] {
  const names = { gate: `${at}.gate_proj`, in: `${at}.up_proj`, out: `${at}.down_proj` };
  return gatedMlpSpecs(config, config.layers[layer]?.dMlp ?? 0, names, prefix);
}

function queryKeyNormSpecs(config: TransformerConfig, attn: string, to: string): TensorSpec[] {
  const { nHeads, nKeyHeads, dHead } = config;
  const { over = "head", norm } = config.attention.queryKeyNorm ?? {};
  if (over !== "each-head") {
    const [q, k] = over === "head" ? [dHead, dHead] : [nHeads * dHead, nKeyHeads * dHead];
    const parts = norm ?? config.norm;
    return [
      ...normSpecs(`${attn}.q_norm`, parts, q, `${to}.attn.q_norm`),
      ...normSpecs(`${attn}.k_norm`, parts, k, `${to}.attn.k_norm`),
    ];
  }
  return [
    plain(`${attn}.q_norm.weight`, [nHeads, dHead], `${to}.attn.q_norm.w`),
    plain(`${attn}.k_norm.weight`, [nKeyHeads, dHead], `${to}.attn.k_norm.w`),
  ];
}

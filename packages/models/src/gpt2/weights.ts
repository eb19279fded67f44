import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import type { BlockWeights } from "./block.ts";
import type { GPT2Config } from "./config.ts";
import type { LayerNormWeights } from "../ops/layer-norm.ts";

/**
 * How a tensor of a checkpoint lies in memory: as it is, or cut into thirds along its last axis (queries, keys and
 * values come as one matrix).
 */
export type Layout = "plain" | "thirds";

/** How a tensor is filled when there is no checkpoint. */
export type Init = "normal" | "residual" | "zeros" | "ones";

/** One tensor of a checkpoint. */
export interface WeightSpec {
  /** Name without the `transformer.` prefix. */
  readonly name: string;
  /** Shape in the checkpoint. */
  readonly shape: readonly number[];
  readonly layout: Layout;
  readonly init: Init;
}

/** All weights of a model, as the modules want them. */
export interface GPT2Weights {
  /** `[dVocab, dModel]` */
  readonly embedding: Tensor2D;
  /** `[dVocab, dModel]`; the same tensor as `embedding` when tied. */
  readonly unembedding: Tensor2D;
  /** `[nPositions, dModel]` */
  readonly positions: Tensor2D;
  readonly blocks: readonly BlockWeights[];
  readonly lnFinal: LayerNormWeights;
}

/** Names of the matrices that may be tied. */
export const EMBEDDING = "wte.weight";
export const UNEMBEDDING = "lm_head.weight";

/** What a checkpoint of this config consists of. */
export function weightSpecs(config: GPT2Config): WeightSpec[] {
  const { dModel: d, dVocab, nPositions, tiedEmbeddings: isTied } = config;
  return [
    spec(EMBEDDING, [dVocab, d], "normal"),
    spec("wpe.weight", [nPositions, d], "normal"),
    ...Array.from({ length: config.nLayers }, (_, layer) => blockSpecs(`h.${layer}.`, config)).flat(),
    ...normSpecs("ln_f.", d),
    ...(isTied ? [] : [spec(UNEMBEDDING, [dVocab, d], "normal")]),
  ];
}

/** How many tensors {@link weightSpecs} lists. */
export function countSpecs(config: GPT2Config): number {
  const none = weightSpecs({ ...config, nLayers: 0 }).length;
  return none + config.nLayers * blockSpecs("", config).length;
}

/** Puts tensors by the name of their spec where they belong; of thirds there are three, of the others one. */
export function assembleWeights(
  config: GPT2Config,
  tensors: ReadonlyMap<string, readonly Tensor[]>,
): GPT2Weights {
  const pick: Pick = (name, part = 0) => {
    const found = tensors.get(name)?.[part];
    if (found === undefined) throw new TypeError(`no weight ${name}`); // every spec was read
    return found as never; // the spec fixed the rank
  };
  const { nLayers } = config;
  // Of tied ones either may be there, or both where they differ.
  const [embedding, unembedding] = tensors.has(UNEMBEDDING)
    ? [tensors.has(EMBEDDING) ? EMBEDDING : UNEMBEDDING, UNEMBEDDING]
    : [EMBEDDING, EMBEDDING];
  return {
    embedding: pick(embedding),
    unembedding: pick(unembedding),
    positions: pick("wpe.weight"),
    blocks: Array.from({ length: nLayers }, (_, layer) => blockWeights(`h.${layer}.`, pick)),
    lnFinal: { gain: pick("ln_f.weight"), bias: pick("ln_f.bias") },
  };
}

/** All weights by the names that parameters of other transformers have. **Ownership:** *borrows* them to you. */
export function namesOfWeights({
  embedding,
  positions,
  unembedding,
  blocks,
  lnFinal,
}: GPT2Weights): Readonly<Record<string, Tensor>> {
  return {
    "embed.weight": embedding,
    "embed.positions": positions,
    ...Object.assign({}, ...blocks.map((block, layer) => namesOfBlock(`blocks.${layer}`, block))),
    "ln_final.weight": lnFinal.gain,
    "ln_final.bias": lnFinal.bias,
    "unembed.weight": unembedding,
  };
}

function namesOfBlock(path: string, { ln1, attn, ln2, mlp }: BlockWeights): Record<string, Tensor> {
  return {
    [`${path}.ln1.weight`]: ln1.gain,
    [`${path}.ln1.bias`]: ln1.bias,
    [`${path}.attn.q.weight`]: attn.wQ,
    [`${path}.attn.q.bias`]: attn.bQ,
    [`${path}.attn.k.weight`]: attn.wK,
    [`${path}.attn.k.bias`]: attn.bK,
    [`${path}.attn.v.weight`]: attn.wV,
    [`${path}.attn.v.bias`]: attn.bV,
    [`${path}.attn.o.weight`]: attn.wO,
    [`${path}.attn.o.bias`]: attn.bO,
    [`${path}.ln2.weight`]: ln2.gain,
    [`${path}.ln2.bias`]: ln2.bias,
    [`${path}.mlp.in.weight`]: mlp.wIn,
    [`${path}.mlp.in.bias`]: mlp.bIn,
    [`${path}.mlp.out.weight`]: mlp.wOut,
    [`${path}.mlp.out.bias`]: mlp.bOut,
  };
}

type Pick = (name: string, part?: number) => Tensor1D & Tensor2D; // either, as its spec says

function spec(name: string, shape: readonly number[], init: Init, layout: Layout = "plain"): WeightSpec {
  return { name, shape, layout, init };
}

function normSpecs(prefix: string, d: number): WeightSpec[] {
  return [spec(`${prefix}weight`, [d], "ones"), spec(`${prefix}bias`, [d], "zeros")];
}

function blockSpecs(prefix: string, { dModel: d, dMlp }: GPT2Config): WeightSpec[] {
  return [
    ...normSpecs(`${prefix}ln_1.`, d),
    spec(`${prefix}attn.c_attn.weight`, [d, 3 * d], "normal", "thirds"),
    spec(`${prefix}attn.c_attn.bias`, [3 * d], "zeros", "thirds"),
    spec(`${prefix}attn.c_proj.weight`, [d, d], "residual"),
    spec(`${prefix}attn.c_proj.bias`, [d], "zeros"),
    ...normSpecs(`${prefix}ln_2.`, d),
    spec(`${prefix}mlp.c_fc.weight`, [d, dMlp], "normal"),
    spec(`${prefix}mlp.c_fc.bias`, [dMlp], "zeros"),
    spec(`${prefix}mlp.c_proj.weight`, [dMlp, d], "residual"),
    spec(`${prefix}mlp.c_proj.bias`, [d], "zeros"),
  ];
}

function blockWeights(prefix: string, pick: Pick): BlockWeights {
  const [qkv, qkvBias] = [`${prefix}attn.c_attn.weight`, `${prefix}attn.c_attn.bias`];
  return {
    ln1: { gain: pick(`${prefix}ln_1.weight`), bias: pick(`${prefix}ln_1.bias`) },
    attn: {
      wQ: pick(qkv, 0),
      bQ: pick(qkvBias, 0),
      wK: pick(qkv, 1),
      bK: pick(qkvBias, 1),
      wV: pick(qkv, 2),
      bV: pick(qkvBias, 2),
      wO: pick(`${prefix}attn.c_proj.weight`),
      bO: pick(`${prefix}attn.c_proj.bias`),
    },
    ln2: { gain: pick(`${prefix}ln_2.weight`), bias: pick(`${prefix}ln_2.bias`) },
    mlp: {
      wIn: pick(`${prefix}mlp.c_fc.weight`),
      bIn: pick(`${prefix}mlp.c_fc.bias`),
      wOut: pick(`${prefix}mlp.c_proj.weight`),
      bOut: pick(`${prefix}mlp.c_proj.bias`),
    },
  };
}

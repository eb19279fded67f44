import { HookPoint, Module } from "@hookdict/core";
import {
  add,
  clipByValue,
  concat,
  einsum,
  matMul,
  mul,
  reshape,
  slice,
  softmax,
  sum,
  tanh,
  tidy,
  tile,
  transpose,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from "@tensorflow/tfjs-core";
import { attentionScores } from "../ops/attention-scores.ts";
import { linear } from "../ops/linear.ts";
import type { StoredAttention } from "./attention-store.ts";
import type { AttentionConfig, LayerConfig } from "./config.ts";
import { Norm } from "./norm.ts";
import type { Parameters } from "./parameters.ts";
import type { CurrentPass, Pass } from "./pass.ts";
import { rotate } from "./rotation.ts";

/** Sizes of an {@link GroupedAttention}. */
export interface AttentionSizes {
  readonly dModel: number;
  readonly nHeads: number;
  readonly nKeyHeads: number;
  readonly dHead: number;
}

const HEADS = ["batch", "pos", "head", "dHead"];
const KEY_HEADS = ["batch", "pos", "keyHead", "dHead"];
const PAIRS = ["batch", "head", "dest", "src"];

/**
 * Attention whose key heads may serve several query heads, with whatever a family adds: rotation, norms of queries and
 * keys, windows, biases by distance, caps and sinks.
 *
 * Hook points as in TransformerLens: `hook_q`, `hook_k`, `hook_v`, `hook_rot_q`, `hook_rot_k`, `hook_attn_scores` (scaled,
 * masked with -Infinity), `hook_pattern`, `hook_z`, and `hook_result` `[batch, pos, head, dModel]`, which is computed
 * only when hooked.
 */
export class GroupedAttention extends Module {
  readonly hook_q: HookPoint = new HookPoint({ axes: HEADS });
  readonly hook_k: HookPoint = new HookPoint({ axes: KEY_HEADS });
  readonly hook_v: HookPoint = new HookPoint({ axes: KEY_HEADS });
  readonly q_norm: Norm | undefined;
  readonly k_norm: Norm | undefined;
  readonly hook_rot_q: HookPoint | undefined;
  readonly hook_rot_k: HookPoint | undefined;
  readonly hook_attn_scores: HookPoint = new HookPoint({ axes: PAIRS });
  readonly hook_pattern: HookPoint = new HookPoint({ axes: PAIRS });
  readonly hook_z: HookPoint = new HookPoint({ axes: HEADS });
  readonly hook_result: HookPoint = new HookPoint({ axes: ["batch", "pos", "head", "dModel"] });
  readonly #parts: AttentionParts;

  /** **Ownership:** *borrows* the parameters. */
  constructor(parts: AttentionParts) {
    super();
    this.#parts = parts;
    const { config, parameters, name, layer } = parts;
    const { queryKeyNorm } = config;
    if (queryKeyNorm !== undefined && !parts.isCross) {
      const axes =
        queryKeyNorm.over === "projection" ? [["batch", "pos", "dQuery"], ["batch", "pos", "dKey"]] : [HEADS, KEY_HEADS];
      this.q_norm = new Norm(queryKeyNorm.norm, parameters, `${name}.q_norm`, axes[0]);
      this.k_norm = new Norm(queryKeyNorm.norm, parameters, `${name}.k_norm`, axes[1]);
    }
    if (layer.rotation !== undefined && !parts.isCross) {
      this.hook_rot_q = new HookPoint({ axes: HEADS });
      this.hook_rot_k = new HookPoint({ axes: KEY_HEADS });
    }
  }

  override get axes(): readonly string[] {
    return ["batch", "pos", "dModel"];
  }

  /**
   * @param queries What queries are made from: `[batch, pos, dModel]`, or a copy for each head,
   * `[batch, pos, head, dModel]`; keys and values from the other two.
   * @returns `[batch, pos, dModel]`.
   */
  override forward(queries: Tensor, keys: Tensor = queries, values: Tensor = keys): Tensor {
    const { sizes, pass, config, layer } = this.#parts;
    return tidy(() => {
      const run = pass.get();
      let q = this.hook_q.call(this.#project(queries, "Q", sizes.nHeads));
      let k = this.hook_k.call(this.#project(keys, "K", sizes.nKeyHeads));
      const v = this.hook_v.call(this.#project(values, "V", sizes.nKeyHeads));
      if (this.q_norm !== undefined) q = this.#normed(this.q_norm, q);
      if (this.k_norm !== undefined) k = this.#normed(this.k_norm, k);
      if (layer.rotation !== undefined && this.hook_rot_q !== undefined && this.hook_rot_k !== undefined) {
        const factors = run.rotation(layer.rotation, sizes.dHead);
        q = this.hook_rot_q.call(rotate(q, factors));
        k = this.hook_rot_k.call(rotate(k, factors));
      }
      const { store } = run.input;
      const stored =
        store === undefined || this.#parts.isCross
          ? undefined
          : store.put(this.#parts.index, k, v, layer.window);
      const scores = this.hook_attn_scores.call(this.#scores(q, stored?.keys ?? k, run, stored));
      const pattern = this.hook_pattern.call(config.hasSinks === true ? this.#sink(scores) : softmax(scores));
      const z = this.hook_z.call(mix(pattern, stored?.values ?? v));
      return this.#output(z);
    });
  }

  #parameter(name: string): Tensor {
    return this.#parts.parameters.get(`${this.#parts.name}.${name}`);
  }

  #project(x: Tensor, which: "Q" | "K" | "V", heads: number): Tensor {
    const { parameters, name, sizes, config } = this.#parts;
    const weight = this.#parameter(`W_${which}`) as Tensor2D; // [dModel, heads dHead]
    const bias = parameters.bias(`${name}.b_${which}`, heads * sizes.dHead) as Tensor1D;
    const made = x.rank === 4 ? perHead(x, weight, bias, sizes.dHead) : linear(x, weight, bias, { heads });
    return config.clip === undefined ? made : clipByValue(made, -config.clip, config.clip);
  }

  #normed(norm: Norm, x: Tensor): Tensor {
    if (this.#parts.config.queryKeyNorm?.over !== "projection") return norm.call(x);
    const [batch = 1, pos = 1] = x.shape;
    return reshape(norm.call(reshape(x, [batch, pos, -1])), x.shape);
  }

  #scores(q: Tensor, k: Tensor, run: Pass, stored: StoredAttention | undefined): Tensor {
    const { config, layer, sizes, isCross } = this.#parts;
    const mask = isCross ? run.encoded?.pass.keyMask() : (stored?.mask ?? run.mask(layer.window));
    const isPlain = config.cap === undefined && config.alibi === undefined && config.buckets === undefined;
    if (isPlain && mask?.rank === 2 && sizes.nHeads === sizes.nKeyHeads && q.shape[1] === k.shape[1]) {
      return attentionScores(q, k, mask as Tensor2D, layer.scale); // rank 2, as asked
    }
    let scores = groupedScores(layer.scale === 1 ? q : mul(q, layer.scale), k);
    if (config.cap !== undefined) scores = mul(tanh(mul(scores, 1 / config.cap)), config.cap);
    if (config.alibi !== undefined) scores = add(scores, run.alibi(config.alibi, stored?.positions));
    if (config.buckets !== undefined && !isCross && run.bias !== undefined) scores = add(scores, run.bias);
    return mask === undefined ? scores : add(scores, mask);
  }

  /** Softmax with one more logit per head, which is dropped. */
  #sink(scores: Tensor): Tensor {
    const [batch = 1, heads = 1, dest = 1, src = 1] = scores.shape;
    const sinks = tile(reshape(this.#parameter("sinks"), [1, heads, 1, 1]), [batch, 1, dest, 1]);
    return slice(softmax(concat([scores, sinks], 3)), [0, 0, 0, 0], [batch, heads, dest, src]);
  }

  #output(z: Tensor): Tensor {
    const { parameters, name, sizes } = this.#parts;
    const weight = this.#parameter("W_O") as Tensor2D; // [heads dHead, dModel]
    const bias = parameters.bias(`${name}.b_O`, sizes.dModel) as Tensor1D;
    if (this.hook_result.hookSlot === null) return linear(z, weight, bias, { columns: 2 });
    const byHead = reshape(weight, [sizes.nHeads, sizes.dHead, sizes.dModel]);
    const result = this.hook_result.call(einsum("bphd,hdm->bphm", z, byHead));
    return add(sum(result, 2), bias);
  }
}

/** What a {@link GroupedAttention} is made of. */
export interface AttentionParts {
  readonly sizes: AttentionSizes;
  readonly config: AttentionConfig;
  readonly layer: LayerConfig;
  readonly parameters: Parameters;
  /** The parameters' names without their last segment. */
  readonly name: string;
  /** Which layer it is, for a store. */
  readonly index: number;
  readonly pass: CurrentPass;
  readonly isCross: boolean;
}

/** `[batch, pos, head, dModel]` with each head's own columns. */
function perHead(x: Tensor, weight: Tensor2D, bias: Tensor1D, dHead: number): Tensor {
  const heads = weight.shape[1] / dHead;
  const columns = reshape(weight, [weight.shape[0], heads, dHead]);
  return add(einsum("bphm,mhd->bphd", x, columns), reshape(bias, [heads, dHead]));
}

/** `q kᵀ`, `[batch, head, dest, src]`. */
function groupedScores(q: Tensor, k: Tensor): Tensor {
  const [batch = 1, dest = 1, heads = 1, dHead = 1] = q.shape;
  const [, src = 1, keyHeads = 1] = k.shape;
  const grouped = reshape(transpose(q, [0, 2, 1, 3]), [batch, keyHeads, (heads / keyHeads) * dest, dHead]);
  const product = matMul(grouped, transpose(k, [0, 2, 1, 3]), false, true);
  return reshape(product, [batch, heads, dest, src]);
}

/** What every position takes from the values, `[batch, pos, head, dHead]`. */
function mix(pattern: Tensor, v: Tensor): Tensor {
  return tidy(() => {
    const [batch = 1, heads = 1, dest = 1, src = 1] = pattern.shape;
    const [, , keyHeads = 1, dHead = 1] = v.shape;
    const grouped = reshape(pattern, [batch, keyHeads, (heads / keyHeads) * dest, src]);
    const product = matMul(grouped, transpose(v, [0, 2, 1, 3]));
    return transpose(reshape(product, [batch, heads, dest, dHead]), [0, 2, 1, 3]);
  });
}

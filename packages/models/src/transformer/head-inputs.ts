import { HookPoint } from "@hookdict/core";
import { reshape, tile, type Tensor } from "@tensorflow/tfjs-core";
import type { AttentionConfig } from "./config.ts";
import type { OptInPoint } from "./points.ts";

const READ = ["batch", "pos", "head", "dModel"];
const READ_BY_KEYS = ["batch", "pos", "keyHead", "dModel"];
const BY_HEAD: readonly OptInPoint[] = ["hook_attn_in", "hook_q_input", "hook_k_input", "hook_v_input"];

/** What queries, keys and values are made from: each from its own. */
export type Inputs = readonly [queries: Tensor, keys: Tensor, values: Tensor];

/**
 * What attention reads of the residual stream, before the norm. Where points for it were asked for, every head has a copy of
 * its own, `[batch, pos, head, dModel]` (keys and values: as many as heads of keys), which they see: `hook_attn_in`, then
 * `hook_q_input`, `hook_k_input` and `hook_v_input`. Otherwise it is the stream itself, and costs nothing.
 */
export class HeadInputs {
  readonly hook_attn_in: HookPoint | undefined;
  readonly hook_q_input: HookPoint | undefined;
  readonly hook_k_input: HookPoint | undefined;
  readonly hook_v_input: HookPoint | undefined;
  /** Whether every head has its own. */
  readonly isByHead: boolean;
  readonly #config: AttentionConfig;

  constructor(config: AttentionConfig, points: ReadonlySet<string>) {
    const point = (name: OptInPoint, axes: readonly string[]): HookPoint | undefined =>
      points.has(name) ? new HookPoint({ axes }) : undefined;
    this.#config = config;
    const byKeys = config.nKeyHeads === config.nHeads ? READ : READ_BY_KEYS;
    this.isByHead = BY_HEAD.some((name) => points.has(name));
    this.hook_attn_in = point("hook_attn_in", READ);
    this.hook_q_input = point("hook_q_input", READ);
    this.hook_k_input = point("hook_k_input", byKeys);
    this.hook_v_input = point("hook_v_input", byKeys);
  }

  /** Names of a norm's axes that stands behind these. */
  get axes(): readonly string[] | undefined {
    return this.isByHead ? READ : undefined;
  }

  /** @param stream `[batch, pos, dModel]` */
  of(stream: Tensor): Inputs {
    if (!this.isByHead) return [stream, stream, stream];
    const { nHeads, nKeyHeads } = this.#config;
    const all = repeated(stream, nHeads);
    const read = this.hook_attn_in?.call(all) ?? all;
    const byKeys = nKeyHeads === nHeads ? read : repeated(stream, nKeyHeads);
    return [
      this.hook_q_input?.call(read) ?? read,
      this.hook_k_input?.call(byKeys) ?? byKeys,
      this.hook_v_input?.call(byKeys) ?? byKeys,
    ];
  }
}

function repeated(stream: Tensor, heads: number): Tensor {
  const [batch = 1, pos = 1, width = 1] = stream.shape;
  return tile(reshape(stream, [batch, pos, 1, width]), [1, 1, heads, 1]);
}

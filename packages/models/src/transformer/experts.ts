import { HookPoint, Module } from "@hookdict/core";
import {
  add,
  clipByValue,
  concat,
  div,
  gather,
  minimum,
  mul,
  reshape,
  sigmoid,
  softmax,
  sum,
  tensor1d,
  tidy,
  topk,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { ACTIVATIONS } from "../ops/activations.ts";
import type { ExpertsConfig } from "./config.ts";
import { dense, type MlpSizes } from "./mlp.ts";
import type { Parameters } from "./parameters.ts";

const ROWS = { axes: ["routed", "dMlp"] };

/** One expert, a gated MLP over the tokens that were routed to it, one row each. */
export class Expert extends Module {
  readonly hook_gate: HookPoint = new HookPoint(ROWS);
  readonly hook_pre: HookPoint = new HookPoint(ROWS);
  readonly hook_post: HookPoint = new HookPoint(ROWS);
  readonly #sizes: MlpSizes;
  readonly #clamped: ExpertsConfig["clamped"];
  readonly #parameters: Parameters;
  readonly #name: string;

  /** **Ownership:** *borrows* the parameters. */
  constructor(sizes: MlpSizes, clamped: ExpertsConfig["clamped"], parameters: Parameters, name: string) {
    super();
    this.#sizes = sizes;
    this.#clamped = clamped;
    this.#parameters = parameters;
    this.#name = name;
  }

  override get axes(): readonly string[] {
    return ["routed", "dModel"];
  }

  override forward(x: Tensor): Tensor {
    const { dMlp, dModel } = this.#sizes;
    return tidy(() => {
      const gate = this.hook_gate.call(dense(x, this.#parameters, this.#name, "gate", dMlp));
      const up = this.hook_pre.call(dense(x, this.#parameters, this.#name, "in", dMlp));
      const post = this.hook_post.call(tidy(() => this.#activate(gate, up)));
      return dense(post, this.#parameters, this.#name, "out", dModel);
    });
  }

  #activate(gate: Tensor, up: Tensor): Tensor {
    if (this.#clamped === undefined) return mul(ACTIVATIONS[this.#sizes.activation](gate), up);
    const { alpha, limit } = this.#clamped;
    const low = minimum(gate, limit);
    return mul(add(clipByValue(up, -limit, limit), 1), mul(low, sigmoid(mul(low, alpha))));
  }
}

/**
 * Experts among which a router chooses for every token: `hook_expert_weights` `[token, expert]` is the softmax over all
 * (over the chosen ones where the family says so), `hook_expert_indices` `[token, chosen]`.
 */
export class Experts extends Module {
  readonly hook_expert_weights: HookPoint;
  readonly hook_expert_indices: HookPoint = new HookPoint({ axes: ["token", "chosen"] });
  readonly experts: readonly Expert[];
  readonly #config: ExpertsConfig;
  readonly #parameters: Parameters;
  readonly #name: string;

  /** **Ownership:** *borrows* the parameters. */
  constructor(config: ExpertsConfig, sizes: MlpSizes, parameters: Parameters, name: string) {
    super();
    this.#config = config;
    this.#parameters = parameters;
    this.#name = name;
    this.hook_expert_weights = new HookPoint({
      axes: ["token", config.weights === "chosen" ? "chosen" : "expert"],
    });
    this.experts = Array.from(
      { length: config.count },
      (_, i) => new Expert(sizes, config.clamped, parameters, `${name}.experts.${i}`),
    );
  }

  override get axes(): readonly string[] {
    return ["batch", "pos", "dModel"];
  }

  override forward(x: Tensor): Tensor {
    return tidy(() => {
      const rows = reshape(x, [-1, x.shape.at(-1) ?? 1]);
      const { weights, indices } = this.#route(rows);
      return reshape(this.#mix(rows, weights, indices.dataSync<"int32">()), x.shape);
    });
  }

  /** Which experts every token goes to, and with what weights: `[token, chosen]` both. */
  #route(rows: Tensor): { weights: Tensor; indices: Tensor } {
    const { count, chosen, weights: kind } = this.#config;
    const logits = dense(rows, this.#parameters, this.#name, "router", count);
    if (kind === "chosen") {
      const indices = this.hook_expert_indices.call(topk(logits, chosen).indices);
      return { weights: this.hook_expert_weights.call(softmax(pick(logits, indices, chosen))), indices };
    }
    const all = this.hook_expert_weights.call(softmax(logits));
    const indices = this.hook_expert_indices.call(topk(all, chosen).indices);
    const own = pick(all, indices, chosen);
    return { weights: kind === "renormalised" ? div(own, sum(own, 1, true)) : own, indices };
  }

  #mix(rows: Tensor, weights: Tensor, indices: Int32Array): Tensor {
    const { count, chosen } = this.#config;
    const outputs: Tensor[] = [];
    const places = new Int32Array(indices.length);
    let next = 0;
    for (let expert = 0; expert < count; expert++) {
      const slots = [...indices.keys()].filter((at) => indices[at] === expert);
      if (slots.length === 0) continue;
      const tokens = tensor1d(
        slots.map((at) => Math.floor(at / chosen)),
        "int32",
      );
      for (const at of slots) places[at] = next++;
      const own = this.experts[expert] as Expert; // count of them
      outputs.push(own.call(gather(rows, tokens)));
    }
    const inOrder = gather(concat(outputs, 0), tensor1d(places, "int32"));
    const byToken = reshape(inOrder, [-1, chosen, rows.shape[1] ?? 1]);
    return sum(mul(byToken, reshape(weights, [-1, chosen, 1])), 1);
  }
}

/** Values at each row's own columns, `[row, chosen]`; unlike those that a choice gives, they have a gradient. */
function pick(values: Tensor, indices: Tensor, chosen: number): Tensor {
  const [rows = 1, columns = 1] = values.shape;
  const flat = Int32Array.from(
    indices.dataSync<"int32">(),
    (column, at) => Math.floor(at / chosen) * columns + column,
  );
  return reshape(gather(reshape(values, [-1]), tensor1d(flat, "int32")), [rows, chosen]);
}

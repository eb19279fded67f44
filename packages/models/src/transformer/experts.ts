import { HookPoint, Module } from "@hookdict/core";
import {
  add,
  cast,
  clipByValue,
  div,
  log,
  max,
  minimum,
  mul,
  oneHot,
  sigmoid,
  slice,
  softmax,
  sum,
  tidy,
  topk,
  zerosLike,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { runCustomOp } from "../ops/custom-op.ts";
import { gated } from "../ops/gated.ts";
import type { ExpertsConfig, MlpConfig } from "./config.ts";
import { Linear } from "./linear.ts";
import type { ModelWeights } from "./weights.ts";

const HIDDEN = ["batch", "pos", "dMlp"];

/** One of several MLPs: `hook_gate` before the activation, `hook_pre` what it is multiplied by, `hook_post` their product. */
export class Expert extends Module {
  readonly gate: Linear;
  readonly hook_gate: HookPoint = new HookPoint({ axes: HIDDEN });
  readonly in: Linear;
  readonly hook_pre: HookPoint = new HookPoint({ axes: HIDDEN });
  readonly hook_post: HookPoint = new HookPoint({ axes: HIDDEN });
  readonly out: Linear;
  readonly #config: MlpConfig;

  /** **Ownership:** *borrows* the weights. */
  constructor(weights: ModelWeights, path: string, config: MlpConfig) {
    super();
    this.gate = new Linear(weights, `${path}.gate`, HIDDEN);
    this.in = new Linear(weights, `${path}.in`, HIDDEN);
    this.out = new Linear(weights, `${path}.out`, ["batch", "pos", "dModel"]);
    this.#config = config;
  }

  override get axes(): readonly string[] {
    return ["batch", "pos", "dModel"];
  }

  override forward(x: Tensor): Tensor {
    return tidy(() => {
      const gate = this.hook_gate.call(this.gate.call(x));
      const up = this.hook_pre.call(this.in.call(x));
      return this.out.call(this.hook_post.call(this.#product(gate, up)));
    });
  }

  #product(gate: Tensor, up: Tensor): Tensor {
    const { clamped, activation } = this.#config;
    if (clamped === undefined) return gated(gate, up, activation);
    const { alpha, limit } = clamped;
    const kept = minimum(gate, limit);
    return mul(add(clipByValue(up, -limit, limit), 1), mul(kept, sigmoid(mul(kept, alpha))));
  }
}

/**
 * A choice among MLPs: a router scores them for every token, the best serve it, weighted. Every expert computes every
 * token, and those that were not chosen count nothing: shapes do not depend on values.
 *
 * `hook_expert_weights` sees the weights of all experts, `[batch, pos, expert]`, `hook_expert_indices` the chosen ones,
 * `[batch, pos, chosen]`: a hook that replaces these chooses others.
 *
 * @see Shazeer et al., https://arxiv.org/abs/1701.06538
 */
export class Experts extends Module {
  readonly router: Linear;
  readonly hook_expert_weights: HookPoint = new HookPoint({ axes: ["batch", "pos", "expert"] });
  readonly hook_expert_indices: HookPoint = new HookPoint({ axes: ["batch", "pos", "chosen"] });
  readonly experts: readonly Expert[];
  readonly #config: ExpertsConfig;

  /** **Ownership:** *borrows* the weights. */
  constructor(weights: ModelWeights, path: string, config: MlpConfig & { readonly experts: ExpertsConfig }) {
    super();
    this.#config = config.experts;
    this.router = new Linear(weights, `${path}.router`, ["batch", "pos", "expert"]);
    this.experts = Array.from(
      { length: config.experts.count },
      (_, i) => new Expert(weights, `${path}.experts.${i}`, config),
    );
  }

  override get axes(): readonly string[] {
    return ["batch", "pos", "dModel"];
  }

  override forward(x: Tensor): Tensor {
    return tidy(() => {
      const logits = this.router.call(x);
      const isSoftmax = this.#config.shows === "softmax";
      const softmaxed = softmax(logits);
      const all = isSoftmax ? this.hook_expert_weights.call(softmaxed) : softmaxed;
      const chosen = this.hook_expert_indices.call(topk(logits, this.#config.chosen).indices);
      const isChosen = chosenMask(logits, chosen);
      const weighed = this.#shares(logits, all, isChosen);
      const shares = isSoftmax ? weighed : this.hook_expert_weights.call(weighed);
      const [batch = 1, pos = 1] = x.shape;
      const parts = this.experts.map((expert, i) => {
        const share = slice(shares, [0, 0, i], [batch, pos, 1]);
        return mul(expert.call(x), share);
      });
      return parts.reduce((total, part) => add(total, part));
    });
  }

  /** What every expert's output is multiplied by, 0 for those not chosen: `[batch, pos, expert]`. */
  #shares(logits: Tensor, all: Tensor, isChosen: Tensor): Tensor {
    const { weights } = this.#config;
    if (weights === "chosen") return softmax(add(logits, log(isChosen)));
    const kept = mul(all, isChosen);
    return weights === "all" ? kept : div(kept, sum(kept, -1, true));
  }
}

/** 1 for those of the last axis that were chosen, 0 for the others; a choice has no gradient. */
function chosenMask(logits: Tensor, indices: Tensor): Tensor {
  return runCustomOp<{ logits: Tensor }, Tensor>({
    inputs: { logits },
    // By index, not by value: of several that are equal, no more than were chosen count.
    // Cast, since wasm writes integers where floats are asked for.
    forward: () => max(cast(oneHot(indices, logits.shape.at(-1) ?? 1), "float32"), -2),
    gradients: (dy) => ({ logits: () => zerosLike(dy) }),
  });
}

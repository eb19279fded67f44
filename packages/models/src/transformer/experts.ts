import { HookPoint, Module } from "@hookdict/core";
import { readNow } from "@hookdict/tensordict/tensors";
import {
  add,
  cast,
  concat,
  div,
  equal,
  expandDims,
  gather,
  log,
  max,
  mul,
  range,
  reshape,
  slice,
  softmax,
  sum,
  tensor1d,
  tidy,
  topk,
  zerosLike,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { runCustomOp } from "../ops/custom-op.ts";
import type { ExpertsConfig, MlpConfig } from "./config.ts";
import { Expert } from "./expert.ts";
import { Linear } from "./linear.ts";
import { routesOf } from "./routes.ts";
import type { ModelWeights } from "./weights.ts";

/**
 * A choice among MLPs: a router scores them for every token, the best serve it, weighted. Each expert computes the tokens
 * that it serves, in TransformerLens's order: those whose first choice it is, then the others. One that serves none does not
 * run. On WebGPU, which cannot be asked for the choice within a run, every expert computes every token, and those that
 * were not chosen count nothing.
 *
 * `hook_expert_weights` sees the weights of all experts, `[batch, pos, expert]`, `hook_expert_indices` the chosen ones,
 * `[batch, pos, chosen]`: a hook that replaces these chooses others.
 *
 * @throws UsageError `EXPERT_UNKNOWN` where a hook chose an expert that there is not.
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
      const tokens = reshape(x, [-1, x.shape.at(-1) ?? 1]);
      const known = readNow(chosen);
      const total =
        known === undefined
          ? this.#everywhere(tokens, shares)
          : this.#routed(tokens, shares, known, chosen.shape.at(-1) ?? 1);
      return reshape(total, x.shape);
    });
  }

  /** What every expert's output is multiplied by, 0 for those not chosen: `[batch, pos, expert]`. */
  #shares(logits: Tensor, all: Tensor, isChosen: Tensor): Tensor {
    const { weights } = this.#config;
    if (weights === "chosen") return softmax(add(logits, log(isChosen)));
    const kept = mul(all, isChosen);
    return weights === "all" ? kept : div(kept, sum(kept, -1, true));
  }

  /** Each expert on its tokens; then each token's outputs, weighted. */
  #routed(tokens: Tensor, shares: Tensor, chosen: ArrayLike<number>, perToken: number): Tensor {
    const { rows, places, shareAt } = routesOf(chosen, perToken, this.#config.count);
    const outputs = this.experts.flatMap((expert, i) => {
      const own = rows[i];
      if (own === undefined || own.length === 0) return [];
      return [expert.call(gather(tokens, tensor1d(own, "int32")))];
    });
    const placed = gather(concat(outputs, 0), tensor1d(places, "int32"));
    // A token that chose an expert twice has it once: past the end there is a share of 0.
    const [count = 1, width = 1] = tokens.shape;
    const padded = concat([reshape(shares, [-1]), tensor1d([0])]);
    const weights = reshape(gather(padded, tensor1d(shareAt, "int32")), [count, perToken, 1]);
    return sum(mul(reshape(placed, [count, perToken, width]), weights), 1);
  }

  #everywhere(tokens: Tensor, shares: Tensor): Tensor {
    const all = reshape(shares, [-1, this.#config.count]);
    const parts = this.experts.map((expert, i) => mul(expert.call(tokens), slice(all, [0, i], [-1, 1])));
    return parts.reduce((total, part) => add(total, part));
  }
}

/** 1 for those of the last axis that were chosen, 0 for the others; a choice has no gradient. */
function chosenMask(logits: Tensor, indices: Tensor): Tensor {
  return runCustomOp<{ logits: Tensor }, Tensor>({
    inputs: { logits },
    // By index, not by value: of several that are equal, no more than were chosen count.
    // Compared along the last axis: WebGPU fails to transpose what `oneHot` gives, and wasm writes integers there.
    forward: () => {
      const experts = reshape(range(0, logits.shape.at(-1) ?? 1, 1, "int32"), [-1, 1]);
      return max(cast(equal(expandDims(indices, -2), experts), "float32"), -1);
    },
    gradients: (dy) => ({ logits: () => zerosLike(dy) }),
  });
}

import { keep, reshape, stack, tidy, transpose, zeros, type Tensor } from "@tensorflow/tfjs-core";
import { modelDisposed } from "../errors.ts";
import { weightAbsent } from "./errors.ts";
import { repeatHeads, splitHeads, splitOutputs } from "./split-heads.ts";
import type { BlockConfig, TransformerConfig } from "./config.ts";
import { TokenModel } from "./token-model.ts";

/**
 * A transformer's weights under TransformerLens's names, in its shapes: those of the layers stacked, heads apart.
 *
 * `W_E` and `W_pos` are the parameters themselves; the others are copies, made when they are first asked for and kept by
 * the model, the same tensor every time. Biases that a family does not have are 0. Keys and values that several heads
 * share stand once for each of these heads.
 *
 * **Ownership:** all are *borrowed* to you, until the model is disposed.
 *
 * @throws UsageError `WEIGHT_ABSENT` where a family has no such matrix; LifetimeError `MODEL_DISPOSED`.
 */
export abstract class NamedWeights extends TokenModel {
  readonly #made = new Map<string, Tensor>();

  abstract override readonly config: TransformerConfig;

  /** The embedding, `[dVocab, dModel]`. */
  get W_E(): Tensor {
    return this.#own("embed.weight", "W_E", "it has no embedding");
  }

  /** Learned positions, `[rows, dModel]`; some families have rows before the first position. */
  get W_pos(): Tensor {
    return this.#own("embed.positions", "W_pos", "its positions are not learned");
  }

  /** The unembedding, `[dModel, dVocab]`. */
  get W_U(): Tensor {
    return this.#once("W_U", () =>
      transpose(this.weights.find("unembed.weight") ?? this.weights.get("embed.weight")),
    );
  }

  /** `[dVocab]` */
  get b_U(): Tensor {
    return this.#once("b_U", () => this.#biasOf("unembed", this.config.dVocab));
  }

  /** `[layer, head, dModel, dHead]` */
  get W_Q(): Tensor {
    return this.#layers("W_Q", ({ attention }, path) => {
      const weight = splitHeads(this.weights.get(`${path}.attn.q.weight`), attention.dHead);
      return repeatHeads(weight, attention.nHeads);
    });
  }

  /** `[layer, head, dHead]` */
  get b_Q(): Tensor {
    return this.#layers("b_Q", ({ attention: { nHeads, dHead } }, path) => {
      const heads = nHeads;
      const bias = this.#biasOf(`${path}.attn.q`, heads * dHead);
      return repeatHeads(reshape(bias, [heads, dHead]), nHeads);
    });
  }

  /** `[layer, head, dModel, dHead]` */
  get W_K(): Tensor {
    return this.#layers("W_K", ({ attention }, path) => {
      const weight = splitHeads(this.weights.get(`${path}.attn.k.weight`), attention.dHead);
      return repeatHeads(weight, attention.nHeads);
    });
  }

  /** `[layer, head, dHead]` */
  get b_K(): Tensor {
    return this.#layers("b_K", ({ attention: { nHeads, nKeyHeads, dHead } }, path) => {
      const heads = nKeyHeads;
      const bias = this.#biasOf(`${path}.attn.k`, heads * dHead);
      return repeatHeads(reshape(bias, [heads, dHead]), nHeads);
    });
  }

  /** `[layer, head, dModel, dHead]` */
  get W_V(): Tensor {
    return this.#layers("W_V", ({ attention }, path) => {
      const weight = splitHeads(this.weights.get(`${path}.attn.v.weight`), attention.dHead);
      return repeatHeads(weight, attention.nHeads);
    });
  }

  /** `[layer, head, dHead]` */
  get b_V(): Tensor {
    return this.#layers("b_V", ({ attention: { nHeads, nKeyHeads, dHead } }, path) => {
      const heads = nKeyHeads;
      const bias = this.#biasOf(`${path}.attn.v`, heads * dHead);
      return repeatHeads(reshape(bias, [heads, dHead]), nHeads);
    });
  }

  /** `[layer, head, dHead, dModel]` */
  get W_O(): Tensor {
    return this.#layers("W_O", ({ attention }, path) =>
      splitOutputs(this.weights.get(`${path}.attn.o.weight`), attention.nHeads),
    );
  }

  /** `[layer, dModel]` */
  get b_O(): Tensor {
    return this.#layers("b_O", (_, path) => this.#biasOf(`${path}.attn.o`, this.config.dModel));
  }

  /** `[layer, dModel, dMlp]`; in gated MLPs what the activation is multiplied by. */
  get W_in(): Tensor {
    return this.#mlps("W_in", (_, path) => this.weights.get(`${path}.in.weight`));
  }

  /** `[layer, dMlp]` */
  get b_in(): Tensor {
    return this.#mlps("b_in", ({ mlp }, path) => this.#biasOf(`${path}.in`, mlp.dMlp));
  }

  /** What the activation takes in gated MLPs, `[layer, dModel, dMlp]`. */
  get W_gate(): Tensor {
    if (this.config.blocks.some(({ mlp }) => !mlp.isGated))
      throw this.#absent("W_gate", "its MLPs are not gated");
    return this.#mlps("W_gate", (_, path) => this.weights.get(`${path}.gate.weight`));
  }

  /** `[layer, dMlp]` */
  get b_gate(): Tensor {
    if (this.config.blocks.some(({ mlp }) => !mlp.isGated))
      throw this.#absent("b_gate", "its MLPs are not gated");
    return this.#mlps("b_gate", ({ mlp }, path) => this.#biasOf(`${path}.gate`, mlp.dMlp));
  }

  /** `[layer, dMlp, dModel]` */
  get W_out(): Tensor {
    return this.#mlps("W_out", (_, path) => this.weights.get(`${path}.out.weight`));
  }

  /** `[layer, dModel]` */
  get b_out(): Tensor {
    return this.#mlps("b_out", (_, path) => this.#biasOf(`${path}.out`, this.config.dModel));
  }

  /** Frees the copies. */
  protected disposeNamed(): void {
    for (const tensor of this.#made.values()) tensor.dispose();
    this.#made.clear();
  }

  #absent(name: string, why: string): Error {
    return weightAbsent(this.config.modelType, name, why);
  }

  #own(parameter: string, name: string, why: string): Tensor {
    if (this.weights.isDisposed) throw modelDisposed(`${this.config.modelType} model`);
    const found = this.weights.find(parameter);
    if (found === undefined) throw this.#absent(name, why);
    return found;
  }

  #biasOf(path: string, size: number): Tensor {
    return this.weights.find(`${path}.bias`) ?? zeros([size]);
  }

  #mlps(name: string, make: (block: BlockConfig, path: string) => Tensor): Tensor {
    const { blocks } = this.config;
    if (blocks.some(({ mlp }) => mlp.experts !== undefined))
      throw this.#absent(name, "its MLPs are experts; see `weights` under blocks.0.mlp.experts");
    return this.#layers(name, (block, path) => make(block, `${path}.mlp`));
  }

  #layers(name: string, make: (block: BlockConfig, path: string) => Tensor): Tensor {
    return this.#once(name, () => stack(this.config.blocks.map((block, i) => make(block, `blocks.${i}`))));
  }

  #once(name: string, make: () => Tensor): Tensor {
    if (this.weights.isDisposed) throw modelDisposed(`${this.config.modelType} model`);
    const known = this.#made.get(name);
    if (known !== undefined) return known;
    // What is a parameter itself is cloned, so that the model's two owners free one handle each.
    const made = tidy(() => keep(make().clone()));
    this.#made.set(name, made);
    return made;
  }
}

import { isEdited, Module, type StoredWeight } from "@hookdict/core";
import { keep, reshape, stack, tidy, transpose, zeros, type Tensor } from "@tensorflow/tfjs-core";
import { modelDisposed } from "../errors.ts";
import { weightAbsent } from "./errors.ts";
import { repeatHeads, splitHeads, splitOutputs } from "./split-heads.ts";
import type { BlockConfig } from "./config.ts";
import type { ModelWeights } from "./weights.ts";

/** What of a model its weights' names depend on. */
export interface NamedParts {
  readonly modelType: string;
  readonly dModel: number;
  /** How many logits there are. */
  readonly outputs: number;
  /** Whether the unembedding is stored with a row for each logit. */
  readonly isRowPerLogit: boolean;
  /** Layers with attention and an MLP, in the order in which they are stacked. */
  readonly layers: readonly { readonly path: string; readonly block: BlockConfig }[];
}

/** A copy of parameters, and the data that it was made of. */
interface Copy {
  readonly tensor: Tensor;
  readonly of: readonly object[];
}

/**
 * A model's weights under TransformerLens's names, in its shapes: those of the layers stacked, heads apart. An encoder's
 * layers come before a decoder's; what attends to an encoder is not among them.
 *
 * `W_E` and `W_pos` are the parameters themselves; the others are copies, made when they are first asked for and kept by
 * the model, the same tensor every time. Biases that a family does not have are 0. Keys and values that several heads
 * share stand once for each of these heads. Where parameters are edited, so are these.
 *
 * **Ownership:** all are *borrowed* to you, until the model is disposed; those of an edited model, until they are asked for
 * under another edit.
 *
 * @throws UsageError `WEIGHT_ABSENT` where a family has no such matrix; LifetimeError `MODEL_DISPOSED`.
 */
export abstract class NamedWeights extends Module {
  readonly #made = new Map<string, Copy>();
  /** Those that were made while edits stand on parameters. */
  readonly #edited = new Map<string, Copy>();

  /** The parameters by name. **Ownership:** *borrows* them to you. */
  abstract get weights(): ModelWeights;

  protected abstract get namedParts(): NamedParts;

  /** The embedding, `[dVocab, dModel]`; of images, `[pixel, dModel]`. */
  get W_E(): Tensor {
    return this.#own("embed.weight", "W_E", "it has no embedding");
  }

  /** Learned positions, `[rows, dModel]`; some families have rows before the first position. */
  get W_pos(): Tensor {
    return this.#own("embed.positions", "W_pos", "its positions are not learned");
  }

  /** The unembedding, `[dModel, dVocab]`; of images, `[dModel, class]`. */
  get W_U(): Tensor {
    return this.#once("W_U", () => {
      const stored = this.weights.find("unembed.weight") ?? this.weights.get("embed.weight");
      return this.namedParts.isRowPerLogit ? transpose(stored) : stored;
    });
  }

  /** `[dVocab]` */
  get b_U(): Tensor {
    return this.#once("b_U", () => this.#biasOf("unembed", this.namedParts.outputs));
  }

  /** `[layer, head, dModel, dHead]` */
  get W_Q(): Tensor {
    return this.#heads("W_Q", "q");
  }

  /** `[layer, head, dHead]` */
  get b_Q(): Tensor {
    return this.#headBiases("b_Q", "q");
  }

  /** `[layer, head, dModel, dHead]` */
  get W_K(): Tensor {
    return this.#heads("W_K", "k");
  }

  /** `[layer, head, dHead]` */
  get b_K(): Tensor {
    return this.#headBiases("b_K", "k");
  }

  /** `[layer, head, dModel, dHead]` */
  get W_V(): Tensor {
    return this.#heads("W_V", "v");
  }

  /** `[layer, head, dHead]` */
  get b_V(): Tensor {
    return this.#headBiases("b_V", "v");
  }

  /** `[layer, head, dHead, dModel]` */
  get W_O(): Tensor {
    return this.#layers("W_O", ({ attention }, path) =>
      splitOutputs(this.weights.get(`${path}.attn.o.weight`), attention.nHeads),
    );
  }

  /** `[layer, dModel]` */
  get b_O(): Tensor {
    return this.#layers("b_O", (_, path) => this.#biasOf(`${path}.attn.o`, this.namedParts.dModel));
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
    return this.#gates("W_gate", (_, path) => this.weights.get(`${path}.gate.weight`));
  }

  /** `[layer, dMlp]` */
  get b_gate(): Tensor {
    return this.#gates("b_gate", ({ mlp }, path) => this.#biasOf(`${path}.gate`, mlp.dMlp));
  }

  /** `[layer, dMlp, dModel]` */
  get W_out(): Tensor {
    return this.#mlps("W_out", (_, path) => this.weights.get(`${path}.out.weight`));
  }

  /** `[layer, dModel]` */
  get b_out(): Tensor {
    return this.#mlps("b_out", (_, path) => this.#biasOf(`${path}.out`, this.namedParts.dModel));
  }

  /** Under the names that {@link ModelWeights} lists. */
  override ownWeights(): object {
    return this.weights.byName;
  }

  override storedWeights(): readonly StoredWeight[] {
    return this.weights.stored;
  }

  /** Frees the copies. */
  protected disposeNamed(): void {
    for (const copies of [this.#made, this.#edited]) {
      for (const { tensor } of copies.values()) tensor.dispose();
      copies.clear();
    }
  }

  #absent(name: string, why: string): Error {
    return weightAbsent(this.namedParts.modelType, name, why);
  }

  #own(parameter: string, name: string, why: string): Tensor {
    if (this.weights.isDisposed) throw modelDisposed(`${this.namedParts.modelType} model`);
    const found = this.weights.find(parameter);
    if (found === undefined) throw this.#absent(name, why);
    return found;
  }

  #biasOf(path: string, size: number): Tensor {
    return this.weights.find(`${path}.bias`) ?? zeros([size]);
  }

  #heads(name: string, letter: "q" | "k" | "v"): Tensor {
    return this.#layers(name, ({ attention: { dHead, nHeads } }, path) =>
      repeatHeads(splitHeads(this.weights.get(`${path}.attn.${letter}.weight`), dHead), nHeads),
    );
  }

  #headBiases(name: string, letter: "q" | "k" | "v"): Tensor {
    return this.#layers(name, ({ attention: { nHeads, nKeyHeads, dHead } }, path) => {
      const heads = letter === "q" ? nHeads : nKeyHeads;
      const bias = this.#biasOf(`${path}.attn.${letter}`, heads * dHead);
      return repeatHeads(reshape(bias, [heads, dHead]), nHeads);
    });
  }

  #gates(name: string, make: (block: BlockConfig, path: string) => Tensor): Tensor {
    if (this.namedParts.layers.some(({ block }) => !block.mlp.isGated))
      throw this.#absent(name, "its MLPs are not gated");
    return this.#mlps(name, make);
  }

  #mlps(name: string, make: (block: BlockConfig, path: string) => Tensor): Tensor {
    const experts = this.namedParts.layers.find(({ block }) => block.mlp.experts !== undefined);
    if (experts !== undefined)
      throw this.#absent(name, `its MLPs are experts; see \`weights\` under ${experts.path}.mlp.experts`);
    return this.#layers(name, (block, path) => make(block, `${path}.mlp`));
  }

  #layers(name: string, make: (block: BlockConfig, path: string) => Tensor): Tensor {
    const { layers } = this.namedParts;
    if (layers.length === 0) throw this.#absent(name, "its layers have neither attention nor MLPs");
    return this.#once(name, () => {
      const each = layers.map(({ block, path }) => make(block, path));
      if (new Set(each.map(({ shape }) => shape.join())).size > 1)
        throw this.#absent(name, "its layers differ in size");
      return stack(each);
    });
  }

  #once(name: string, make: () => Tensor): Tensor {
    if (this.weights.isDisposed) throw modelDisposed(`${this.namedParts.modelType} model`);
    const parameters = Object.values(this.weights.byName);
    const copies = parameters.some(isEdited) ? this.#edited : this.#made;
    const of = parameters.map(({ dataId }) => dataId); // an edit exchanges a parameter's data
    const known = copies.get(name);
    if (known?.of.every((each, i) => each === of[i]) === true) return known.tensor;
    known?.tensor.dispose();
    // What is a parameter itself is cloned, so that the model's two owners free one handle each.
    const tensor = tidy(() => keep(make().clone()));
    copies.set(name, { tensor, of });
    return tensor;
  }
}

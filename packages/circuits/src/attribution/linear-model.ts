import type { HookTarget } from "@hookdict/core";
import type { Transcoders } from "@hookdict/latent";
import type { Transformer } from "@hookdict/models";
import { keptClone, oneHotRows } from "@hookdict/tensordict/tensors";
import {
  add,
  broadcastTo,
  grads,
  reshape,
  matMul,
  mul,
  sub,
  sum,
  type Tensor,
  tensor1d,
  tensor3d,
  expandDims,
  tidy,
} from "@tensorflow/tfjs-core";
import { outputOf } from "../runs/base-run.ts";
import { Captures, type HookAt, withHooks } from "../runs/hooked-run.ts";

/** What stands still: patterns of attention, and what norms of the stream divide by. */
const FROZEN = /(^|\.)(attn\.hook_pattern|(ln1|ln2|ln1_post|ln2_post|ln_final)\.hook_scale)$/;
const STREAM = "blocks.0.hook_resid_pre";
/** Where logits are read. */
const END = "unembed.hook_in";

/** Where a layer's transcoder reads and writes. */
export interface LayerPaths {
  readonly input: string;
  readonly output: string;
}

/** A point that targets read: the input of a layer's transcoder, or what the logits are made of (`layers`). */
export type ReadingPoint = number;

/**
 * A model on one prompt, with all that stands between MLPs made linear: attention patterns and the scales of norms are those of the prompt's
 * run, and what MLPs add is given. Its values are linear in the stream that it begins with and what MLPs add.
 *
 * **Ownership:** *borrows* the tokens; owns what it has captured.
 */
export class LinearModel implements Disposable {
  readonly target: HookTarget;
  readonly model: Transformer;
  readonly pos: number;
  /** float32 `[1, pos, dVocab]`. */
  readonly logits: Tensor;
  readonly #paths: readonly LayerPaths[];
  readonly #transcoders: Transcoders;
  readonly #without: readonly number[];
  readonly #values = new Captures();
  readonly #frozen = new Map<string, Tensor>();

  constructor(
    target: HookTarget,
    model: Transformer,
    tokens: Tensor,
    {
      transcoders,
      paths,
      without,
    }: {
      readonly transcoders: Transcoders;
      readonly paths: readonly LayerPaths[];
      /** Positions at which transcoders have no part: what MLPs add there is a bias. */
      readonly without: readonly number[];
    },
  ) {
    this.target = target;
    this.model = model;
    this.pos = tokens.shape[1] ?? 0;
    this.#paths = paths;
    this.#transcoders = transcoders;
    this.#without = without;
    const own = paths.flatMap(({ input, output }) => [input, output]);
    const looked = [STREAM, END, ...own, ...(this.#isEmbedAdded ? ["hook_embed"] : [])];
    const frozen = this.#frozenHooks((path, pass, value) => {
      this.#frozen.get(`${path} ${pass}`)?.dispose();
      this.#frozen.set(`${path} ${pass}`, keptClone(value));
    });
    try {
      this.logits = tidy(() =>
        keptClone(
          withHooks(target, [...new Set(looked)].map((path) => this.#values.at(path)).concat(frozen), () =>
            outputOf(target, [tokens]),
          ),
        ),
      );
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** The number of layers, which is also the point where logits are read. */
  get layers(): number {
    return this.#paths.length;
  }

  /** Whether the stream begins with the sum of token embeddings and what does not depend on tokens. */
  get #isEmbedAdded(): boolean {
    const { embed } = this.model.config;
    return embed.projection === undefined && embed.isHookedAtEnd !== true && embed.norm === undefined;
  }

  /** What was read at a point in the prompt's run, `[1, pos, dIn]`. **Ownership:** *borrowed*. */
  read(point: ReadingPoint): Tensor {
    return this.#values.get(this.#paths[point]?.input ?? END);
  }

  /** What the MLP of a layer added, `[1, pos, dModel]`. **Ownership:** *borrowed*. */
  added(layer: number): Tensor {
    return this.#values.get((this.#paths[layer] as LayerPaths).output); // the layer is one of the model's
  }

  /** What tokens bring: their embeddings, or with them all that the stream begins with, `[1, pos, dModel]`. **Ownership:** *borrowed*. */
  get embedded(): Tensor {
    return this.#values.get(this.#isEmbedAdded ? "hook_embed" : STREAM);
  }

  /** 1 where transcoders have a part, 0 at positions without, `[1, pos, 1]`. New tensors belong to the scope. */
  partOfTranscoders(): Tensor {
    const parts = Array.from({ length: this.pos }, (_, at) => (this.#without.includes(at) ? 0 : 1));
    return tensor3d(parts, [1, this.pos, 1], "float32");
  }

  /**
   * What is read at each point when no token is embedded and transcoders add their biases alone, `[1, pos, dIn]` each. **Ownership:** *returns
   * owned*.
   */
  readWithoutSources(): Captures {
    const captures = new Captures();
    tidy(() => {
      const mask = this.partOfTranscoders();
      const biases = this.#transcoders.layers.map(({ weights }, layer) =>
        add(mul(mask, weights.bDec as Tensor), mul(sub(1, mask), this.#givenTo(layer))),
      );
      this.#run(sub(this.#values.get(STREAM), this.embedded), biases, this.layers, [
        ...this.#paths.map(({ input }) => captures.at(input)),
        captures.at(END),
      ]);
    });
    return captures;
  }

  /** What {@link readWithoutSources} has captured at a point. */
  static at(captures: Captures, model: LinearModel, point: ReadingPoint): Tensor {
    return captures.get(model.#paths[point]?.input ?? END);
  }

  /**
   * How readings at one point depend on what sources add: of each target, the gradient of `directions[i] . read(point)[positions[i]]` with
   * respect to the stream at the beginning and what MLPs of the layers before the point add, `[target, pos, dModel]` each. One forward and
   * one backward pass. **Ownership:** borrows, *returns owned*.
   *
   * @param directions `[target, dIn]`
   */
  gradients(point: ReadingPoint, positions: readonly number[], directions: Tensor): Tensor[] {
    const rows = positions.length;
    return tidy(() => {
      const place = expandDims(oneHotRows(tensor1d([...positions], "int32"), this.pos), -1);
      const chosen = mul(place, expandDims(directions, 1)); // [target, pos, dIn]
      const start = repeated(this.#values.get(STREAM), rows);
      const added = Array.from({ length: point }, (_, layer) => repeated(this.#givenTo(layer), rows));
      return grads((stream: Tensor, ...given: Tensor[]) => {
        using seen = new Captures();
        const path = this.#paths[point]?.input ?? END;
        this.#run(stream, given, point, [seen.at(path)]);
        return sum(mul(seen.get(path), chosen));
      })([start, ...added]);
    });
  }

  /** What an MLP added without the skip connection of its transcoder, which goes on reading. */
  #givenTo(layer: number): Tensor {
    const skip = this.#transcoders.layers[layer]?.weights.wSkip;
    return skip === undefined ? this.added(layer) : sub(this.added(layer), applied(this.read(layer), skip));
  }

  /** Runs the model up to a point on what it is given. */
  #run(stream: Tensor, given: readonly Tensor[], point: ReadingPoint, looks: readonly HookAt[]): void {
    const [rows = 1] = stream.shape;
    const frozen = this.#frozenHooks((path, pass) => {
      const value = this.#frozen.get(`${path} ${pass}`) as Tensor; // it was there in the prompt's run
      return rows === 1 ? value : repeated(value, rows);
    });
    using inputs = new Captures();
    const mlps = given.flatMap((added, layer): HookAt[] => {
      const { input, output } = this.#paths[layer] as LayerPaths; // one for each
      const skip = this.#transcoders.layers[layer]?.weights.wSkip;
      if (skip === undefined) return [{ path: output, run: () => added }];
      return [inputs.at(input), { path: output, run: () => add(added, applied(inputs.get(input), skip)) }];
    });
    const stop = point < this.layers ? { stopAtLayer: point + 1 } : {};
    withHooks(this.target, [...frozen, ...mlps, ...looks], () =>
      outputOf(this.target, [stream, { startAtLayer: 0, ...stop }]),
    );
  }

  #frozenHooks(run: (path: string, pass: number, value: Tensor) => Tensor | void): HookAt[] {
    return this.target
      .sites()
      .filter(({ path }) => FROZEN.test(path))
      .map(({ path }) => ({ path, run: (value, { pass }) => run(path, pass, value) }));
  }

  [Symbol.dispose](): void {
    this.#values[Symbol.dispose]();
    for (const value of this.#frozen.values()) value.dispose();
    (this.logits as Tensor | undefined)?.dispose(); // absent where its run has thrown
  }
}

/** A value of one row in as many. */
function repeated(value: Tensor, rows: number): Tensor {
  return broadcastTo(value, [rows, ...value.shape.slice(1)]);
}

/** Rows `[row, pos, n]` times a matrix. */
function applied(rows: Tensor, matrix: Tensor): Tensor {
  const [batch = 1, pos = 1, width = 1] = rows.shape;
  const [, out = 1] = matrix.shape;
  return reshape(matMul(reshape(rows, [batch * pos, width]), matrix), [batch, pos, out]);
}

import type { Transcoders } from "@hookdict/latent";
import { keptClone } from "@hookdict/tensordict/tensors";
import {
  concat,
  gather,
  matMul,
  mul,
  reshape,
  slice,
  sub,
  sum,
  type Tensor,
  tensor1d,
  tensor2d,
  tidy,
} from "@tensorflow/tfjs-core";
import type { LinearModel } from "./linear-model.ts";

/** A feature that is there in the prompt. */
export interface ActiveFeature {
  readonly layer: number;
  readonly position: number;
  readonly feature: number;
  readonly activation: number;
}

/** What is added behind one layer's MLP: rows `[n, dModel]` in the order of positions, and which source each of them is of. */
interface LayerRows {
  readonly rows: Tensor;
  readonly columns: readonly number[];
  /** Where the rows of each position begin, and one more. */
  readonly starts: readonly number[];
}

/**
 * What each source adds, and where: features scaled by their activations, errors, tokens. Sources are features in their order, errors by
 * layer and position, tokens.
 *
 * **Ownership:** owns its rows.
 */
export class Sources implements Disposable {
  readonly count: number;
  readonly #model: LinearModel;
  readonly #layers: readonly LayerRows[];

  /** @param values Features of every layer, `[1, pos, dSae]`, those left out that are no sources. *Borrowed*. */
  constructor(
    model: LinearModel,
    transcoders: Transcoders,
    features: readonly ActiveFeature[],
    values: readonly Tensor[],
  ) {
    const { layers, pos } = model;
    this.#model = model;
    this.count = features.length + (layers + 1) * pos;
    this.#layers = Array.from({ length: layers }, (_, layer) =>
      layerRows(model, transcoders, features, { layer, values }),
    );
  }

  /**
   * What sources add to targets, `[target, n]`, and which source each column is of: a source that acts behind several layers has several.
   *
   * @param gradients Of the stream at the beginning, then of what MLPs add, `[target, pos, dModel]` each. *Borrowed*.
   */
  weights(gradients: readonly Tensor[]): { readonly values: Tensor; readonly columns: readonly number[] } {
    const { pos } = this.#model;
    const [stream, ...added] = gradients as [Tensor, ...Tensor[]]; // there is one at least
    const [targets = 0, , dModel = 0] = stream.shape;
    const tokens = sum(mul(stream, this.#model.embedded), -1);
    const parts: Tensor[] = [tokens];
    const columns = Array.from({ length: pos }, (_, position) => this.count - pos + position);
    added.forEach((gradient, layer) => {
      const { rows, columns: own, starts } = this.#layers[layer] as LayerRows; // one for each
      for (let position = 0; position < pos; position++) {
        const [from = 0, to = 0] = starts.slice(position, position + 2);
        const behind = reshape(slice(gradient, [0, position, 0], [targets, 1, dModel]), [targets, dModel]);
        parts.push(matMul(behind, slice(rows, [from, 0], [to - from, dModel]), false, true));
      }
      for (const column of own) columns.push(column);
    });
    return { values: concat(parts, 1), columns };
  }

  [Symbol.dispose](): void {
    for (const { rows } of this.#layers) rows.dispose();
  }
}

function layerRows(
  model: LinearModel,
  transcoders: Transcoders,
  features: readonly ActiveFeature[],
  { layer, values }: { readonly layer: number; readonly values: readonly Tensor[] },
): LayerRows {
  const { pos } = model;
  const writers = Array.from({ length: layer + 1 }, (_, from) =>
    transcoders.decoder(from, layer) === undefined
      ? []
      : features.flatMap((each, at) => (each.layer === from ? [{ ...each, at }] : [])),
  );
  const errors = Array.from({ length: pos }, (_, position) => ({
    at: features.length + layer * pos + position,
    position,
  }));
  const all = [...writers.flat(), ...errors];
  const order = [...all.keys()].sort((a, b) => (all[a]?.position ?? 0) - (all[b]?.position ?? 0) || a - b);
  const starts = Array.from(
    { length: pos + 1 },
    (_, position) => all.filter((each) => each.position < position).length,
  );
  const rows = tidy(() => {
    const added = model.added(layer);
    const written = transcoders.decodeAt(layer, values.slice(0, layer + 1), model.read(layer));
    const error = mul(sub(added, written), model.partOfTranscoders());
    const parts = writers.flatMap((own, from) => writtenBy(transcoders, own, from, layer));
    return keptClone(gather(concat([...parts, reshape(error, [pos, -1])], 0), tensor1d(order, "int32"), 0));
  });
  return { rows, columns: order.map((i) => all[i]?.at ?? 0), starts };
}

/** What active features of one layer add behind another, `[n, dModel]`; nothing where there are none. */
function writtenBy(
  transcoders: Transcoders,
  own: readonly ActiveFeature[],
  from: number,
  to: number,
): Tensor[] {
  if (own.length === 0) return [];
  const numbers = own.map(({ feature }) => feature);
  const written = transcoders.writing(from, to, numbers) as Tensor; // it was looked for
  const scale = tensor2d(
    own.map(({ activation }) => activation),
    [own.length, 1],
  );
  return [mul(written, scale)];
}

import { stateTensor } from "../../state-tensor.ts";
import { counted, argumentInvalid, isTensor, TensorDict, showAsText, MOST_COUNT } from "@hookdict/tensordict";
import { option, readOptions } from "@hookdict/contexts";
import {
  argMax,
  cast,
  expandDims,
  max,
  mul,
  notEqual,
  reshape,
  scalar,
  sum,
  type Tensor,
  tensor,
  tensor1d,
  tidy,
  topk,
  transpose,
} from "@tensorflow/tfjs-core";
import { rowsInvalid } from "../../rows/errors.ts";
import { streamState } from "../../streaming/errors.ts";
import { checkRoom } from "../check.ts";
import { needDictionary, type SparseDictionary } from "../dictionary.ts";

/** Where a feature was as active as in few other examples. */
export interface FeatureExample {
  /** The number of the example, over all batches. */
  readonly example: number;
  /** Its position in the example, 0 where examples are single rows. */
  readonly position: number;
  readonly value: number;
}

/** Options of {@link FeatureExamples}. */
export interface FeatureExamplesOptions {
  /** How many examples are kept of each feature. Default 10. */
  readonly k?: number;
}

const OPTIONS = { k: option.number({ min: 1, max: MOST_COUNT, integer: true }).default(10) } as const;

/**
 * The examples in which each feature is most active, of batches as they come: an example counts once, by its most active position. Memory
 * is that of `k` examples for each feature, however many there are. **Ownership:** borrows the dictionary.
 *
 * @throws UsageError `OPTION_INVALID`, `OPTION_UNKNOWN`, `ARGUMENT_INVALID`
 * @example
 * const dictionary = new SparseDictionary(
 *   { activation: "relu", dIn: 1, dSae: 1 },
 *   { wEnc: tensor2d([[2]]), wDec: tensor2d([[1]]), bEnc: tensor1d([0]), bDec: tensor1d([0]) },
 * );
 * const found = new FeatureExamples(dictionary, { k: 1 });
 * await found.update(tensor3d([[[1], [3]], [[2], [-9]]]));
 * found.top(0); // => [{ example: 0, position: 1, value: 6 }]
 */
export class FeatureExamples {
  static {
    showAsText(
      this,
      (found) => `FeatureExamples: ${found.#k} of each feature, ${counted(found.#rows, "row")} seen`,
    );
  }

  readonly #dictionary: SparseDictionary;
  readonly #k: number;
  readonly #values: Float32Array;
  readonly #examples: Int32Array;
  readonly #positions: Int32Array;
  readonly #counts: Int32Array;
  #seen = 0;
  #rows = 0;

  constructor(dictionary: SparseDictionary, options: FeatureExamplesOptions = {}) {
    needDictionary("FeatureExamples", dictionary);
    const { k } = readOptions("FeatureExamples", OPTIONS, options);
    const { dSae } = dictionary.config;
    checkRoom("FeatureExamples", "k", k, dSae);
    this.#dictionary = dictionary;
    this.#k = k;
    this.#values = new Float32Array(dSae * k);
    this.#examples = new Int32Array(dSae * k).fill(-1);
    this.#positions = new Int32Array(dSae * k);
    this.#counts = new Int32Array(dSae);
  }

  /** How many examples it has seen. */
  get examples(): number {
    return this.#seen;
  }

  /** The part of positions that have each feature, `[dSae]`; those that a mask leaves out count nowhere. */
  get density(): Float32Array {
    return Float32Array.from(this.#counts, (count) => count / Math.max(this.#rows, 1));
  }

  /** The examples of a feature, the most active first; fewer than `k` where fewer had it. @throws UsageError `ARGUMENT_INVALID` */
  top(feature: number): FeatureExample[] {
    const { dSae } = this.#dictionary.config;
    if (!Number.isInteger(feature) || feature < 0 || feature >= dSae)
      throw argumentInvalid(
        "FeatureExamples.top",
        "feature",
        feature,
        `a whole number from 0 to ${dSae - 1}`,
      );
    const places = Array.from({ length: this.#k }, (_, at) => feature * this.#k + at);
    return places
      .map((at) => ({
        example: this.#examples[at] ?? -1,
        position: this.#positions[at] ?? 0,
        value: this.#values[at] ?? 0,
      }))
      .filter(({ example }) => example >= 0);
  }

  /**
   * Takes in a batch: values `[batch, dIn]`, or `[batch, pos, dIn]`. **Ownership:** borrows.
   *
   * @param mask 1 where a position counts, 0 where it does not, `[batch, pos]` or `[batch]`.
   * @throws ShapeError `ROWS_INVALID`, `DICTIONARY_WIDTH`: nothing has changed then
   */
  async update(values: Tensor, mask?: Tensor): Promise<void> {
    const [batch, pos] = this.#layout(values, mask);
    const { dSae } = this.#dictionary.config;
    const count = Math.min(this.#k, batch);
    const found = tidy(() => {
      const all = reshape(this.#dictionary.encode(values), [batch, pos, dSae]);
      const features =
        mask === undefined ? all : mul(all, expandDims(reshape(cast(mask, "float32"), [batch, pos]), -1));
      const best = topk(transpose(max(features, 1)), count, true);
      return [
        best.values,
        best.indices,
        argMax(features, 1),
        sum(cast(notEqual(features, 0), "int32"), [0, 1]),
      ];
    });
    try {
      const [best = [], rows = [], positions = [], counts = []] = await Promise.all(
        found.map(async (one) => await one.data()),
      );
      const rowsSeen = mask === undefined ? batch * pos : await countOf(mask);
      for (let feature = 0; feature < dSae; feature++) {
        this.#counts[feature] = (this.#counts[feature] ?? 0) + (counts[feature] ?? 0);
        for (let at = 0; at < count; at++) {
          const row = rows[feature * count + at] ?? 0;
          const value = best[feature * count + at] ?? 0;
          if (!this.#put(feature, value, this.#seen + row, positions[row * dSae + feature] ?? 0)) break;
        }
      }
      this.#seen += batch;
      this.#rows += rowsSeen;
    } finally {
      for (const one of found) one.dispose();
    }
  }

  /** All that another one of the same options needs to go on from here. **Ownership:** returns owned. */
  state(): TensorDict {
    const { dSae } = this.#dictionary.config;
    const shape: [number, number] = [dSae, this.#k];
    return new TensorDict({
      values: tensor(this.#values.slice(), shape),
      examples: tensor(this.#examples.slice(), shape, "int32"),
      positions: tensor(this.#positions.slice(), shape, "int32"),
      counts: tensor1d(this.#counts.slice(), "int32"),
      seen: scalar(this.#seen, "int32"),
      rows: scalar(this.#rows, "int32"),
    });
  }

  /** Goes on from a state. **Ownership:** borrows. @throws UsageError `STREAM_STATE`: nothing has changed then */
  async restore(state: TensorDict): Promise<void> {
    const wanted = {
      values: this.#values,
      examples: this.#examples,
      positions: this.#positions,
      counts: this.#counts,
    };
    const read = async (name: string, size: number): Promise<ArrayLike<number>> => {
      const one = stateTensor("FeatureExamples", state, name);
      if (one?.size !== size)
        throw streamState("FeatureExamples", `${name} has ${one?.size ?? 0} values, not ${size}`);
      return await one.data();
    };
    const [seen, rows] = [await read("seen", 1), await read("rows", 1)];
    const parts: ArrayLike<number>[] = [];
    for (const [name, { length }] of Object.entries(wanted)) parts.push(await read(name, length));
    Object.values(wanted).forEach((target, at) => target.set(parts[at] ?? []));
    this.#seen = seen[0] ?? 0;
    this.#rows = rows[0] ?? 0;
  }

  /** Puts an example among a feature's, where it is among the best; earlier ones stay before equal ones. */
  #put(feature: number, value: number, example: number, position: number): boolean {
    const start = feature * this.#k;
    let at = start + this.#k - 1;
    const isFull = (this.#examples[at] ?? -1) >= 0;
    if (!(value > 0) || (isFull && value <= (this.#values[at] ?? 0))) return false;
    for (; at > start; at--) {
      const before = at - 1;
      if ((this.#examples[before] ?? -1) >= 0 && (this.#values[before] ?? 0) >= value) break;
      for (const part of [this.#values, this.#examples, this.#positions]) part[at] = part[before] ?? 0;
    }
    this.#values[at] = value;
    this.#examples[at] = example;
    this.#positions[at] = position;
    return true;
  }

  #layout(values: Tensor, mask: Tensor | undefined): readonly [number, number] {
    const raw: unknown = values; // plain JavaScript gives anything
    const { dIn } = this.#dictionary.config;
    if (!isTensor(raw) || raw.rank < 2 || raw.size === 0 || !this.#dictionary.reads(raw))
      throw rowsInvalid("FeatureExamples", `values of width ${dIn}`, raw);
    const rows = raw.size / dIn;
    const batch = raw.shape[0] ?? 1;
    const pos = rows / batch;
    const given: unknown = mask;
    if (given !== undefined && (!isTensor(given) || given.size !== rows))
      throw rowsInvalid("FeatureExamples", `a mask of ${batch} by ${pos} values`, given);
    return [batch, pos];
  }
}

async function countOf(mask: Tensor): Promise<number> {
  let count = 0;
  for (const value of await mask.data()) if (value !== 0) count++;
  return count;
}

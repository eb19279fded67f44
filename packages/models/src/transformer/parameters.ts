import type { Tensor } from "@tensorflow/tfjs-core";
import { disposeAll, keptTensor } from "../ops/kept.ts";
import type { Target, TensorSpec } from "./specs.ts";

/**
 * Parameters that are made of the tensors of a checkpoint, one by one.
 *
 * **Ownership:** owns them, until `finish` hands them over.
 */
export class Parameters {
  readonly #tensors = new Map<string, Tensor>();
  /** Of parameters that several tensors make up. */
  readonly #rows = new Map<string, Float32Array[]>();

  /**
   * Makes what a tensor becomes. **Ownership:** *takes* the values.
   *
   * @param first Of a stack, which may come in pieces: the first of `data`'s rows.
   */
  put(spec: TensorSpec, data: Float32Array, first = 0): void {
    const stack = spec.layout === "stacked" ? rowsOf(spec, data, first) : undefined;
    let whole: Tensor | undefined;
    for (const target of spec.targets) {
      const { parameter, row, outputs, index } = target;
      if (stack !== undefined) {
        const own = stack(index ?? 0);
        if (own === undefined) continue;
        // What is taken as it is must not hold on to the whole piece.
        const values = outputs === undefined ? own.data.slice() : own.data;
        this.#tensors.set(parameter, place(own.spec, values, target));
        continue;
      }
      if (row !== undefined) {
        const parts = this.#rows.get(parameter) ?? [];
        parts[row.index] = data;
        this.#rows.set(parameter, parts);
        continue;
      }
      const isWhole = outputs === undefined && index === undefined;
      const made = isWhole && whole !== undefined ? whole : place(spec, data, target);
      if (isWhole) whole = made;
      this.#tensors.set(parameter, made);
    }
  }

  /** **Ownership:** *returns owned* tensors by the name of their parameter. */
  finish(): Map<string, Tensor> {
    for (const [parameter, parts] of this.#rows) this.#tensors.set(parameter, joinRows(parts));
    this.#rows.clear();
    return this.#tensors;
  }

  /** Frees what was made. */
  dispose(): void {
    disposeAll([...this.#tensors.values()]);
  }
}

function joinRows(parts: readonly Float32Array[]): Tensor {
  const width = parts[0]?.length ?? 0;
  const values = new Float32Array(parts.length * width);
  parts.forEach((part, i) => values.set(part, i * width));
  return keptTensor(values, [parts.length, width]);
}

/** One of a stack's rows as part of the values, and how it is laid out; `undefined` for those that are not there. */
function rowsOf(
  { shape: [count = 1, ...shape], ...spec }: TensorSpec,
  data: Float32Array,
  first: number,
): (index: number) => { spec: TensorSpec; data: Float32Array } | undefined {
  const size = shape.reduce((product, each) => product * each, 1);
  const layout = shape.length === 1 ? "plain" : "inOut";
  const last = Math.min(count, first + data.length / size);
  return (index) => {
    if (index < first || index >= last) return undefined;
    const begin = (index - first) * size;
    return { spec: { ...spec, shape, layout }, data: data.subarray(begin, begin + size) };
  };
}

/** The values of one parameter, as a tensor of its own. */
function place(spec: TensorSpec, data: Float32Array, target: Target): Tensor {
  const { outputs, reshape } = target;
  const { layout, shape, plus } = spec;
  if (layout !== "plain") return placeMatrix(spec, data, outputs);
  const values = outputs === undefined ? data : Float32Array.from(outputs, (at) => data[at] ?? Number.NaN);
  const moved = plus === undefined ? values : values.map((each) => each + plus);
  return keptTensor(moved, reshape ?? (outputs === undefined ? shape : [outputs.length]));
}

function placeMatrix(
  { layout, shape }: TensorSpec,
  data: Float32Array,
  outputs: readonly number[] | undefined,
): Tensor {
  const [rows = 0, ...inner] = shape; // a convolution's inputs have several axes
  const columns = inner.reduce((product, size) => product * size, 1);
  const [input, out] = layout === "outIn" ? [columns, rows] : [rows, columns];
  if (layout === "inOut" && outputs === undefined) return keptTensor(data, shape);
  const width = outputs?.length ?? out;
  const values = new Float32Array(input * width);
  for (let column = 0; column < width; column++) {
    const from = outputs?.[column] ?? column;
    for (let row = 0; row < input; row++)
      values[row * width + column] =
        (layout === "outIn" ? data[from * input + row] : data[row * out + from]) ?? Number.NaN;
  }
  return keptTensor(values, [input, width]);
}

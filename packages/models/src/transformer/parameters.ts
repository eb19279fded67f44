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

  /** Makes what a tensor becomes. **Ownership:** *takes* the values. */
  put(spec: TensorSpec, data: Float32Array): void {
    let whole: Tensor | undefined;
    for (const target of spec.targets) {
      const { parameter, row, outputs, index } = target;
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

/** The values of one parameter, as a tensor of its own. */
function place(spec: TensorSpec, data: Float32Array, target: Target): Tensor {
  if (spec.layout === "stacked") {
    const [count = 1, ...shape] = spec.shape;
    const size = data.length / count;
    const begin = (target.index ?? 0) * size;
    const layout = shape.length === 1 ? "plain" : "inOut";
    return place({ ...spec, shape, layout }, data.slice(begin, begin + size), target);
  }
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

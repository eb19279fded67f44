import { matMul, type Tensor2D, tensor2d, tidy } from "@tensorflow/tfjs-core";
import type { Rows } from "../rows/rows.ts";

/** Rows `[n, width]` under linear maps with parameters `[outputs, width + 1]`, the last column intercepts. */
export interface LinearProducts {
  readonly n: number;
  readonly width: number;
  /** What the maps make of each row, `[n, outputs]`. */
  times(parameters: Float64Array, outputs: number): Promise<Float64Array>;
  /** Adds `weights[row, output] * (row, 1)` of all rows to parameters, and returns them. */
  collect(weights: Float64Array, outputs: number, into: Float64Array): Promise<Float64Array>;
}

/** In 64 bits. */
export function exactProducts({ n, width, values }: Rows): LinearProducts {
  const size = width + 1;
  const whole = width - (width % 4);
  return {
    n,
    width,
    // Sums run in four parts: a processor adds while it multiplies.
    times: async (at, outputs) => {
      const found = new Float64Array(n * outputs);
      for (let row = 0; row < n; row++)
        for (let output = 0; output < outputs; output++) {
          const [from, own] = [row * width, output * size];
          let [a, b, c, d] = [at[own + width] ?? 0, 0, 0, 0];
          for (let j = 0; j < whole; j += 4) {
            a += (values[from + j] ?? 0) * (at[own + j] ?? 0);
            b += (values[from + j + 1] ?? 0) * (at[own + j + 1] ?? 0);
            c += (values[from + j + 2] ?? 0) * (at[own + j + 2] ?? 0);
            d += (values[from + j + 3] ?? 0) * (at[own + j + 3] ?? 0);
          }
          for (let j = whole; j < width; j++) a += (values[from + j] ?? 0) * (at[own + j] ?? 0);
          found[row * outputs + output] = a + b + (c + d);
        }
      return found;
    },
    collect: async (weights, outputs, into) => {
      for (let row = 0; row < n; row++)
        for (let output = 0; output < outputs; output++) {
          const [from, own] = [row * width, output * size];
          const weight = weights[row * outputs + output] ?? 0;
          for (let j = 0; j < width; j++)
            into[own + j] = (into[own + j] ?? 0) + weight * (values[from + j] ?? 0);
          into[own + width] = (into[own + width] ?? 0) + weight;
        }
      return into;
    },
  };
}

/** In 32 bits on the backend: rough, and many times as fast natively. Owns its tensor. */
export class RoughProducts implements LinearProducts, Disposable {
  readonly n: number;
  readonly width: number;
  readonly #rows: Tensor2D;

  constructor({ n, width, values }: Rows) {
    [this.n, this.width] = [n, width];
    this.#rows = tensor2d(new Float32Array(values), [n, width]);
  }

  async times(at: Float64Array, outputs: number): Promise<Float64Array> {
    const size = this.width + 1;
    const maps = new Float32Array(this.width * outputs);
    for (let output = 0; output < outputs; output++)
      for (let j = 0; j < this.width; j++) maps[j * outputs + output] = at[output * size + j] ?? 0;
    const found = await read(() => matMul(this.#rows, tensor2d(maps, [this.width, outputs])));
    for (let place = 0; place < found.length; place++)
      found[place] = (found[place] ?? 0) + (at[(place % outputs) * size + this.width] ?? 0);
    return found;
  }

  async collect(weights: Float64Array, outputs: number, into: Float64Array): Promise<Float64Array> {
    const size = this.width + 1;
    const columns = new Float32Array(weights.length);
    for (let row = 0; row < this.n; row++)
      for (let output = 0; output < outputs; output++) {
        const weight = weights[row * outputs + output] ?? 0;
        columns[output * this.n + row] = weight;
        into[output * size + this.width] = (into[output * size + this.width] ?? 0) + weight;
      }
    const found = await read(() => matMul(tensor2d(columns, [outputs, this.n]), this.#rows));
    for (let output = 0; output < outputs; output++)
      for (let j = 0; j < this.width; j++)
        into[output * size + j] = (into[output * size + j] ?? 0) + (found[output * this.width + j] ?? 0);
    return into;
  }

  [Symbol.dispose](): void {
    this.#rows.dispose();
  }
}

async function read(make: () => Tensor2D): Promise<Float64Array> {
  const found = tidy(make);
  try {
    return new Float64Array(await found.data());
  } finally {
    found.dispose();
  }
}

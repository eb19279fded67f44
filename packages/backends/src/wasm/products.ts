import {
  type BatchMatMulAttrs,
  getKernel,
  type KernelConfig,
  type KernelFunc,
  registerKernel,
  type TensorInfo,
  unregisterKernel,
} from "@tensorflow/tfjs-core";
import type { WasmBackend } from "./backend.ts";

/** From so many multiplications per product on, copying the factors costs less than the slow path. */
const MIN_MULTIPLICATIONS = 1 << 15;

/**
 * Has batches of products, and products with a transposed factor, run as plain products, one after the other. The shipped
 * kernel is quick for one product of two plain matrices only; the others take a scalar path that is 10 to 30 times slower.
 */
export function registerBatchMatMul(): void {
  const shipped = getKernel("BatchMatMul", "wasm");
  if (shipped === undefined || ours.has(shipped.kernelFunc)) return;
  const kernelFunc = split(shipped);
  ours.add(kernelFunc);
  unregisterKernel("BatchMatMul", "wasm");
  registerKernel({ ...shipped, kernelFunc });
}

const ours = new WeakSet<KernelFunc>();

function split(shipped: KernelConfig): KernelFunc {
  return (params) => {
    const { a, b } = params.inputs as unknown as { a: TensorInfo; b: TensorInfo }; // the op's inputs
    const attrs = params.attrs as unknown as BatchMatMulAttrs; // the op's attributes
    const left = factor(a, attrs.transposeA);
    const right = factor(b, attrs.transposeB);
    if (!isWorthwhile(left, right)) return shipped.kernelFunc(params);
    return new Products(shipped, params.backend as WasmBackend).multiply(left, right);
  };
}

/** One side of the products: matrices of `rows × columns` as they are multiplied, stored one after the other. */
interface Factor {
  readonly tensor: TensorInfo;
  readonly outer: readonly number[];
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  readonly isTransposed: boolean;
}

function factor(tensor: TensorInfo, isTransposed: boolean): Factor {
  const outer = tensor.shape.slice(0, -2);
  const [first = 1, second = 1] = tensor.shape.slice(-2);
  const [rows, columns] = isTransposed ? [second, first] : [first, second];
  const count = outer.reduce((product, size) => product * size, 1);
  return { tensor, outer, count, rows, columns, isTransposed };
}

function isWorthwhile(left: Factor, right: Factor): boolean {
  const isFloat = left.tensor.dtype === "float32" && right.tensor.dtype === "float32";
  const isPlain = left.count === 1 && right.count === 1 && !left.isTransposed && !right.isTransposed;
  // Where both repeat along different axes, the shipped kernel knows how.
  const isAligned = left.count === 1 || right.count === 1 || left.outer.join() === right.outer.join();
  const multiplications = left.rows * left.columns * right.columns;
  return isFloat && !isPlain && isAligned && multiplications >= MIN_MULTIPLICATIONS;
}

class Products {
  readonly #shipped: KernelConfig;
  readonly #backend: WasmBackend;

  constructor(shipped: KernelConfig, backend: WasmBackend) {
    this.#shipped = shipped;
    this.#backend = backend;
  }

  multiply(left: Factor, right: Factor): TensorInfo {
    const outer =
      left.outer.length >= right.outer.length && left.count >= right.count ? left.outer : right.outer;
    const out = this.#backend.makeOutput([...outer, left.rows, right.columns], "float32");
    const size = left.rows * right.columns;
    for (let i = 0; i < Math.max(left.count, right.count); i++) {
      const product = this.#product(left, right, i);
      this.#values(out).set(this.#values(product), i * size);
      this.#backend.disposeData(product.dataId);
    }
    return out;
  }

  #product(left: Factor, right: Factor, index: number): TensorInfo {
    const [a, b] = [this.#matrix(left, index), this.#matrix(right, index)];
    // The shipped kernel keeps what it made of `b` until `b` is disposed: each product needs tensors of its own.
    const product = this.#shipped.kernelFunc({
      inputs: { a, b },
      attrs: { transposeA: false, transposeB: false },
      backend: this.#backend,
    }) as TensorInfo; // this kernel has one output
    this.#backend.disposeData(a.dataId);
    this.#backend.disposeData(b.dataId);
    return product;
  }

  /** A copy of one of the factor's matrices, the way it is multiplied. */
  #matrix({ tensor, count, rows, columns, isTransposed }: Factor, index: number): TensorInfo {
    const copy = this.#backend.makeOutput([1, rows, columns], "float32");
    const size = rows * columns;
    const start = count === 1 ? 0 : index * size;
    const from = this.#values(tensor).subarray(start, start + size);
    if (isTransposed) transpose(from, this.#values(copy), rows, columns);
    else this.#values(copy).set(from);
    return copy;
  }

  #values(tensor: TensorInfo): Float32Array {
    return this.#backend.typedArrayFromHeap(tensor) as Float32Array; // every tensor here is of float32
  }
}

/** Side of the squares in which a matrix is transposed: two of them fit into the cache. */
const BLOCK = 32;

/** Writes the transposed of `from`, `[columns, rows]`, to `to`, `[rows, columns]`. */
function transpose(from: Float32Array, to: Float32Array, rows: number, columns: number): void {
  for (let top = 0; top < rows; top += BLOCK) {
    const bottom = Math.min(rows, top + BLOCK);
    for (let left = 0; left < columns; left += BLOCK) {
      const end = Math.min(columns, left + BLOCK);
      for (let row = top; row < bottom; row++)
        for (let column = left; column < end; column++)
          to[row * columns + column] = from[column * rows + row] ?? 0;
    }
  }
}

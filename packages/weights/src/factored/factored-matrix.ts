import { checkArgument, isTensor, showAsText } from "@hookdict/tensordict";
import { matMul, mul, relu, reshape, sqrt, sum, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import type { Matrix } from "ml-matrix";
import { matricesUnfit, matrixInvalid } from "../errors.ts";
import { eigenvaluesOf, type Svd, svdOfProduct } from "./decompose.ts";
import { fitted, flipped, joint, kept, picked } from "./shapes.ts";
import { checkMatrices, readMatrices, stackLists, stackMatrices } from "./stack.ts";

/** Singular values and vectors: `U diag(S) V^T`. **Ownership:** all are owned by the receiver. */
export interface SvdResult {
  /** `[..., rows, rank]` */
  readonly u: Tensor;
  /** `[..., rank]`, the largest first. */
  readonly s: Tensor;
  /** `[..., columns, rank]`, not transposed. */
  readonly v: Tensor;
}

/**
 * A product of two matrices that is never multiplied out: `left` `[..., rows, inner]` times `right` `[..., inner, columns]`,
 * float32, with axes before them that are equal or 1. Such are a head's `W_Q W_K^T` and `W_V W_O`, of rank `dHead` in a
 * space of width `dModel`. Decompositions are computed in 64 bits, on matrices no larger than `inner`.
 *
 * **Ownership:** *borrows* what it is made of, and keeps it alive until it is disposed; what methods return is *owned* by
 * the receiver.
 *
 * @throws ShapeError `MATRIX_INVALID`, `MATRICES_UNFIT`
 * @see Elhage et al., "A Mathematical Framework for Transformer Circuits", 2021
 * @example
 * using product = new FactoredMatrix(tensor2d([[1], [2]]), tensor2d([[3, 4]]));
 * product.shape; // => [2, 2]
 * product.product().arraySync(); // => [[3, 4], [6, 8]]
 * (await product.singularValues()).arraySync(); // => [11.180339813232422]
 */
export class FactoredMatrix {
  static {
    showAsText(this);
  }

  /** *Borrowed.* */
  readonly left: Tensor;
  /** *Borrowed.* */
  readonly right: Tensor;
  /** Of the product: `[..., rows, columns]`. */
  readonly shape: readonly number[];

  constructor(left: Tensor, right: Tensor) {
    checkMatrices("The left factor", left);
    checkMatrices("The right factor", right);
    const leading = joint(left.shape.slice(0, -2), right.shape.slice(0, -2));
    if (leading === undefined || left.shape.at(-1) !== right.shape.at(-2))
      throw matricesUnfit(left.shape, right.shape);
    const [rows, inner] = left.shape.slice(-2) as [number, number]; // checked above
    const columns = right.shape.at(-1) ?? 1;
    this.shape = Object.freeze([...leading, rows, columns]);
    this.left = kept(left, [...leading, rows, inner]);
    this.right = kept(right, [...leading, inner, columns]);
  }

  /** Rows of the product. */
  get rows(): number {
    return this.shape.at(-2) ?? 1;
  }

  /** What lies between the factors: the most that the rank can be. */
  get inner(): number {
    return this.left.shape.at(-1) ?? 1;
  }

  /** Columns of the product. */
  get columns(): number {
    return this.shape.at(-1) ?? 1;
  }

  /** The axes before the matrix. */
  get leading(): readonly number[] {
    return this.shape.slice(0, -2);
  }

  get isDisposed(): boolean {
    return this.left.isDisposed;
  }

  /** The matrix itself, `[..., rows, columns]`. */
  product(): Tensor {
    return matMul(this.left, this.right);
  }

  /** The factors the other way round, `right left`, `[..., inner, inner]`: it has the same eigenvalues other than 0. */
  swapped(): Tensor {
    if (this.rows !== this.columns) throw matricesUnfit(this.right.shape, this.left.shape);
    return matMul(this.right, this.left);
  }

  transpose(): FactoredMatrix {
    return made(() => new FactoredMatrix(flipped(this.right), flipped(this.left)));
  }

  /** @throws UsageError `ARGUMENT_INVALID` */
  scale(factor: number): FactoredMatrix {
    checkArgument("FactoredMatrix.scale", "factor", factor, "a finite number");
    return made(() => new FactoredMatrix(mul(this.left, factor), this.right));
  }

  /**
   * The product with what stands right of it: another product, or a matrix `[..., columns, n]`. What is between the factors
   * of the result is the smaller of both.
   *
   * @throws ShapeError `MATRICES_UNFIT`
   */
  matMul(other: FactoredMatrix | Tensor): FactoredMatrix {
    if (!(other instanceof FactoredMatrix)) {
      checkMatrices("The other matrix", other);
      if (other.shape.at(-2) !== this.columns) throw matricesUnfit(this.shape, other.shape);
      return made(() => new FactoredMatrix(this.left, matMul(this.right, fitted(other, this.right))));
    }
    if (other.rows !== this.columns || joint(this.leading, other.leading) === undefined)
      throw matricesUnfit(this.shape, other.shape);
    return made(() => {
      const between = matMul(this.right, fitted(other.left, this.right));
      return this.inner > other.inner
        ? new FactoredMatrix(matMul(this.left, fitted(between, this.left)), other.right)
        : new FactoredMatrix(this.left, matMul(between, fitted(other.right, between)));
    });
  }

  /**
   * The product with what stands left of it, a matrix `[..., n, rows]`. What is between the factors stays.
   *
   * @throws ShapeError `MATRICES_UNFIT`
   */
  leftMatMul(other: Tensor): FactoredMatrix {
    checkMatrices("The other matrix", other);
    if (other.shape.at(-1) !== this.rows) throw matricesUnfit(other.shape, this.shape);
    return made(() => new FactoredMatrix(matMul(fitted(other, this.left), this.left), this.right));
  }

  /** The product with a vector `[columns]`: `[..., rows]`. @throws ShapeError `MATRICES_UNFIT` */
  times(vector: Tensor): Tensor {
    if (!isTensor(vector) || vector.rank !== 1 || vector.size !== this.columns)
      throw matrixInvalid("The vector", vector, `a tensor [${this.columns}]`);
    return tidy(() => {
      const column = fitted(reshape(vector, [this.columns, 1]), this.right);
      return reshape(matMul(this.left, matMul(this.right, column)), [...this.leading, this.rows]);
    });
  }

  /** One of those along the first axes: `at(layer, head)`. The matrix's own axes stay whole. */
  at(...indices: readonly number[]): FactoredMatrix {
    const { leading } = this;
    const isFit =
      indices.length <= leading.length &&
      indices.every((index, axis) => Number.isInteger(index) && index >= 0 && index < (leading[axis] ?? 0));
    if (!isFit)
      throw matrixInvalid(
        "The index",
        indices,
        `at most ${leading.length} whole numbers, each within [${leading.join(", ")}]`,
      );
    return made(() => new FactoredMatrix(picked(this.left, indices), picked(this.right, indices)));
  }

  /** The Frobenius norm, `[...]`, within 1e-3 of `|left| |right|` where the factors cancel each other. */
  norm(): Tensor {
    return tidy(() => {
      const [a, b] = [matMul(this.left, this.left, true), matMul(this.right, this.right, false, true)];
      return sqrt(relu(sum(mul(a, b), [-2, -1]))); // rounding can make a sum of squares negative
    });
  }

  /** @throws UsageError `MATRIX_NOT_FINITE` */
  async svd(): Promise<SvdResult> {
    const all = await this.#decomposed();
    return {
      u: stackMatrices(
        this.leading,
        all.map(({ u }) => u),
      ),
      s: stackLists(
        this.leading,
        all.map(({ s }) => s),
      ),
      v: stackMatrices(
        this.leading,
        all.map(({ v }) => v),
      ),
    };
  }

  /** `[..., rank]`, the largest first. @throws UsageError `MATRIX_NOT_FINITE` */
  async singularValues(): Promise<Tensor> {
    return stackLists(
      this.leading,
      (await this.#decomposed()).map(({ s }) => s),
    );
  }

  /**
   * Eigenvalues other than 0, `[..., inner, 2]` with real and imaginary part, by decreasing modulus, then real, then imaginary
   * part; those that are computed are `right left`'s.
   *
   * @throws ShapeError `MATRICES_UNFIT` for a matrix that is not square; UsageError `MATRIX_NOT_FINITE`
   */
  async eigenvalues(): Promise<Tensor> {
    if (this.rows !== this.columns) throw matricesUnfit(this.right.shape, this.left.shape);
    const [left, right] = await this.#factors();
    const each = left.map((a, i) => eigenvaluesOf((right[i] ?? a).mmul(a)));
    return tensor(Float32Array.from(each.flat(2)), [...this.leading, this.inner, 2]);
  }

  /** The same matrix with both factors of one size: `U sqrt(S)` and `sqrt(S) V^T`. */
  async even(): Promise<FactoredMatrix> {
    const all = await this.#decomposed();
    return made(
      () =>
        new FactoredMatrix(
          stackMatrices(
            this.leading,
            all.map(({ u, s }) => u.mulRowVector(s.map(Math.sqrt))),
          ),
          stackMatrices(
            this.leading,
            all.map(({ v, s }) => v.mulRowVector(s.map(Math.sqrt)).transpose()),
          ),
        ),
    );
  }

  /** `S V^T`, `[..., rank, columns]`: what remains after a rotation of the left side. */
  async collapseLeft(): Promise<Tensor> {
    const all = await this.#decomposed();
    return stackMatrices(
      this.leading,
      all.map(({ v, s }) => v.mulRowVector([...s]).transpose()),
    );
  }

  /** `U S`, `[..., rows, rank]`: what remains after a rotation of the right side. */
  async collapseRight(): Promise<Tensor> {
    const all = await this.#decomposed();
    return stackMatrices(
      this.leading,
      all.map(({ u, s }) => u.mulRowVector([...s])),
    );
  }

  async #factors(): Promise<readonly [readonly Matrix[], readonly Matrix[]]> {
    const left = await readMatrices("The left factor", this.left);
    const right = await readMatrices("The right factor", this.right);
    return [left.matrices, right.matrices];
  }

  async #decomposed(): Promise<readonly Svd[]> {
    const [left, right] = await this.#factors();
    return left.map((a, i) => svdOfProduct(a, right[i] ?? a));
  }

  toString(): string {
    return `FactoredMatrix [${this.shape.join(", ")}] through ${this.inner}`;
  }

  /** Lets go of the factors; twice is nothing. */
  dispose(): void {
    this.left.dispose();
    this.right.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** What is made on the way is gone; the result keeps what it needs. */
function made(make: () => FactoredMatrix): FactoredMatrix {
  let result: FactoredMatrix | undefined;
  tidy(() => void (result = make()));
  return result as FactoredMatrix; // `tidy` runs its function at once
}

import { checkWeights, computed } from "./check.ts";
import { add, gather, matMul, mul, reshape, type Tensor } from "@tensorflow/tfjs-core";
import type { PartDescription } from "./part.ts";
import { Part } from "./part.ts";

/**
 * The sum of two branches of one shape, such as that of a residual connection.
 *
 * @example
 * new Sum().call(tensor1d([1]), tensor1d([2])).dataSync()[0]; // => 3
 */
export class Sum extends Part {
  readonly part: PartDescription = { kind: "sum" };

  override forward(a: Tensor, b: Tensor): Tensor {
    return computed(this, [a, b], () => add(a, b));
  }
}

/**
 * The elementwise product of two branches, such as that of a gate.
 *
 * @example
 * new Product().call(tensor1d([3]), tensor1d([2])).dataSync()[0]; // => 6
 */
export class Product extends Part {
  readonly part: PartDescription = { kind: "product" };

  override forward(a: Tensor, b: Tensor): Tensor {
    return computed(this, [a, b], () => mul(a, b));
  }
}

/**
 * The matrix product of two computed values, such as attention patterns and values.
 *
 * @example
 * new MatMul().call(tensor2d([[1, 2]]), tensor2d([[3], [4]])).dataSync()[0]; // => 11
 */
export class MatMul extends Part {
  readonly part: PartDescription = { kind: "matMul" };

  override forward(a: Tensor, b: Tensor): Tensor {
    return computed(this, [a, b], () => matMul(a, b));
  }
}

/**
 * All axes after the first as one, the last of them fastest.
 *
 * @example
 * new Flatten().call(ones([2, 3, 4])).shape; // => [2, 12]
 */
export class Flatten extends Part {
  readonly part: PartDescription = { kind: "reshape" };

  override forward(x: Tensor): Tensor {
    return computed(this, [x], () => reshape(x, [x.shape[0] ?? 1, -1]));
  }
}

/**
 * Rows of a table, one for each id. **Ownership:** *borrows* the table `[vocabulary, channel]`.
 *
 * @example
 * new Embedding(tensor2d([[1], [2]])).call(tensor1d([1], "int32")).dataSync()[0]; // => 2
 */
export class Embedding extends Part {
  readonly part: PartDescription = { kind: "embedding" };
  readonly table: Tensor;

  constructor(table: Tensor) {
    super();
    checkWeights("Embedding", { table }, ["table"]);
    this.table = table;
  }

  override forward(ids: Tensor): Tensor {
    return computed(this, [ids], () => gather(this.table, ids));
  }
}

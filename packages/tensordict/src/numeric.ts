import {
  abs,
  add,
  all,
  any,
  cast,
  div,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  max,
  mean,
  min,
  mul,
  neg,
  notEqual,
  pow,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { asFloat, type BinaryOp, combineLeaves, mapNumbers, type Operand } from "./math/leafwise.ts";
import { type ReduceDims, reduceLeaves, type ReduceOp } from "./math/reduce.ts";
import { ShapedTensorDict } from "./shaped.ts";
import { mapLeaves } from "./tree/map.ts";
import type { TensorDict } from "./tensordict.ts";
import type { AnyRank } from "./types.ts";

/** Dtypes that numbers can be cast to. */
export type NumericDtype = "float32" | "int32" | "bool" | "complex64";

/**
 * The part of a TensorDict that computes, leaf by leaf. An operand is a number, a tensor that TensorFlow.js broadcasts
 * against each leaf, or a TensorDict with tensors at the same keys. Dtypes follow TensorFlow.js, except that a whole
 * number leaves int32 what it is, and that `div` gives float32 for whole numbers too. Values that are no tensors stay.
 * Not for use by itself.
 *
 * **Ownership:** every method borrows this and its operand, and returns owned.
 *
 * **Errors** of every method: KeyError `KEYS_DIFFER`; ShapeError `LEAF_DTYPE` for strings, `LEAF_FAILED` naming the key
 * at which TensorFlow.js refuses, `BATCH_MISMATCH` where broadcasting would change the batch dims.
 */
export abstract class NumericTensorDict<S extends object> extends ShapedTensorDict<S> {
  #combined(action: string, operand: Operand, op: BinaryOp): TensorDict<AnyRank<S>> {
    return this.wrap(combineLeaves(action, this.node(action), operand, op));
  }

  #reduced(action: string, dims: ReduceDims | undefined, op: ReduceOp): TensorDict<AnyRank<S>> {
    return this.wrap(reduceLeaves(action, this.node(action), dims, op));
  }

  /** This plus the operand. */
  add(operand: Operand): TensorDict<AnyRank<S>> {
    return this.#combined("add", operand, add);
  }

  /** This minus the operand. */
  sub(operand: Operand): TensorDict<AnyRank<S>> {
    return this.#combined("sub", operand, sub);
  }

  /** This times the operand. */
  mul(operand: Operand): TensorDict<AnyRank<S>> {
    return this.#combined("mul", operand, mul);
  }

  /** This divided by the operand, float32 also for whole numbers. */
  div(operand: Operand): TensorDict<AnyRank<S>> {
    return this.#combined("div", operand, (a, b) => div(asFloat(a), asFloat(b)));
  }

  /** This to the power of the operand. */
  pow(operand: Operand): TensorDict<AnyRank<S>> {
    return this.#combined("pow", operand, pow);
  }

  /** The negative. */
  neg(): TensorDict<AnyRank<S>> {
    return this.wrap(mapNumbers("neg", this.node("neg"), neg));
  }

  /** The absolute value. */
  abs(): TensorDict<AnyRank<S>> {
    return this.wrap(mapNumbers("abs", this.node("abs"), abs));
  }

  /** Where this equals the operand, as bool. */
  eq(operand: Operand): TensorDict<AnyRank<S>> {
    return this.#combined("eq", operand, equal);
  }

  /** Where this differs from the operand, as bool. */
  ne(operand: Operand): TensorDict<AnyRank<S>> {
    return this.#combined("ne", operand, notEqual);
  }

  /** Where this is below the operand, as bool. */
  lt(operand: Operand): TensorDict<AnyRank<S>> {
    return this.#combined("lt", operand, less);
  }

  /** Where this is at most the operand, as bool. */
  le(operand: Operand): TensorDict<AnyRank<S>> {
    return this.#combined("le", operand, lessEqual);
  }

  /** Where this is above the operand, as bool. */
  gt(operand: Operand): TensorDict<AnyRank<S>> {
    return this.#combined("gt", operand, greater);
  }

  /** Where this is at least the operand, as bool. */
  ge(operand: Operand): TensorDict<AnyRank<S>> {
    return this.#combined("ge", operand, greaterEqual);
  }

  /**
   * The sum over batch dims, over the dims after the batch (`"feature"`), or of each leaf as a whole. The reduced batch
   * dims are gone from the result's batch size.
   *
   * @throws ShapeError `DIM_RANGE`; UsageError `REDUCE_DIMS`.
   * @example no-run
   * td.sum(); // scalars
   * td.sum(0); // without the first batch dim
   * td.sum("feature"); // one number per element of the batch
   */
  sum(dims?: ReduceDims): TensorDict<AnyRank<S>> {
    return this.#reduced("sum", dims, sum);
  }

  /** The mean, float32; dims as for `sum`. */
  mean(dims?: ReduceDims): TensorDict<AnyRank<S>> {
    return this.#reduced("mean", dims, mean);
  }

  /** The largest value; dims as for `sum`. */
  max(dims?: ReduceDims): TensorDict<AnyRank<S>> {
    return this.#reduced("max", dims, max);
  }

  /** The smallest value; dims as for `sum`. */
  min(dims?: ReduceDims): TensorDict<AnyRank<S>> {
    return this.#reduced("min", dims, min);
  }

  /** The Euclidean norm, float32; dims as for `sum`. */
  norm(dims?: ReduceDims): TensorDict<AnyRank<S>> {
    return this.#reduced("norm", dims, (tensor, axes) => sqrt(sum(square(asFloat(tensor)), axes)));
  }

  /** Whether any value is not zero, as bool; dims as for `sum`. */
  any(dims?: ReduceDims): TensorDict<AnyRank<S>> {
    return this.#reduced("any", dims, (tensor, axes) => any(cast(tensor, "bool"), axes));
  }

  /** Whether no value is zero, as bool; dims as for `sum`. */
  all(dims?: ReduceDims): TensorDict<AnyRank<S>> {
    return this.#reduced("all", dims, (tensor, axes) => all(cast(tensor, "bool"), axes));
  }

  /** Every tensor cast to a dtype. Strings are no numbers and stay. */
  to(dtype: NumericDtype): TensorDict<AnyRank<S>> {
    const node = this.node("to");
    const convert = (tensor: Tensor): Tensor => (tensor.dtype === "string" ? tensor : cast(tensor, dtype));
    return this.wrap(mapLeaves(node, node.batchSize, convert));
  }
}

import type { Direction } from "@hookdict/core";

/** A tensor as plain data: row-major values, as `JSON.stringify` writes them. */
export interface TensorData {
  readonly shape: readonly number[];
  /** Default `"float32"`. */
  readonly dtype?: "float32" | "int32" | "bool";
  readonly values: readonly number[];
}

/** A tensor as plain data, a list of numbers `[d]`, or one number. */
export type ValueData = number | readonly number[] | TensorData;

/** What every intervention says. */
export interface Placed {
  /** A glob over paths. */
  readonly at: string;
  /** Default `"fwd"`. */
  readonly direction?: Direction;
}

export interface Positioned extends Placed {
  /**
   * Only these entries of the declared axis `pos`; default all. Negative ones count from the end. In a generation they are those of the
   * whole row. A value is then `[d]` for all of them or `[positions, d]` for each.
   */
  readonly positions?: readonly number[];
}

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

/** What is captured. */
export interface CaptureSpec {
  /** A glob over paths. */
  readonly at: string;
  /** Default `"fwd"`. */
  readonly direction?: Direction;
}

interface Placed {
  /** A glob over paths. */
  readonly at: string;
  /** Default `"fwd"`. */
  readonly direction?: Direction;
}

interface Positioned extends Placed {
  /**
   * Only these entries of the declared axis `pos`; default all. Negative ones count from the end. In a generation they are those of the
   * whole row. A value is then `[d]` for all of them or `[positions, d]` for each.
   */
  readonly positions?: readonly number[];
}

/** In the words of TransformerLens's drivers: `pos` is a position or several, default all. */
interface Driven extends Placed {
  readonly pos?: number | readonly number[];
}

/** One change of the values that pass the sites at `at`. */
export type Intervention =
  /** Puts `value`, of exactly the shape that is there, in the value's place. */
  | (Placed & { readonly kind: "replace"; readonly value: ValueData })
  /** Puts `value`, repeated where it is shorter, in the value's place. */
  | (Positioned & { readonly kind: "set"; readonly value: ValueData })
  /** Adds `value`, repeated where it is shorter. */
  | (Positioned & { readonly kind: "add"; readonly value: ValueData })
  /** Multiplies by `factor`. */
  | (Positioned & { readonly kind: "scale"; readonly factor: number })
  /** Puts zeros in the value's place. */
  | (Positioned & { readonly kind: "zero" })
  /** Cuts attention scores where the mask, `[dest, src]` or repeated to the scores' shape, is 1: they become -Infinity. */
  | (Placed & { readonly kind: "knockout"; readonly mask: TensorData })
  /** `add` at positions, which must be named. */
  | (Placed & {
      readonly kind: "addAtPositions";
      readonly positions: readonly number[];
      readonly value: ValueData;
    })
  /** `set` at one position, in candle-mi's words. */
  | (Placed & { readonly kind: "patchAt"; readonly position: number; readonly value: ValueData })
  | (Driven & { readonly op: "suppress" })
  | (Driven & { readonly op: "scale"; readonly factor: number })
  | (Driven & { readonly op: "add" | "set"; readonly value: ValueData });

/**
 * What is captured and changed in a run, as plain data that JSON holds. Captures come before interventions at the same
 * site; interventions follow each other in order.
 */
export interface HookSpec {
  readonly captures?: readonly CaptureSpec[];
  readonly interventions?: readonly Intervention[];
}

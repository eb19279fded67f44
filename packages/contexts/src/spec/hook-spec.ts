import type { Direction } from "@hookdict/core";

/** A tensor as plain data: row-major values, as `JSON.stringify` writes them. */
export interface TensorData {
  readonly shape: readonly number[];
  /** Default `"float32"`. */
  readonly dtype?: "float32" | "int32" | "bool";
  readonly values: readonly number[];
}

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

/** One change of the values that pass the sites at `at`. */
export type Intervention =
  /** Puts `value`, of exactly the shape that is there, in the value's place. */
  | (Placed & { readonly kind: "replace"; readonly value: TensorData })
  /** Adds `value`, repeated where it is shorter. */
  | (Placed & { readonly kind: "add"; readonly value: TensorData })
  /** Adds `value`, `[d]` for all or `[positions, d]` for each, at some entries of the declared axis `pos` only. */
  | (Placed & {
      readonly kind: "addAtPositions";
      readonly positions: readonly number[];
      readonly value: TensorData;
    })
  /** Multiplies by `factor`. */
  | (Placed & { readonly kind: "scale"; readonly factor: number })
  /** Puts zeros in the value's place. */
  | (Placed & { readonly kind: "zero" })
  /** Cuts attention scores where the mask, `[dest, src]` or repeated to the scores' shape, is 1: they become -Infinity. */
  | (Placed & { readonly kind: "knockout"; readonly mask: TensorData });

/**
 * What is captured and changed in a run, as plain data that JSON holds. Captures come before interventions at the same
 * site; interventions follow each other in order.
 */
export interface HookSpec {
  readonly captures?: readonly CaptureSpec[];
  readonly interventions?: readonly Intervention[];
}

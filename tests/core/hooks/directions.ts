import type { Direction } from "@hookdict/core";

/**
 * What each direction means: the one table that `directions.test.ts` runs on every kind of model, and that
 * `docs/hooks.md` shows.
 *
 * A site multiplies its inputs by the keyword input `by`, which is 3. It is given 2, or 2 and 5; the loss is the sum of
 * the squares of its outputs, so that the gradient of an output y is 2y.
 */
export interface DirectionRow {
  readonly direction: Direction;
  /** The hook's first argument. */
  readonly sees: Seen;
  /** What else it is told, as fields of its second argument. */
  readonly info: { readonly inputs?: Leaves; readonly kwargs?: Keywords; readonly gradOutput?: Leaves };
  /** What the hook returns: every number of its first argument ×10, and `by` 7 for 3. */
  readonly returns: Seen;
  readonly changes: "outputs" | "gradients upstream";
  /** What these are without and with the replacement. */
  readonly before: Leaves;
  readonly after: Leaves;
  /** What a cache holds under `[direction, path]`. */
  readonly captured: Leaves;
}

/** The numbers of a value: of a single tensor the first, of a tuple both, of a record or TensorDict both under a and b. */
export type Leaves = readonly [a: number, b: number];
export type Keywords = { readonly by: number };
export type Seen = Leaves | { readonly inputs: Leaves; readonly kwargs: Keywords };

const x: Leaves = [2, 5];
const y: Leaves = [3 * 2, 3 * 5];
const gradY: Leaves = [2 * 6, 2 * 15];
const gradX: Leaves = [3 * 12, 3 * 30];
const tenfold = ([a, b]: Leaves): Leaves => [10 * a, 10 * b];
const by3: Keywords = { by: 3 };

export const INPUTS: Leaves = x;

export const DIRECTION_TABLE: readonly DirectionRow[] = [
  {
    direction: "fwd_pre",
    sees: x,
    info: { inputs: x },
    returns: tenfold(x),
    changes: "outputs",
    before: y,
    after: [3 * 20, 3 * 50],
    captured: x,
  },
  {
    direction: "fwd_pre_kwargs",
    sees: { inputs: x, kwargs: by3 },
    info: { inputs: x, kwargs: by3 },
    returns: { inputs: tenfold(x), kwargs: { by: 7 } },
    changes: "outputs",
    before: y,
    after: [7 * 20, 7 * 50],
    captured: x,
  },
  {
    direction: "fwd",
    sees: y,
    info: { inputs: x },
    returns: tenfold(y),
    changes: "outputs",
    before: y,
    after: tenfold(y),
    captured: y,
  },
  {
    direction: "fwd_kwargs",
    sees: y,
    info: { inputs: x, kwargs: by3 },
    returns: tenfold(y),
    changes: "outputs",
    before: y,
    after: tenfold(y),
    captured: y,
  },
  {
    direction: "bwd_pre",
    sees: gradY,
    info: {},
    returns: tenfold(gradY),
    changes: "gradients upstream",
    before: gradX,
    after: [3 * 120, 3 * 300],
    captured: gradY,
  },
  {
    direction: "bwd",
    sees: gradX,
    info: { gradOutput: gradY },
    returns: tenfold(gradX),
    changes: "gradients upstream",
    before: gradX,
    after: tenfold(gradX),
    captured: gradX,
  },
];

export const VALUE_KINDS = ["tensor", "tuple", "record", "TensorDict"] as const;
export type ValueKind = (typeof VALUE_KINDS)[number];

import type { Direction } from "@hookdict/core";

/**
 * What each direction means: the one table that is run on every kind of site, and that the docs show.
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
export type Seen = Leaves | { readonly inputs: Leaves; readonly kwargs: Keywords | undefined };

export const VALUE_KINDS = ["tensor", "tuple", "record", "TensorDict"] as const;
export type ValueKind = (typeof VALUE_KINDS)[number];

/** A kind of site, by what it can have. */
export interface SiteRow {
  readonly name: string;
  /** `null` for a kind of value that its inputs and outputs can be; otherwise why they cannot. */
  readonly values: Readonly<Record<ValueKind, string | null>>;
  /** `null` where it takes keyword inputs; otherwise why it does not. */
  readonly keywords: string | null;
  /** What it multiplies its inputs by. */
  readonly by: number;
}

const ANY_VALUE = { tensor: null, tuple: null, record: null, TensorDict: null };
const LISTS = { tensor: null, tuple: null };

export const SITE_ROWS = {
  module: { name: "a module", values: ANY_VALUE, keywords: null, by: 3 },
  point: { name: "a hook point", values: ANY_VALUE, keywords: "a point is given one value", by: 1 }, // the identity
  function: { name: "a function", values: ANY_VALUE, keywords: null, by: 3 },
  value: {
    name: "a value named by `site`",
    values: ANY_VALUE,
    keywords: "`site` is given one value",
    by: 1, // the identity
  },
  layer: {
    name: "a layer",
    values: {
      ...LISTS,
      record: "layers have tensors and lists of them",
      TensorDict: "layers have tensors and lists of them",
    },
    keywords: null,
    by: 3,
  },
  node: {
    name: "a node of a graph",
    values: {
      ...LISTS,
      record: "operations have tensors and lists of them",
      TensorDict: "operations have tensors and lists of them",
    },
    keywords: "operations have attributes, which are fixed",
    by: 3,
  },
} satisfies Readonly<Record<string, SiteRow>>;

const x: Leaves = [2, 5];
const times = (by: number, [a, b]: Leaves): Leaves => [by * a, by * b];

export const INPUTS: Leaves = x;

/** The table for a kind of site: six rows for each of the kinds of values that it can have. */
export function directionTable(site: Pick<SiteRow, "by" | "keywords">): readonly DirectionRow[] {
  const { by } = site;
  const [given, changed] = site.keywords === null ? [{ by }, { by: 7 }] : [];
  const told = given === undefined ? {} : { kwargs: given };
  const y = times(by, x);
  const gradY = times(2, y);
  const gradX = times(by, gradY);
  return [
    {
      direction: "fwd_pre",
      sees: x,
      info: { inputs: x },
      returns: times(10, x),
      changes: "outputs",
      before: y,
      after: times(by, [20, 50]),
      captured: x,
    },
    {
      direction: "fwd_pre_kwargs",
      sees: { inputs: x, kwargs: given },
      info: { inputs: x, ...told },
      returns: { inputs: times(10, x), kwargs: changed },
      changes: "outputs",
      before: y,
      after: times(changed?.by ?? by, [20, 50]),
      captured: x,
    },
    {
      direction: "fwd",
      sees: y,
      info: { inputs: x },
      returns: times(10, y),
      changes: "outputs",
      before: y,
      after: times(10, y),
      captured: y,
    },
    {
      direction: "fwd_kwargs",
      sees: y,
      info: { inputs: x, ...told },
      returns: times(10, y),
      changes: "outputs",
      before: y,
      after: times(10, y),
      captured: y,
    },
    {
      direction: "bwd_pre",
      sees: gradY,
      info: {},
      returns: times(10, gradY),
      changes: "gradients upstream",
      before: gradX,
      after: times(by, times(10, gradY)),
      captured: gradY,
    },
    {
      direction: "bwd",
      sees: gradX,
      info: { gradOutput: gradY },
      returns: times(10, gradX),
      changes: "gradients upstream",
      before: gradX,
      after: times(10, gradX),
      captured: gradX,
    },
  ];
}

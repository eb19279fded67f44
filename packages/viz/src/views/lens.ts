import { check } from "../checks/checked.ts";
import {
  count as aCount,
  fields,
  finite,
  func,
  listOf,
  maybe,
  numbers,
  string,
  strings,
  type Fit,
} from "../checks/fit.ts";
import { DETAILS, TITLES } from "../checks/shapes.ts";
import { TENSOR } from "../checks/tensor.ts";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Lines } from "../blocks/lines.ts";
import type { Matrix } from "../blocks/matrix-cells.ts";
import { plainAxis, tokenAxis } from "../description/axes.ts";
import { describe, diverging, sequential } from "../description/describe.ts";
import { range } from "../description/numbers.ts";
import { shown } from "../description/shown.ts";
import type { Description, Numbers, Scale } from "../description/types.ts";
import { cacheOf, type Captures, checkSizes, pathsIn, type Titles, titlesOf } from "./view.ts";
import { captureMissing } from "../errors.ts";

/** What the model would say after each layer. */
export interface LensData extends Titles {
  readonly tokens: readonly string[];
  /** Names of the rows, first to last: "before layer 0" and on. */
  readonly layers: readonly string[];
  /** The likeliest token, `[layer, pos]`. */
  readonly top: readonly string[];
  /** Its probability, `[layer, pos]`; or another number, named by `measure`. */
  readonly p: Numbers;
  readonly measure?: { readonly title: string; readonly unit?: string; readonly centre?: number };
  /** The likeliest tokens with their probabilities, `[layer, pos]`. */
  readonly details?: readonly (readonly (readonly [string, number])[])[];
  /** Another lens on the same layers and positions: it is drawn below, and how the first differs from it. */
  readonly other?: Pick<LensData, "top" | "p" | "details" | "name">;
  /** What tells the lens from the other one. */
  readonly name?: string;
  /** The rank of chosen tokens at the last position, by layer; 0 is the likeliest. */
  readonly ranks?: readonly { readonly token: string; readonly values: Numbers }[];
}

/**
 * The likeliest token at each layer and position, the last layer above, and the ranks of chosen tokens by layer.
 *
 * @throws ViewError `VIEW_DATA`
 */
function draw(data: LensData): Description {
  check("lens", data, DATA);
  const { tokens, layers, top, p, measure, details, ranks, other, name = "first" } = data;
  const count = layers.length * tokens.length;
  checkSizes("lens", "top", [top.length], [count]);
  if (other !== undefined) {
    checkSizes("lens", "top and p of the other", [other.top.length, other.p.length], [count, count]);
    checkSizes("lens", "p", [p.length], [count]);
  }
  const width = tokens.length;
  // The last layer is drawn above, as in the papers; what follows it follows by coordinate.
  const upside = layers.map((_, i) => layers.length - 1 - i);
  const turn = <T>(list: ArrayLike<T>): readonly T[] =>
    upside.flatMap((row) => range(width).map((col) => list[row * width + col] as T)); // as long as `top`, which is checked
  const cells: Matrix = {
    block: "matrix",
    id: "lens",
    rows: "depth",
    cols: "pos",
    scale: "lens",
    ...(other !== undefined && { title: name }),
    values: Float32Array.from(turn(p)),
    text: turn(top),
    ...(details !== undefined && { details: turn(details) }),
  };
  const compared = other === undefined ? [] : compare(cells, other, turn);
  const lines = linesOf(ranks ?? []);
  return describe({
    view: "lens",
    ...titlesOf(data, "Logit lens"),
    axes: [
      plainAxis(
        "depth",
        upside.map((i) => layers[i] ?? ""),
        { title: "layer", at: upside },
      ),
      plainAxis("rise", layers, { title: "layer", of: "depth" }),
      tokenAxis("pos", tokens, { title: "position" }),
    ],
    scales: {
      lens: scaleFor(other === undefined ? p : [...p, ...other.p], measure),
      ...(other !== undefined && {
        difference: diverging(compared[1]?.values ?? [], `${shown(name)} − ${shown(other.name ?? "second")}`),
      }),
      rank: { type: "sequential", low: 0, high: 1, stretch: 1, title: "log10 of rank + 1 (0: likeliest)" },
    },
    blocks: [cells, ...compared, ...lines],
  });
}

const OTHER: Readonly<Record<string, Fit>> = {
  top: strings,
  p: numbers,
  details: maybe(DETAILS),
  name: maybe(string),
};

const DATA: Fit = fields({
  ...TITLES,
  ...OTHER,
  tokens: strings,
  layers: strings,
  measure: maybe(fields({ title: string, unit: maybe(string), centre: maybe(finite) })),
  other: maybe(fields(OTHER)),
  ranks: maybe(listOf(fields({ token: string, values: numbers }))),
});

const OPTIONS: Fit = fields({
  ...TITLES,
  tokens: strings,
  logits: func,
  token: func,
  batch: maybe(aCount()),
  k: maybe(aCount(1)),
  follow: maybe(listOf(aCount())),
});

/** Ranks by layer, where some are followed. */
function linesOf(ranks: NonNullable<LensData["ranks"]>): readonly Lines[] {
  const series = ranks.map(({ token, values }) => ({
    name: `rank of ${shown(token.trim())}`,
    values: Float32Array.from(values, (rank: number) => Math.log10(rank + 1)),
  }));
  return series.length === 0 ? [] : [{ block: "lines", id: "ranks", x: "rise", scale: "rank", series }];
}

/** The other lens, and how much larger the first one's numbers are; tokens where the two do not agree. */
function compare(
  first: Matrix,
  other: NonNullable<LensData["other"]>,
  turn: <T>(list: ArrayLike<T>) => readonly T[],
): readonly [Matrix, Matrix] {
  const [values, text] = [Float32Array.from(turn(other.p)), turn(other.top)];
  const { details } = other;
  const own = {
    ...first,
    id: "other lens",
    title: other.name ?? "second",
    values,
    text,
    ...(details !== undefined && { details: turn(details) }),
  };
  const { details: _, ...bare } = first;
  const words = text.map((token, i) =>
    token === first.text?.[i] ? "=" : `${first.text?.[i] ?? ""} | ${token}`,
  );
  const difference = values.map((value, i) => (first.values[i] ?? Number.NaN) - value);
  return [
    own,
    { ...bare, id: "difference", scale: "difference", title: "difference", values: difference, text: words },
  ];
}

function scaleFor(p: Numbers, measure: LensData["measure"]): Scale {
  if (measure === undefined) return sequential([1], "probability");
  const unit = measure.unit === undefined ? {} : { unit: measure.unit };
  return measure.centre === undefined
    ? sequential(p, measure.title, unit)
    : diverging(p, measure.title, { ...unit, centre: measure.centre });
}

/** What is read of captures. */
export interface LensOptions extends Titles {
  readonly tokens: readonly string[];
  /** What reads logits `[batch, pos, vocabulary]` off a residual stream `[batch, pos, dModel]`; returns owned. */
  readonly logits: (resid: Tensor) => Tensor;
  /** The text of a token of the vocabulary. */
  readonly token: (id: number) => string;
  readonly batch?: number;
  /** How many of the likeliest are told; 5 unless given. */
  readonly k?: number;
  /** Tokens whose rank at the last position is followed. */
  readonly follow?: readonly number[];
}

/**
 * Data of the captured `blocks.N.hook_resid_pre` and the last `hook_resid_post`, each read through the model's end.
 * **Ownership:** borrows the captures; what `logits` returns is disposed.
 *
 * @throws ViewError `CAPTURE_MISSING`, `VIEW_DATA`
 */
async function read(captures: Captures, options: LensOptions): Promise<LensData> {
  check("lens.read", options, OPTIONS);
  const { tokens, logits, token, batch = 0, k = 5, follow = [], ...titles } = options;
  const cache = cacheOf("lens", captures);
  const order = (path: string): number =>
    Number(/\d+/.exec(path)?.[0] ?? 0) * 2 + (path.endsWith("post") ? 1 : 0);
  const held = pathsIn(cache).filter((path) => /^blocks\.\d+\.hook_resid_(pre|post)$/.test(path));
  const posts = held.filter((path) => path.endsWith("post"));
  const last = posts.toSorted((one, other) => order(one) - order(other)).at(-1);
  const paths = held
    .filter((path) => path.endsWith("pre") || path === last)
    .toSorted((one, other) => order(one) - order(other));
  if (paths.length === 0) throw captureMissing("lens", "blocks.*.hook_resid_pre", pathsIn(cache));
  const rows: Row[] = [];
  for (const path of paths)
    rows.push(await readRow(logits(cache.get<Tensor>(["fwd", path])), { batch, k, tokens, follow })); // captures of `fwd` are tensors
  return {
    ...titles,
    tokens,
    layers: paths.map(
      (path) => `${path.endsWith("post") ? "after" : "before"} layer ${/\d+/.exec(path)?.[0] ?? ""}`,
    ),
    top: rows.flatMap(({ best }) => best.map((list) => token(list[0]?.[0] ?? 0))),
    p: Float32Array.from(rows.flatMap(({ best }) => best.map((list) => list[0]?.[1] ?? Number.NaN))),
    details: rows.flatMap(({ best }) =>
      best.map((list) => list.map(([id, p]): [string, number] => [token(id), p])),
    ),
    ...(follow.length > 0 && {
      ranks: follow.map((id, i) => ({
        token: token(id),
        values: rows.map(({ ranks }) => ranks[i] ?? Number.NaN),
      })),
    }),
  };
}

interface Row {
  readonly best: readonly (readonly (readonly [number, number])[])[];
  readonly ranks: readonly number[];
}

interface RowOptions extends Required<Pick<LensOptions, "batch" | "k" | "tokens" | "follow">> {}

/** The likeliest tokens of each position, and ranks at the last. Takes the logits. */
async function readRow(logits: Tensor, { batch, k, tokens, follow }: RowOptions): Promise<Row> {
  check("lens.read", logits, TENSOR, "logits of a stream");
  try {
    const [, pos = 0, vocabulary = 0] = logits.shape;
    checkSizes("lens", "logits", logits.shape.slice(1, 2), [tokens.length]);
    const data = Float32Array.from(await logits.data()).slice(
      batch * pos * vocabulary,
      (batch + 1) * pos * vocabulary,
    );
    const best = range(pos).map((at) => {
      const row = data.slice(at * vocabulary, (at + 1) * vocabulary);
      const top = row.reduce((most, value) => Math.max(most, value), -Infinity);
      const sum = row.reduce((total, value) => total + Math.exp(value - top), 0);
      const ids = range(vocabulary).sort((one, other) => (row[other] ?? 0) - (row[one] ?? 0));
      return ids.slice(0, k).map((id) => [id, Math.exp((row[id] ?? 0) - top) / sum] as const);
    });
    const final = data.slice((pos - 1) * vocabulary);
    const ranks = follow.map((id) =>
      final.reduce((count, value) => count + (value > (final[id] ?? Infinity) ? 1 : 0), 0),
    );
    return { best, ranks };
  } finally {
    logits.dispose();
  }
}

/** The likeliest token at each layer and position. */
export const lens: typeof draw & { readonly read: typeof read } = Object.assign(draw, { read });

import { check } from "../checks/checked.ts";
import {
  count,
  either,
  fields,
  finite,
  listOf,
  maybe,
  number,
  numbers,
  oneOf,
  string,
  strings,
  type Fit,
} from "../checks/fit.ts";
import { TITLES } from "../checks/shapes.ts";
import { tokenAxis } from "../description/axes.ts";
import { describe, diverging, sequential } from "../description/describe.ts";
import type { Description, Numbers } from "../description/types.ts";
import type { Tokens } from "../blocks/tokens.ts";
import { dataInvalid } from "../errors.ts";
import { type Captures, checkSizes, exampleOf, readCapture, type Titles, titlesOf } from "./view.ts";

/** One number a token, once or several times. */
export interface TokenScoresData extends Titles {
  readonly tokens: readonly string[];
  /** With a centre, such as 0 of attributions, both directions from it have colours of their own. */
  readonly channels: readonly {
    readonly name: string;
    readonly values: Numbers;
    readonly centre?: number;
    readonly unit?: string;
  }[];
}

/**
 * Tokens on the colours of their scores.
 *
 * @throws ViewError `VIEW_DATA`
 * @example
 * tokenScores({ tokens: ["a", " b"], channels: [{ name: "norm", values: [1, 2] }] }).axes["pos"].labels; // => ["a", " b"]
 */
function draw(data: TokenScoresData): Description {
  check("tokenScores", data, DATA);
  const scales = data.channels.map(({ name, values, centre, unit }, i) => {
    const parts = unit === undefined ? {} : { unit };
    const scale =
      centre === undefined && !values.some((value: number) => value < 0)
        ? sequential(values, name, parts)
        : diverging(values, name, { ...parts, centre: centre ?? 0 });
    return [`channel ${i}`, scale] as const;
  });
  const block: Tokens = {
    block: "tokens",
    id: "tokens",
    axis: "pos",
    channels: data.channels.map(({ name, values }, i) => ({ name, values, scale: `channel ${i}` })),
  };
  return describe({
    view: "tokenScores",
    ...titlesOf(data, data.channels.map(({ name }) => name).join(", ") || "Tokens"),
    axes: [tokenAxis("pos", data.tokens, { title: "position" })],
    scales: Object.fromEntries(scales),
    blocks: [block],
  });
}

const DATA: Fit = fields({
  ...TITLES,
  tokens: strings,
  channels: listOf(fields({ name: string, values: numbers, centre: maybe(finite), unit: maybe(string) })),
});

const OPTIONS: Fit = fields({
  ...TITLES,
  path: string,
  tokens: strings,
  batch: maybe(count()),
  reduce: maybe(either(number, oneOf("norm", "sum"))),
});

/** How a vector of each position becomes one number. */
export interface TokenScoresOptions extends Titles {
  /** A site `[batch, pos]` or `[batch, pos, dModel]`. */
  readonly path: string;
  readonly tokens: readonly string[];
  readonly batch?: number;
  /** `"norm"` (the default), `"sum"`, or the number of one channel. */
  readonly reduce?: "norm" | "sum" | number;
}

/**
 * Data of a captured site. **Ownership:** borrows the captures.
 *
 * @throws ViewError `CAPTURE_MISSING`, `VIEW_DATA`
 */
async function read(captures: Captures, options: TokenScoresOptions): Promise<TokenScoresData> {
  check("tokenScores.read", options, OPTIONS);
  const { path, tokens, batch = 0, reduce = "norm", ...titles } = options;
  const { values, shape } = exampleOf("tokenScores", await readCapture("tokenScores", captures, path), batch);
  const [positions = 0, width = 1] = shape;
  checkSizes("tokenScores", `${path} of one example`, shape, [
    tokens.length,
    ...(shape.length === 1 ? [] : [width]),
  ]);
  if (typeof reduce === "number" && !(Number.isInteger(reduce) && reduce >= 0 && reduce < width))
    throw dataInvalid(
      "tokenScores",
      `the channel ${reduce} of ${width}`,
      `Give reduce from 0 to ${width - 1}.`,
    );
  const scores = new Float32Array(positions);
  for (let pos = 0; pos < positions; pos += 1) {
    const row = values.subarray(pos * width, (pos + 1) * width);
    if (shape.length === 1) scores[pos] = row[0] ?? Number.NaN;
    else if (typeof reduce === "number") scores[pos] = row[reduce] ?? Number.NaN;
    else scores[pos] = reduce === "sum" ? row.reduce((sum, x) => sum + x, 0) : Math.hypot(...row);
  }
  const name =
    shape.length === 1 ? path : `${typeof reduce === "number" ? `channel ${reduce}` : reduce} of ${path}`;
  return { ...titles, tokens, channels: [{ name, values: scores }] };
}

/** Tokens on the colours of their scores. */
export const tokenScores: typeof draw & { readonly read: typeof read } = Object.assign(draw, { read });

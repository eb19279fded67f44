import { check } from "../checks/checked.ts";
import { count as aCount, fields, flag, listOf, maybe, numbers, strings, type Fit } from "../checks/fit.ts";
import { TITLES } from "../checks/shapes.ts";
import type { Facets, Measure } from "../blocks/facets-parts.ts";
import type { Matrix } from "../blocks/matrix-cells.ts";
import type { Tokens } from "../blocks/tokens.ts";
import { plainAxis, tokenAxis } from "../description/axes.ts";
import { describe, sequential } from "../description/describe.ts";
import { range } from "../description/numbers.ts";
import type { Description, Numbers } from "../description/types.ts";
import { dataInvalid } from "../errors.ts";
import {
  type Captures,
  cacheOf,
  checkSizes,
  exampleOf,
  pathsIn,
  readCapture,
  type Titles,
  titlesOf,
} from "./view.ts";

/** Attention patterns of one prompt. */
export interface AttentionData extends Titles {
  readonly tokens: readonly string[];
  /** Tokens that are attended to, where they are others: in cross-attention. */
  readonly sources?: readonly string[];
  /** Numbers of the layers; 0 and on unless given. */
  readonly layers?: readonly number[];
  readonly heads: number;
  /** `[layer, head, dest, src]` */
  readonly pattern: Numbers;
  /** Whether no position attends to later ones. */
  readonly causal?: boolean;
}

const DATA: Fit = fields({
  ...TITLES,
  tokens: strings,
  sources: maybe(strings),
  layers: maybe(numbers),
  heads: aCount(),
  pattern: numbers,
  causal: maybe(flag),
});

/** More heads than these take the whole width, and the large one stands below. */
const WIDE = 12;

/** Rows with as many tokens begin with the square root of attention: small shares would be blank. */
const LONG = 60;

/**
 * Every head of every layer, one of them large, and the tokens.
 *
 * @throws ViewError `VIEW_DATA`
 * @example
 * attention({ tokens: ["a", "b"], heads: 1, pattern: [1, 0, 0.5, 0.5] }).blocks.length; // => 3
 */
function draw(data: AttentionData): Description {
  check("attention", data, DATA);
  const { tokens, sources = tokens, heads, pattern, causal = true } = data;
  const each = heads * tokens.length * sources.length;
  const layers = data.layers ?? range(each === 0 ? 0 : Math.floor(pattern.length / each));
  checkSizes("attention", "pattern", [pattern.length], [layers.length * each]);
  const measures = measuresOf(pattern, [layers.length * heads, tokens.length, sources.length]);
  const scale = sequential([1], "attention", { stretch: sources.length > LONG ? 0.5 : 1 });
  const facets: Facets = {
    block: "facets",
    id: "heads",
    rows: "layer",
    cols: "head",
    dest: "dest",
    src: "src",
    scale: "attention",
    values: pattern,
    measures,
    shown: liveliest(measures[2], heads),
    lower: causal && sources === tokens,
  };
  const large: Matrix = {
    block: "matrix",
    id: "head",
    beside: heads <= WIDE,
    quiet: 0.005,
    rows: "dest",
    cols: "src",
    scale: "attention",
    values: [],
    from: "heads",
    arcs: true,
    lower: facets.lower === true,
  };
  const text: Tokens = { block: "tokens", id: "prompt", axis: "pos", channels: [] };
  return describe({
    view: "attention",
    ...titlesOf(data, "Attention"),
    axes: [
      plainAxis("layer", layers, { at: layers }),
      plainAxis("head", range(heads)),
      tokenAxis("dest", tokens, { title: "to position", of: "pos" }),
      tokenAxis("src", sources, { title: "from position" }),
      tokenAxis("pos", tokens, { title: "position" }),
    ],
    scales: { attention: scale },
    blocks: [facets, large, text],
  });
}

/** The head that attends most to anything but itself and the first position. */
function liveliest(measure: Measure | undefined, heads: number): readonly [number, number] {
  const values = [...(measure?.values ?? [])];
  const best = Math.max(0, values.indexOf(Math.max(...values, -Infinity)));
  return heads === 0 ? [0, 0] : [Math.floor(best / heads), best % heads];
}

/** Mass on the first position, entropy in bits, largest share elsewhere, and mean distance, of each head. */
function measuresOf(
  pattern: Numbers,
  [count, dests, srcs]: readonly [number, number, number],
): readonly Measure[] {
  const make = (): Float32Array => new Float32Array(count);
  const [first, entropy, lively, distance] = [make(), make(), make(), make()];
  for (let head = 0; head < count; head += 1) {
    for (let dest = 0; dest < dests; dest += 1) {
      for (let src = 0; src < srcs; src += 1) {
        const p = pattern[(head * dests + dest) * srcs + src] ?? 0;
        if (!(p > 0)) continue;
        if (src === 0) first[head] = (first[head] ?? 0) + p / dests;
        entropy[head] = (entropy[head] ?? 0) - (p * Math.log2(p)) / dests;
        distance[head] = (distance[head] ?? 0) + (p * Math.abs(dest - src)) / dests;
        if (src > 0 && src !== dest && p > (lively[head] ?? 0)) lively[head] = p;
      }
    }
  }
  return [
    { name: "mass on the first token", values: first },
    { name: "entropy (bits)", values: entropy },
    { name: "largest share elsewhere", values: lively },
    { name: "mean distance", values: distance },
  ];
}

const OPTIONS: Fit = fields({
  ...TITLES,
  tokens: strings,
  sources: maybe(strings),
  layers: maybe(listOf(aCount())),
  batch: maybe(aCount()),
  causal: maybe(flag),
});

/** What is read of captures. */
export interface AttentionOptions extends Titles {
  readonly tokens: readonly string[];
  readonly sources?: readonly string[];
  /** Which layers; all that were captured unless given. */
  readonly layers?: readonly number[];
  readonly batch?: number;
  readonly causal?: boolean;
}

/**
 * Data of the captured `blocks.N.attn.hook_pattern`, `[batch, head, dest, src]`. **Ownership:** borrows the captures.
 *
 * @throws ViewError `CAPTURE_MISSING`, `VIEW_DATA`
 */
async function read(captures: Captures, options: AttentionOptions): Promise<AttentionData> {
  check("attention.read", options, OPTIONS);
  const { batch = 0, tokens, sources = tokens, ...rest } = options;
  const held = pathsIn(cacheOf("attention", captures)).flatMap(
    (path) => /^blocks\.(\d+)\.attn\.hook_pattern$/.exec(path)?.[1] ?? [],
  );
  const layers = options.layers ?? held.map(Number).sort((one, other) => one - other);
  const paths =
    layers.length === 0
      ? ["blocks.*.attn.hook_pattern"]
      : layers.map((layer) => `blocks.${layer}.attn.hook_pattern`);
  let heads = 0;
  let pattern = new Float32Array();
  // One after the other: all of them at once would be there several times.
  for (const [i, path] of paths.entries()) {
    const { values, shape } = exampleOf("attention", await readCapture("attention", captures, path), batch);
    if (shape.length !== 3)
      throw dataInvalid(
        "attention",
        `patterns of the shape [batch, ${shape.join(", ")}]`,
        "Needed is [batch, head, dest, src].",
      );
    if (i === 0) {
      heads = shape[0] ?? 0;
      pattern = new Float32Array(values.length * paths.length);
    }
    checkSizes("attention", "patterns of one example", shape, [heads, tokens.length, sources.length]);
    pattern.set(values, i * values.length);
  }
  return { ...rest, tokens, ...(sources !== tokens && { sources }), layers, heads, pattern };
}

/** Every head of every layer, one of them large, and the tokens. */
export const attention: typeof draw & { readonly read: typeof read } = Object.assign(draw, { read });

import type { Lines } from "../blocks/lines.ts";
import type { Matrix } from "../blocks/matrix-cells.ts";
import type { Tokens } from "../blocks/tokens.ts";
import { plainAxis, tokenAxis } from "../description/axes.ts";
import { describe, diverging, sequential } from "../description/describe.ts";
import { range } from "../description/numbers.ts";
import type { AnyBlock, Description } from "../description/types.ts";
import { checkSizes, needLists, type Titles, titlesOf } from "./view.ts";

/** One step of a generation. */
export interface StreamStep {
  readonly token: string;
  readonly p: number;
  /** The likeliest tokens with their probabilities; how many is the same at all steps. */
  readonly top?: readonly (readonly [string, number])[];
  /** Numbers read at sites, one for each of the names. */
  readonly readouts?: readonly number[];
}

/** Steps of a generation, so far. */
export interface StreamData extends Titles {
  readonly steps: readonly StreamStep[];
  /** Names of the readouts. */
  readonly readouts?: readonly string[];
  /** Number of the first step, where earlier ones were dropped. */
  readonly first?: number;
}

/** The last steps that are kept. */
const KEPT = 2000;

/**
 * What was generated, how sure the model was, and what was read at sites, by step.
 *
 * @throws ViewError `VIEW_DATA`
 */
function draw(data: StreamData): Description {
  needLists("stream", data, ["steps"]);
  const { readouts = [] } = data;
  const skipped = Math.max(0, data.steps.length - KEPT);
  const steps = data.steps.slice(skipped);
  for (const { readouts: own = [] } of steps)
    checkSizes("stream", "readouts of a step", [own.length], [readouts.length]);
  const at = range(steps.length).map((i) => i + skipped + (data.first ?? 0));
  const p = Float32Array.from(steps, (step) => step.p);
  const k = steps.reduce((most, { top = [] }) => Math.max(most, top.length), 0);
  const axes = [
    tokenAxis(
      "step",
      steps.map(({ token }) => token),
      { at },
    ),
  ];
  const tokens: Tokens = {
    block: "tokens",
    id: "tokens",
    axis: "step",
    channels: [{ name: "probability", scale: "p", values: p }],
  };
  const series = [{ name: "probability", values: p }];
  const lines: Lines = { block: "lines", id: "sureness", x: "step", scale: "p", series };
  const blocks: AnyBlock[] = [tokens, lines];
  if (k > 0) {
    const places = range(k).map((i) => i + 1);
    axes.push(plainAxis("rank", places));
    blocks.push(likeliest(steps, k));
  }
  const numbers = Float32Array.from(
    readouts.flatMap((_, r) => steps.map((step) => step.readouts?.[r] ?? Number.NaN)),
  );
  if (readouts.length > 0) {
    axes.push(plainAxis("readout", readouts));
    const block: Matrix = {
      block: "matrix",
      id: "readouts",
      rows: "readout",
      cols: "step",
      scale: "read",
      values: numbers,
    };
    blocks.push(block);
  }
  return describe({
    view: "stream",
    ...titlesOf(data, "Generation"),
    axes,
    scales: {
      p: sequential([1], "probability"),
      ...(readouts.length > 0 && { read: diverging(numbers, "readout") }),
    },
    blocks,
  });
}

/** The likeliest tokens of each step. */
function likeliest(steps: readonly StreamStep[], k: number): Matrix {
  const cells = range(k).flatMap((rank) =>
    steps.map(({ top = [] }) => top[rank] ?? (["", Number.NaN] as const)),
  );
  return {
    block: "matrix",
    id: "top",
    rows: "rank",
    cols: "step",
    scale: "p",
    values: Float32Array.from(cells, ([, value]) => value),
    text: cells.map(([name]) => name),
  };
}

/** What a step changes: it is sent in place of the whole picture. */
export interface StreamPatch {
  readonly step: StreamStep;
}

/**
 * Data with one more step: what a page does with each patch that it is sent. Steps before the last 2,000 are dropped.
 *
 * @example
 * stream.grow({ steps: [] }, { step: { token: "a", p: 1 } }).steps.length; // => 1
 */
function grow(data: StreamData, { step }: StreamPatch): StreamData {
  const steps = [...data.steps, step];
  const over = Math.max(0, steps.length - KEPT);
  return { ...data, steps: steps.slice(over), first: (data.first ?? 0) + over };
}

/** Data of all steps of a generation, each told as it comes. */
async function read(
  steps: AsyncIterable<StreamStep>,
  {
    onStep,
    ...titles
  }: Omit<StreamData, "steps"> & { readonly onStep?: (data: StreamData, patch: StreamPatch) => void } = {},
): Promise<StreamData> {
  let data: StreamData = { ...titles, steps: [] };
  for await (const step of steps) {
    data = grow(data, { step });
    onStep?.(data, { step });
  }
  return data;
}

/** A generation by step. */
export const stream: typeof draw & { readonly read: typeof read; readonly grow: typeof grow } = Object.assign(
  draw,
  { read, grow },
);

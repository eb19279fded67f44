import { check } from "../checks/checked.ts";
import {
  count,
  fields,
  fit,
  func,
  listOf,
  maybe,
  number,
  numbers as manyNumbers,
  string,
  strings,
  type Fit,
} from "../checks/fit.ts";
import { TITLES, pairOf } from "../checks/shapes.ts";
import type { Lines, Series } from "../blocks/lines.ts";
import type { Matrix } from "../blocks/matrix-cells.ts";
import type { Tokens } from "../blocks/tokens.ts";
import { plainAxis, tokenAxis } from "../description/axes.ts";
import { describe, diverging, sequential } from "../description/describe.ts";
import { range } from "../description/numbers.ts";
import { dataInvalid } from "../errors.ts";
import type { AnyBlock, Axis, Description } from "../description/types.ts";
import { checkSizes, type Titles, titlesOf } from "./view.ts";

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
  /** Another run of the same prompt, step by step beside this one. */
  readonly other?: { readonly name?: string; readonly steps: readonly StreamStep[] };
  /** What tells this run from the other one. */
  readonly name?: string;
}

const STEP: Fit = fields({
  token: string,
  p: number,
  top: maybe(listOf(pairOf(string, number))),
  readouts: maybe(manyNumbers),
});

const REST: Readonly<Record<string, Fit>> = {
  ...TITLES,
  readouts: maybe(strings),
  first: maybe(count()),
  other: maybe(fields({ name: maybe(string), steps: listOf(STEP) })),
  name: maybe(string),
};

const DATA: Fit = fields({ ...REST, steps: listOf(STEP) });

/** The last steps that are kept. */
const KEPT = 2000;

/**
 * What was generated, how sure the model was, and what was read at sites, by step.
 *
 * @throws ViewError `VIEW_DATA`
 */
function draw(data: StreamData): Description {
  check("stream", data, DATA);
  const { readouts = [] } = data;
  const skipped = Math.max(0, data.steps.length - KEPT);
  const steps = data.steps.slice(skipped);
  for (const { readouts: own = [] } of steps)
    checkSizes("stream", "readouts of a step", [own.length], [readouts.length]);
  const at = range(steps.length).map((i) => i + skipped + (data.first ?? 0));
  const p = Float32Array.from(steps, (step) => step.p);
  const k = steps.reduce((most, { top = [] }) => Math.max(most, top.length), 0);
  const axes = [tokenAxis("step", names(steps), { at })];
  const other = data.other === undefined ? undefined : otherRun(data.other, [skipped, steps]);
  const tokens: Tokens = {
    block: "tokens",
    id: "tokens",
    axis: "step",
    channels: [{ name: "probability", scale: "p", values: p }],
    ...(other !== undefined && { title: data.name ?? "first" }),
  };
  const series: Series[] = [
    { name: other === undefined ? "probability" : (data.name ?? "first"), values: p },
  ];
  const lines: Lines = { block: "lines", id: "sureness", x: "step", scale: "p", series };
  const blocks: AnyBlock[] = [tokens, lines];
  if (other !== undefined) {
    series.push(other.series);
    axes.push(other.axis);
    blocks.splice(1, 0, other.tokens);
  }
  if (k > 0) {
    const places = range(k).map((i) => i + 1);
    axes.push(plainAxis("rank", places, { at: places }));
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

const names = (steps: readonly StreamStep[]): readonly string[] => steps.map(({ token }) => token);

/** The other run: its tokens, from which of them on it is another, and how sure it was at each step of the first. */
function otherRun(
  { name = "second", steps: all }: NonNullable<StreamData["other"]>,
  [skipped, first]: readonly [number, readonly StreamStep[]],
): { readonly tokens: Tokens; readonly axis: Axis; readonly series: Series } {
  const steps = all.slice(skipped, skipped + KEPT);
  const parting = steps.findIndex(({ token }, i) => token !== first[i]?.token);
  const told = parting < 0 ? "the same tokens" : `another from step ${parting + skipped} on`;
  const values = Float32Array.from(steps, ({ p }) => p);
  return {
    tokens: {
      block: "tokens",
      id: "other tokens",
      axis: "other step",
      title: `${name}: ${told}`,
      bare: true,
      channels: [{ name: "probability", scale: "p", values }],
    },
    axis: tokenAxis("other step", names(steps), {
      title: "step",
      at: range(steps.length).map((i) => i + skipped),
      of: "step",
    }),
    series: { name, values: Float32Array.from(first, (_, i) => values[i] ?? Number.NaN) },
  };
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
function grow(data: StreamData, patch: StreamPatch): StreamData {
  check("stream.grow", patch, fields({ step: STEP }), "patch");
  const { step } = patch;
  check("stream.grow", data, DATA, "data");
  return grown(data, { step });
}

function grown(data: StreamData, { step }: StreamPatch): StreamData {
  const steps = [...data.steps, step];
  const over = Math.max(0, steps.length - KEPT);
  const { other } = data;
  return {
    ...data,
    steps: steps.slice(over),
    first: (data.first ?? 0) + over,
    ...(other !== undefined && { other: { ...other, steps: other.steps.slice(over) } }),
  };
}

/**
 * A generation with another token at a step: the run that begins there, with what was before it, and the old run beside it.
 * What is to be generated goes on from the tokens of its steps.
 *
 * @throws ViewError `VIEW_DATA` where there is no such step
 * @example
 * stream.branch({ steps: [{ token: "a", p: 1 }, { token: "b", p: 1 }] }, 1, { token: "c", p: 0.1 }).steps[1].token; // => "c"
 */
function branch(data: StreamData, at: number, step: StreamStep): StreamData {
  check("stream.branch", data, DATA, "data");
  check("stream.branch", at, count(), "at");
  check("stream.branch", step, STEP, "step");
  const index = at - (data.first ?? 0);
  if (!(Number.isInteger(index) && index >= 0 && index < data.steps.length))
    throw dataInvalid(
      "stream",
      `a branch at step ${at} of steps ${data.first ?? 0} to ${(data.first ?? 0) + data.steps.length - 1}`,
      "Give the number of a step that there is.",
    );
  const { name = "before", steps } = data;
  return { ...data, name: "branch", steps: [...steps.slice(0, index), step], other: { name, steps } };
}

const STEPS: Fit = fit("steps that come one by one", (value) =>
  Symbol.asyncIterator in Object(value) || Symbol.iterator in Object(value));

/** Data of all steps of a generation, each told as it comes. */
async function read(
  steps: AsyncIterable<StreamStep>,
  options: Omit<StreamData, "steps"> & {
    readonly onStep?: (data: StreamData, patch: StreamPatch) => void;
  } = {},
): Promise<StreamData> {
  check("stream.read", steps, STEPS, "steps");
  check("stream.read", options, fields({ ...REST, onStep: maybe(func) }), "options");
  const { onStep, ...titles } = options;
  let data: StreamData = { ...titles, steps: [] };
  for await (const step of steps) {
    check("stream.read", step, STEP, "a step");
    data = grown(data, { step });
    onStep?.(data, { step });
  }
  return data;
}

/** A generation by step. */
export const stream: typeof draw & {
  readonly read: typeof read;
  readonly grow: typeof grow;
  readonly branch: typeof branch;
} = Object.assign(draw, { read, grow, branch });

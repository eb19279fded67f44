import {
  byName,
  count,
  either,
  fields,
  finite,
  flag,
  type Fit,
  fit,
  func,
  listOf,
  maybe,
  number,
  numbers,
  oneOf,
  record,
  string,
  strings,
} from "./fit.ts";

const SOURCE_PARTS: Readonly<Record<string, Fit>> = {
  model: maybe(string),
  prompt: maybe(string),
  hookdict: maybe(string),
  date: maybe(string),
  seed: maybe(number),
  n: maybe(number),
  interval: maybe(number),
};

/** Where numbers come from. */
const SOURCE: Fit = fields(SOURCE_PARTS);

/** What every view takes besides its numbers. */
export const TITLES: Readonly<Record<string, Fit>> = {
  title: maybe(string),
  caption: maybe(string),
  source: maybe(SOURCE),
};

const STRETCH: Fit = oneOf(1, 0.5, "row");

export const SCALE: Fit = fields({
  type: oneOf("diverging", "sequential"),
  low: number,
  high: number,
  centre: maybe(number),
  stretch: STRETCH,
  title: string,
  unit: maybe(string),
});

/** What a scale is made of, besides its values and title. */
export const SCALE_PARTS: Fit = fields({
  centre: maybe(finite),
  low: maybe(finite),
  high: maybe(finite),
  unit: maybe(string),
  stretch: maybe(STRETCH),
  reach: maybe(finite),
});

export const AXIS: Fit = fields({
  name: string,
  title: string,
  kind: oneOf("token", "plain"),
  labels: strings,
  at: numbers,
  of: maybe(string),
});

/** What an axis is made of, besides its name and labels. */
export const AXIS_PARTS: Fit = fields({ title: maybe(string), at: maybe(numbers), of: maybe(string) });

export const BLOCK: Fit = fields({ block: string, id: string });

export const DESCRIPTION: Fit = fields({
  hookdict: oneOf("view/1", "view/1"),
  view: string,
  title: string,
  caption: maybe(string),
  source: fields({ ...SOURCE_PARTS, hookdict: string }),
  axes: byName(AXIS),
  scales: byName(SCALE),
  blocks: listOf(BLOCK),
});

/** What a description is made of. */
export const PARTS: Fit = fields({
  view: string,
  ...TITLES,
  title: string,
  axes: listOf(AXIS),
  scales: maybe(byName(SCALE)),
  blocks: listOf(BLOCK),
});

/** What the reader of a picture has chosen. */
export const STATE: Fit = fields({
  at: byName(number),
  pinned: strings,
  hidden: strings,
  channel: byName(number),
  stretch: byName(STRETCH),
  choice: byName(either(number, string)),
});

export const THEME_NAME: Fit = oneOf("light", "dark");
export const THEME: Fit = fields({ missing: string, diverging: strings, sequential: strings });

/** Kinds of blocks besides those that are built in. */
export const BLOCKS_OPTION: Readonly<Record<string, Fit>> = {
  blocks: maybe(listOf(fields({ block: string, svg: func, text: func, faults: maybe(func) }))),
};

/** A picture, or the description of one. */
export const PICTURED: Fit = (value, path) => {
  const misfit = record(value, path);
  if (misfit !== undefined) return { ...misfit, wanted: "a picture, or the description of one" };
  return "description" in (value as object) ? WITH_DESCRIPTION(value, path) : DESCRIPTION(value, path); // a record
};

const WITH_DESCRIPTION: Fit = fields({ description: DESCRIPTION, ...BLOCKS_OPTION, toSVG: maybe(func) });

/** Anything that gives numbers one by one. */
export const manyNumbers: Fit = fit("numbers in a list", (value) => {
  if (Array.isArray(value)) return value.every((each) => typeof each === "number");
  return typeof value === "object" && value !== null && Symbol.iterator in value;
});

/** x and y, in pixels. */
export const POINT: Fit = listOf(finite, 2);
export const BOX: Fit = listOf(finite, 4);

/** A node of a picture's tree, or what else can stand in one. */
export const DRAWN: Fit = fit("what make() gives, a text, a number or null", (value) => {
  const { tag, given, children } = Object(value) as Record<string, unknown>;
  const isNode = typeof tag === "string" && typeof given === "object" && Array.isArray(children);
  return value === null || typeof value === "string" || typeof value === "number" || isNode;
});

/** Two numbers, such as rows and columns. */
export const PAIR: Fit = listOf(count(), 2);

export const NODE: Fit = fields({
  id: string,
  label: string,
  pos: number,
  layer: number,
  kind: string,
  influence: number,
  activation: maybe(number),
  group: maybe(string),
});
export const LINK: Fit = fields({ from: string, to: string, weight: number });

export const GRAPH_DATA: Fit = fields({
  ...TITLES,
  tokens: strings,
  layers: strings,
  nodes: listOf(NODE),
  links: listOf(LINK),
  pinned: maybe(strings),
  total: maybe(fields({ nodes: number, links: number })),
});

/** A site in a tree. */
export const ITEM: Fit = fields({
  path: string,
  type: string,
  hooks: strings,
  shape: maybe(numbers),
  fired: maybe(flag),
});

/** Names and numbers of each cell. */
export const DETAILS: Fit = listOf(listOf(pairOf(string, number)));

/** A list of one and the other. */
export function pairOf(one: Fit, other: Fit): Fit {
  return (value, path) =>
    listOf(() => undefined, 2)(value, path) ??
    one((value as readonly unknown[])[0], `${path}[0]`) ??
    other((value as readonly unknown[])[1], `${path}[1]`);
}

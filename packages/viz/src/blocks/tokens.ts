import {
  axisOf,
  coordinate,
  countOf,
  labelsOf,
  placeCells,
  placeColumns,
  placeName,
  selectedIndex,
} from "../description/axes.ts";
import { exact, range } from "../description/numbers.ts";
import { cut, shown } from "../description/shown.ts";
import type { AnyBlock, Axis, Description, Numbers, State } from "../description/types.ts";
import { inkOn } from "../ink/colour.ts";
import { centreOf, colourOf, isCut, isDiverging, scaleOf } from "../ink/scale.ts";
import {
  type Box,
  type Drawing,
  type Drawn,
  type Frame,
  group,
  heading,
  outline,
  rect,
  signed,
  text,
  textWidth,
} from "../layout/frame.ts";
import { legend } from "../layout/legend.ts";
import { type DrawnKind, type Control, chosen, chosenNumber, type Grid, type Rows } from "./block.ts";
import { choice, slider, stretching } from "./controls.ts";

/** One number a token. */
export interface Channel {
  readonly name: string;
  readonly scale: string;
  readonly values: Numbers;
}

/** Running text whose tokens have colours. Without channels it is the text alone. */
export interface Tokens extends AnyBlock {
  readonly block: "tokens";
  readonly axis: string;
  readonly channels: readonly Channel[];
  /** What these tokens are, where there are several such blocks. */
  readonly title?: string;
  /** Whether its legend and its choices are left to another block of the same scale. */
  readonly bare?: boolean;
}

/** More tokens than these are shown in windows. */
const MOST = 5000;
export const WINDOW = 2000;
const SIZE = 12;
const LINE = 24;

/** Tokens that are one chip: a token, or all of a word, a sentence or a line. */
interface Chip {
  readonly from: number;
  readonly to: number;
  readonly label: string;
  readonly value: number;
}

const ENDS: Readonly<Record<string, (next: string, last: string) => boolean>> = {
  token: () => true,
  word: (next) => !/^[\p{L}\p{N}\p{M}'’]/u.test(next),
  sentence: (_, last) => /[.!?]\s*$/.test(last),
  line: (_, last) => last.includes("\n"),
};

function channelOf(b: Tokens, state: State): Channel | undefined {
  return b.channels[state.channel[b.id] ?? 0] ?? b.channels[0];
}

function windowOf(b: Tokens, count: number, state: State): readonly [number, number] {
  if (count <= MOST) return [0, count];
  const start = Math.min(Math.floor((count - 1) / WINDOW), chosenNumber(state, b, "window", 0)) * WINDOW;
  return [start, Math.min(count, start + WINDOW)];
}

/** Chips of the tokens that are shown: sums of what leads somewhere and back, else the largest. */
function chipsOf(d: Description, b: Tokens, state: State): readonly Chip[] {
  const axis = axisOf(d, b.axis);
  const channel = channelOf(b, state);
  const [start, stop] = windowOf(b, countOf(axis), state);
  const ends = ENDS[chosen(state, b, "group", "token")] ?? (() => true);
  const isSum = channel !== undefined && isDiverging(scaleOf(d, channel.scale));
  const chips: Chip[] = [];
  for (let from = start; from < stop;) {
    let to = from + 1;
    while (to < stop && !ends(axis.labels[to] ?? "", axis.labels[to - 1] ?? "")) to += 1;
    const label = range(to - from)
      .map((i) => labelsOf(axis)[from + i] ?? "")
      .join("");
    const values = range(to - from).map((i) => channel?.values[from + i] ?? Number.NaN);
    const value = isSum ? values.reduce((sum, each) => sum + each, 0) : Math.max(...values);
    chips.push({ from, to, label, value });
    from = to;
  }
  return chips;
}

function draw(d: Description, b: Tokens, frame: Frame): Drawing {
  const { theme, state, width } = frame;
  const axis = axisOf(d, b.axis);
  const channel = channelOf(b, state);
  const scale = channel === undefined ? undefined : scaleOf(d, channel.scale, state);
  const boxes = new Map<number, Box>();
  const nodes: Drawn[] = [];
  const top = b.title === undefined ? 4 : 18;
  let [x, y] = [0, top];
  for (const { from, to, label, value } of chipsOf(d, b, state)) {
    const whole = cut(label, 200);
    const own = Math.min(width, textWidth(whole, SIZE) + 8);
    if (x > 0 && x + own > width) [x, y] = [0, y + LINE];
    const box = [x, y, own - 2, LINE - 4] as const;
    const colour = scale === undefined ? theme.paper : colourOf(scale, theme, value);
    nodes.push(
      rect(box, colour, { rx: 3, "data-cell": `0,${from}`, ...(scale && signed(value, centreOf(scale))) }),
    );
    const fits = Math.max(1, Math.floor((own - 6) / (SIZE * 0.605)));
    nodes.push(
      text(x + 3, y + 14, cut(whole, fits), {
        size: SIZE,
        fill: scale === undefined ? theme.ink : inkOn(colour),
      }),
    );
    for (let i = from; i < to; i += 1) boxes.set(i, box);
    x += own;
    if (axis.labels[to - 1]?.includes("\n") === true) [x, y] = [0, y + LINE];
  }
  const selected = selectedIndex(axis, state);
  const marked = selected === undefined ? undefined : boxes.get(selected);
  const height = boxes.size === 0 ? top + LINE : y + LINE;
  const foot =
    scale === undefined || channel === undefined || b.bare === true
      ? undefined
      : legend(scale, theme, width, { cut: isCut(scale, channel.values), notes: notes(d, b, state, axis) });
  return {
    node: group([
      ...(boxes.size === 0 ? [text(0, top + 12, "no tokens", { fill: theme.soft })] : nodes),
      b.title === undefined ? null : heading(0, width, shown(b.title), theme),
      ...(marked === undefined ? [] : [outline(marked, theme)]),
      foot === undefined ? null : group([foot.node], [0, height + 8]),
    ]),
    width,
    height: height + (foot === undefined ? 4 : foot.height + 8),
    box: (_, col) => boxes.get(col),
  };
}

function notes(d: Description, b: Tokens, state: State, axis: Axis): readonly string[] {
  const channel = channelOf(b, state);
  const [start, stop] = windowOf(b, countOf(axis), state);
  const isWhole = stop - start === countOf(axis);
  const grouping = chosen(state, b, "group", "token");
  const isSum = channel !== undefined && isDiverging(scaleOf(d, channel.scale));
  return [
    b.channels.length > 1 && channel !== undefined && d.scales[channel.scale]?.title !== channel.name
      ? `shown: ${shown(channel.name)}`
      : "",
    isWhole ? "" : `tokens ${start} to ${stop - 1} of ${countOf(axis)}`,
    grouping === "token" ? "" : `the ${isSum ? "sum" : "largest"} of each ${grouping}`,
  ];
}

function grid(d: Description, b: Tokens, state: State): Grid {
  const axis = axisOf(d, b.axis);
  const own = channelOf(b, state);
  return {
    rows: 1,
    cols: countOf(axis),
    value: (_, col) => own?.values[col] ?? Number.NaN,
    sentence: (_, col) => {
      const values = b.channels.map(({ name, values: all }) => `${shown(name)} ${exact(all[col])}`);
      return [placeName(axis, col), values.join(", ")].filter((each) => each !== "").join(": ");
    },
    at: (_, col) => coordinate(axis, col),
  };
}

function rows(d: Description, b: Tokens): Rows {
  const axis = axisOf(d, b.axis);
  return {
    columns: [...placeColumns(axis), ...b.channels.map(({ name }) => shown(name))],
    rows: axis.labels.map((_, i) => [
      ...placeCells(axis, i),
      ...b.channels.map(({ values }) => values[i] ?? Number.NaN),
    ]),
  };
}

function controls(d: Description, b: Tokens, state: State): readonly Control[] {
  const own = channelOf(b, state);
  if (own === undefined || b.bare === true) return [];
  const count = countOf(axisOf(d, b.axis));
  const pick: Control = {
    kind: "choice",
    name: "channel",
    label: "shown",
    options: b.channels.map(({ name }, i) => [String(i), shown(name)]),
    value: String(b.channels.indexOf(own)),
    set: (old, value) => ({ ...old, channel: { ...old.channel, [b.id]: Number(value) } }),
  };
  const groups = Object.keys(ENDS).map((name) => [name, name] as const);
  const last = Math.floor((count - 1) / WINDOW);
  return [
    ...(b.channels.length > 1 ? [pick] : []),
    choice(state, b, "group", "by", groups),
    stretching(d, state, own.scale, 2),
    ...(count > MOST ? [slider(state, b, "window", "window", [0, last, 1, 0])] : []),
  ];
}

/** Running text whose tokens have colours. */
export const tokens: DrawnKind<Tokens> = {
  block: "tokens",
  svg: draw,
  rows,
  grid,
  controls,
};

import { check } from "../checks/checked.ts";
import {
  count as aCount,
  fields,
  listOf,
  maybe,
  number,
  numbers,
  string,
  strings,
  type Fit,
} from "../checks/fit.ts";
import { TITLES } from "../checks/shapes.ts";
import type { Bands, Outlier } from "../blocks/bands.ts";
import type { Matrix } from "../blocks/matrix-cells.ts";
import type { Table } from "../blocks/table.ts";
import { quantileSorted } from "d3-array";
import { plainAxis, tokenAxis } from "../description/axes.ts";
import { describe, diverging } from "../description/describe.ts";
import { farthest, range } from "../description/numbers.ts";
import type { Description, Numbers } from "../description/types.ts";
import { type Captures, exampleOf, type Numbered, readCapture, type Titles, titlesOf } from "./view.ts";

/** How values are distributed at each of several sites. */
export interface DistributionData extends Titles {
  readonly sites: readonly string[];
  readonly levels: readonly number[];
  /** `[site, level]` */
  readonly quantiles: Numbers;
  /** The farthest values of each site. */
  readonly outliers: readonly {
    readonly site: number;
    readonly value: number;
    readonly pos: number;
    readonly channel: number;
    /** What its channel is at that site, position by position. */
    readonly over?: Numbers;
  }[];
  /** Further numbers of each site, such as its mean and its kurtosis. */
  readonly statistics?: readonly { readonly name: string; readonly values: Numbers }[];
  readonly tokens: readonly string[];
  /** The channels with the largest values, and their values at one site, `[pos, channel]`. */
  readonly channels: readonly number[];
  readonly values: Numbers;
}

/** The channels whose outliers are followed over the positions, each once, by site and channel. */
function followedOf({ sites, outliers }: DistributionData): ReadonlyMap<string, Followed> {
  const followed = new Map<string, Followed>();
  for (const { site, channel, over } of outliers)
    if (over !== undefined) followed.set(`${site},${channel}`, { name: `${sites[site]}: ${channel}`, over });
  return followed;
}

interface Followed {
  readonly name: string;
  readonly over: Numbers;
}

/**
 * Quantiles and outliers by layer, and the channels that have the outliers, over positions.
 *
 * @throws ViewError `VIEW_DATA`
 */
function draw(data: DistributionData): Description {
  check("distribution", data, DATA);
  const { sites, levels, quantiles, outliers, statistics = [], tokens, channels, values } = data;
  const label = (pos: number, channel: number): string => `channel ${channel} at ${pos} ${tokens[pos] ?? ""}`;
  const followed = followedOf(data);
  const keys = [...followed.keys()];
  const dots: Outlier[] = outliers.map(({ site, value, pos, channel }) => {
    const outlier = keys.indexOf(`${site},${channel}`);
    const at = { pos, channel, ...(outlier >= 0 && { outlier }) };
    return { x: site, value, label: label(pos, channel), at };
  });
  const bands: Bands = {
    block: "bands",
    id: "quantiles",
    x: "site",
    scale: "value",
    levels,
    values: quantiles,
    outliers: dots,
  };
  const cells: Matrix = {
    block: "matrix",
    id: "channels",
    rows: "pos",
    cols: "channel",
    scale: "value",
    values,
  };
  const columns = statistics.map(({ name, values: each }) => ({ title: name, values: each }));
  const table: Table = { block: "table", id: "statistics", axis: "site", columns };
  const lines = [...followed.values()];
  const overPositions = Float32Array.from(lines.flatMap(({ over }) => [...over]));
  return describe({
    view: "distribution",
    ...titlesOf(data, "Distribution"),
    axes: [
      plainAxis("site", sites),
      tokenAxis("pos", tokens, { title: "position" }),
      plainAxis("channel", channels, { at: channels }),
      ...(lines.length === 0
        ? []
        : [
            plainAxis(
              "outlier",
              lines.map(({ name }) => name),
            ),
          ]),
    ],
    scales: {
      value: diverging([...quantiles, ...values], "activation"),
      ...(lines.length > 0 && { outlier: diverging(overPositions, "activation") }),
    },
    blocks: [
      bands,
      ...(lines.length === 0 ? [] : [channelsOf(overPositions)]),
      ...(statistics.length === 0 ? [] : [table]),
      cells,
    ],
  });
}

/** Channels with outliers, over positions. */
function channelsOf(values: Float32Array): Matrix {
  const axes = { rows: "outlier", cols: "pos", scale: "outlier" };
  return { block: "matrix", id: "outliers", title: "channels of outliers", ...axes, values };
}

const DATA: Fit = fields({
  ...TITLES,
  sites: strings,
  levels: numbers,
  quantiles: numbers,
  statistics: maybe(listOf(fields({ name: string, values: numbers }))),
  outliers: listOf(
    fields({ site: number, value: number, pos: number, channel: number, over: maybe(numbers) }),
  ),
  tokens: strings,
  channels: numbers,
  values: numbers,
});

const OPTIONS: Fit = fields({
  ...TITLES,
  paths: strings,
  tokens: strings,
  batch: maybe(aCount()),
  levels: maybe(numbers),
  count: maybe(aCount()),
});

/** What is read of captures. */
export interface DistributionOptions extends Titles {
  /** Sites `[batch, pos, channel]`. */
  readonly paths: readonly string[];
  readonly tokens: readonly string[];
  readonly batch?: number;
  readonly levels?: readonly number[];
  /** Outliers of each site, and channels shown. */
  readonly count?: number;
}

/** Mean norm of positions, largest size, mean, standard deviation and kurtosis (3 for the normal distribution) of `[pos, channel]`. */
function statisticsOf({ values, shape }: Numbered): readonly number[] {
  const width = shape.at(-1) ?? 1;
  const n = values.length;
  const rows = Math.max(1, n / Math.max(1, width));
  let [sum, largest, norms] = [0, 0, 0];
  for (let start = 0; start < n; start += width) {
    let squares = 0;
    for (let i = start; i < start + width; i += 1) {
      const value = values[i] ?? Number.NaN;
      sum += value;
      squares += value * value;
      largest = Math.max(largest, Math.abs(value));
    }
    norms += Math.sqrt(squares);
  }
  const mean = sum / n;
  let [second, fourth] = [0, 0];
  for (const value of values) {
    const square = (value - mean) ** 2;
    second += square / n;
    fourth += (square * square) / n;
  }
  return [norms / rows, largest, mean, Math.sqrt(second), fourth / second ** 2];
}

const STATISTICS = ["norm", "largest", "mean", "std", "kurtosis"];

/**
 * Data of captured sites; the channels are those of the last one. **Ownership:** borrows the captures.
 *
 * @throws ViewError `CAPTURE_MISSING`, `VIEW_DATA`
 */
async function read(captures: Captures, options: DistributionOptions): Promise<DistributionData> {
  check("distribution.read", options, OPTIONS);
  const { paths, tokens, batch = 0, levels = [0.01, 0.25, 0.5, 0.75, 0.99], count = 12, ...titles } = options;
  const parts = await Promise.all(
    paths.map(async (path) =>
      exampleOf("distribution", await readCapture("distribution", captures, path), batch),
    ),
  );
  const quantiles: number[] = [];
  const outliers: DistributionData["outliers"][number][] = [];
  parts.forEach(({ values, shape }, site) => {
    const width = shape.at(-1) ?? 1;
    const sorted = [...values].sort((one, other) => one - other);
    quantiles.push(...levels.map((level) => quantileSorted(sorted, level) ?? Number.NaN));
    for (const i of farthest(values, 0, 3))
      outliers.push({
        site,
        value: values[i] ?? 0,
        pos: Math.floor(i / width),
        channel: i % width,
        over: Float32Array.from(tokens, (_, pos) => values[pos * width + (i % width)] ?? Number.NaN),
      });
  });
  const statistics = parts.map(statisticsOf);
  const last = parts.at(-1);
  const width = last?.shape.at(-1) ?? 0;
  const top = new Float32Array(width);
  last?.values.forEach((value, i) => (top[i % width] = Math.max(top[i % width] ?? 0, Math.abs(value))));
  const channels = farthest(top, 0, count).toSorted((one, other) => one - other);
  const values = Float32Array.from(
    range(tokens.length).flatMap((pos) =>
      channels.map((channel) => last?.values[pos * width + channel] ?? Number.NaN),
    ),
  );
  return {
    ...titles,
    sites: paths.map((path) => path.replace(/^blocks\.(\d+)\.hook_/, "$1 ")),
    levels,
    quantiles,
    outliers,
    statistics: STATISTICS.map((name, k) => ({
      name,
      values: statistics.map((each) => each[k] ?? Number.NaN),
    })),
    tokens,
    channels,
    values,
  };
}

/** Quantiles and outliers by layer. */
export const distribution: typeof draw & { readonly read: typeof read } = Object.assign(draw, { read });

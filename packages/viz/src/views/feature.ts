import { check } from "../checks/checked.ts";
import {
  fields,
  listOf,
  maybe,
  number as aNumber,
  numbers,
  string,
  strings,
  type Fit,
} from "../checks/fit.ts";
import { TITLES } from "../checks/shapes.ts";
import type { Bars } from "../blocks/bars.ts";
import type { Histogram } from "../blocks/histogram.ts";
import type { Table } from "../blocks/table.ts";
import type { Tokens } from "../blocks/tokens.ts";
import { plainAxis, tokenAxis } from "../description/axes.ts";
import { describe, diverging, sequential } from "../description/describe.ts";
import type { AnyBlock, Axis, Description, Numbers } from "../description/types.ts";
import { type Titles, titlesOf } from "./view.ts";

/** One feature of a dictionary. */
export interface FeatureData extends Titles {
  readonly feature: number;
  /** How often it is how active: counts between edges. */
  readonly counts: Numbers;
  readonly edges: Numbers;
  /** Texts in which it is active, with its activation at each token; `group` names a quantile. */
  readonly examples: readonly {
    readonly tokens: readonly string[];
    readonly values: Numbers;
    readonly group?: string;
  }[];
  /** What its direction adds to the logits of tokens: the most and the least. */
  readonly logits: { readonly tokens: readonly string[]; readonly values: Numbers };
  /** The features most like it. */
  readonly neighbours?: {
    readonly features: readonly number[];
    readonly similarity: Numbers;
    readonly labels?: readonly string[];
  };
}

const DATA: Fit = fields({
  ...TITLES,
  feature: aNumber,
  counts: numbers,
  edges: numbers,
  examples: listOf(fields({ tokens: strings, values: numbers, group: maybe(string) })),
  logits: fields({ tokens: strings, values: numbers }),
  neighbours: maybe(fields({ features: numbers, similarity: numbers, labels: maybe(strings) })),
});

/** Examples that are shown. */
const MOST = 20;

/**
 * A dashboard of one feature: how often it is active, where, what it makes likelier, what is like it.
 *
 * @throws ViewError `VIEW_DATA`
 */
function draw(data: FeatureData): Description {
  check("feature", data, DATA);
  const { feature: number, counts, edges, examples, logits, neighbours } = data;
  const seen = examples.slice(0, MOST);
  const axes: Axis[] = [tokenAxis("token", logits.tokens)];
  const blocks: AnyBlock[] = [];
  const histogram: Histogram = { block: "histogram", id: "activations", edges, counts, title: "activation" };
  const bars: Bars = {
    block: "bars",
    id: "logits",
    beside: true,
    axis: "token",
    scale: "logit",
    values: logits.values,
    sorted: true,
  };
  blocks.push(histogram, bars);
  seen.forEach(({ tokens: own, values, group }, i) => {
    axes.push(tokenAxis(`example ${i}`, own, { title: `example ${i} position` }));
    const block: Tokens = {
      block: "tokens",
      id: `example ${i}`,
      axis: `example ${i}`,
      channels: [{ name: "activation", scale: "activation", values }],
      title: group === undefined ? `example ${i}` : `example ${i}, ${group}`,
      bare: i > 0,
    };
    blocks.push(block);
  });
  if (neighbours !== undefined) {
    axes.push(plainAxis("feature", neighbours.features, { at: neighbours.features }));
    const table: Table = {
      block: "table",
      id: "neighbours",
      axis: "feature",
      columns: [
        { title: "cosine", values: neighbours.similarity },
        ...(neighbours.labels === undefined ? [] : [{ title: "label", texts: neighbours.labels }]),
      ],
    };
    blocks.push(table);
  }
  return describe({
    view: "feature",
    ...titlesOf(data, `Feature ${number}`),
    axes,
    scales: {
      activation: sequential(
        seen.flatMap(({ values }) => [...values]),
        "activation",
      ),
      logit: diverging(logits.values, "added to the logit"),
    },
    blocks,
  });
}

/** A dashboard of one feature. */
export const feature: typeof draw = draw;

import type { Direction, Hookable } from "@hookdict/core";
import { hookGraph } from "@hookdict/core/graph";
import { hookLayers } from "@hookdict/core/layers";
import { tinyFunction, tinyGraph, tinyLayers, TinyModule } from "@hookdict/core/testing";
import type { Tensor } from "@tensorflow/tfjs-core";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import { loadLayersModel } from "@tensorflow/tfjs-layers";

/** Patterns and the sites that they match. */
export type Patterns = readonly [Pattern, ...Pattern[]];
type Pattern = readonly [pattern: string, sites: readonly string[]];

const WITHOUT_EMBED: Patterns = [
  ["mix", ["mix"]],
  ["head", ["head"]],
  ["{mix,head}", ["mix", "head"]],
  ["m*", ["mix"]],
];
const PATTERNS: Patterns = [...WITHOUT_EMBED, ["embed", ["embed"]], ["**", ["embed", "mix", "head"]]];
const NODES: Patterns = [
  ["mix", ["mix"]],
  ["{mix,head}", ["mix", "head"]],
  ["mix*", ["mix", "mix_1"]],
  ["embed", ["embed"]],
  ["*", ["embed", "mix", "mix_1", "head"]],
];

/** One kind of model under random programs. */
export interface FuzzSubject {
  readonly name: string;
  readonly model: Hookable<readonly [Tensor], Tensor>;
  /** Runs the model itself, as code that knows nothing of hooks does. **Ownership:** returns owned. */
  readonly direct: (tokens: Tensor) => Tensor;
  readonly sitesAreValues: boolean;
  /** Sites that look up integers, which have no gradient: `bwd` never fires there. */
  readonly lookups: readonly string[];
  /** The names of `mix` in its two calls. */
  readonly mixes: readonly [string, string];
  /** What hooks of a direction may be registered at. */
  readonly patterns: (direction: Direction) => Patterns;
  readonly weights: readonly Tensor[];
  readonly dispose: () => void;
}

export const SUBJECTS: readonly (readonly [name: string, make: () => Promise<FuzzSubject>])[] = [
  ["own modules", ownModule],
  ["functions", functionModel],
  ["models of layers", layersModel],
  ["graph models", graphModel],
];

function ownModule(): Promise<FuzzSubject> {
  const model = new TinyModule();
  return Promise.resolve({
    name: "own module",
    model,
    direct: (tokens) => model.call(tokens),
    sitesAreValues: false,
    lookups: [],
    mixes: ["mix", "mix"],
    patterns: () => PATTERNS,
    weights: [model.table, model.mix.kernel, model.mix.bias, model.head.kernel, model.head.bias],
    dispose: () => model.dispose(),
  });
}

function functionModel(): Promise<FuzzSubject> {
  const { model, dispose } = tinyFunction();
  return Promise.resolve({
    name: "function",
    model,
    direct: (tokens) => model.call(tokens),
    sitesAreValues: true,
    lookups: [],
    mixes: ["mix", "mix"],
    patterns: () => PATTERNS,
    weights: [], // closed over
    dispose,
  });
}

async function layersModel(): Promise<FuzzSubject> {
  const layers = await tinyLayers(loadLayersModel);
  return {
    name: "layers",
    model: hookLayers(layers) as unknown as FuzzSubject["model"], // its keyword inputs are optional
    direct: (tokens) => layers.predict(tokens) as Tensor, // one output
    sitesAreValues: false,
    lookups: ["embed"],
    mixes: ["mix", "mix"],
    patterns: (direction) => (direction === "fwd_pre" ? WITHOUT_EMBED : PATTERNS), // no hook may make up tokens
    weights: layers.getWeights(),
    dispose: () => {
      for (const weight of layers.weights) weight.dispose();
    },
  };
}

async function graphModel(): Promise<FuzzSubject> {
  const graph = await tinyGraph(loadGraphModel);
  return {
    name: "graph",
    model: hookGraph(graph) as unknown as FuzzSubject["model"], // it takes lists and records, too
    direct: (tokens) => graph.predict(tokens) as Tensor, // one output
    sitesAreValues: true,
    lookups: ["embed"],
    mixes: ["mix", "mix_1"],
    patterns: () => NODES,
    weights: Object.values(graph.weights).flat(),
    dispose: () => graph.dispose(),
  };
}

import type { Hookable } from "@hookdict/core";
import { hookGraph } from "@hookdict/core/graph";
import { hookLayers } from "@hookdict/core/layers";
import { tinyGraph, tinyLayers, TinyModule, tinyTokens } from "@hookdict/core/testing";
import { cast, clone, keep, scalar, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import { controlGraph } from "./control.ts";
import { fragileFunction, FragileModule } from "./fragile.ts";
import { controlReference, type Fragile, type Reference, tinyReference } from "./reference.ts";

/** A pattern and the sites that it matches. */
export type Pattern = readonly [pattern: string, sites: readonly string[]];
/** Patterns, at least one. */
export type Patterns = readonly [Pattern, ...Pattern[]];

/** One kind of model under random programs. */
export interface FuzzSubject {
  readonly name: string;
  readonly model: Hookable<readonly [Tensor], Tensor>;
  /** Computes the same with plain operations. */
  readonly reference: Reference;
  readonly input: Tensor;
  /** Whether the model itself throws. */
  readonly fragile: Fragile;
  /** Whether it runs through `callAsync` only. */
  readonly isWaiting: boolean;
  /** Runs the model itself, as code that knows nothing of hooks does. **Ownership:** returns owned. */
  readonly direct: () => Tensor;
  readonly directAsync: () => Promise<Tensor>;
  /** Runs what a hook may run of it: what runs at once. **Ownership:** returns owned. */
  readonly part: () => Tensor;
  readonly patterns: Patterns;
  /** Where every value is one float tensor, and the gradient reaches. */
  readonly floats: Patterns;
  readonly weights: readonly Tensor[];
  /** Tensors that hooks return and that belong to nobody's run, until the program ends. */
  readonly held: Tensor[];
  /** The model's objects, whose own properties hooks must restore. */
  readonly objects: readonly object[];
  readonly dispose: () => void;
}

const INNER: Patterns = [
  ["mix", ["mix"]],
  ["head", ["head"]],
  ["{mix,head}", ["mix", "head"]],
  ["m*", ["mix"]],
];
const ALL: Patterns = [...INNER, ["embed", ["embed"]], ["**", ["embed", "mix", "head"]]];

/** Makes the subjects, each anew. */
export const SUBJECTS: Readonly<Record<string, () => Promise<FuzzSubject>>> = {
  "own modules": ownModule,
  functions: functionModel,
  "models of layers": layersModel,
  "graph models": graphModel,
  "graphs with control flow": controlModel,
};

type Model = FuzzSubject["model"];
const intact = (): Fragile => ({ isBroken: false });

function ownModule(): Promise<FuzzSubject> {
  const fragile = intact();
  const model = new FragileModule(fragile);
  const input = tinyTokens();
  const direct = (): Tensor => clone(model.call(input)); // it may give what a hook keeps
  return Promise.resolve({
    ...atOnce(direct),
    name: "own modules",
    model,
    reference: tinyReference(model, input, "module", fragile),
    input,
    fragile,
    held: [],
    patterns: ALL,
    floats: ALL,
    weights: weightsOf(model),
    objects: [model, model.embed, model.mix, model.head],
    dispose: () => {
      model.dispose();
      input.dispose();
    },
  });
}

function functionModel(): Promise<FuzzSubject> {
  const fragile = intact();
  const weights = new TinyModule();
  const model = fragileFunction(weights, fragile);
  const input = tinyTokens();
  return Promise.resolve({
    ...atOnce(() => clone(model.call(input))),
    name: "functions",
    model,
    reference: tinyReference(weights, input, "value", fragile),
    input,
    fragile,
    held: [],
    patterns: ALL,
    floats: ALL,
    weights: weightsOf(weights),
    objects: [model, ...model.places.values()],
    dispose: () => {
      weights.dispose();
      input.dispose();
    },
  });
}

async function layersModel(): Promise<FuzzSubject> {
  const fragile = intact();
  const layers = await tinyLayers(loadLayersModel);
  const weights = new TinyModule();
  const input = tinyTokens();
  const mix = layers.getLayer("mix") as unknown as { activation: { apply: (x: Tensor) => Tensor } }; // a Dense
  const { activation } = mix;
  const apply = activation.apply.bind(activation);
  activation.apply = (x) => {
    if (fragile.isBroken) throw new RangeError("model");
    return apply(x);
  };
  return {
    ...atOnce(() => layers.predict(input) as Tensor), // one output
    name: "models of layers",
    model: hookLayers(layers) as unknown as Model, // its keyword inputs are optional
    reference: tinyReference(weights, input, "layer", fragile),
    input,
    fragile,
    held: [],
    patterns: ALL,
    floats: INNER,
    weights: layers.getWeights(),
    objects: [layers, ...layers.layers],
    dispose: () => {
      for (const weight of layers.weights) weight.dispose();
      weights.dispose();
      input.dispose();
    },
  };
}

const NODES_AFTER_EMBED: Patterns = [
  ["mix", ["mix"]],
  ["{mix,head}", ["mix", "head"]],
  ["mix*", ["mix", "mix_1"]],
  ["*.MatMul", ["mix.MatMul", "mix_1.MatMul", "head.MatMul"]],
  ["mix.*", ["mix.MatMul", "mix.BiasAdd"]],
];
const EMBED_AND_AFTER = [
  "embed",
  ...["mix", "mix_1"].flatMap((name) => [`${name}.MatMul`, `${name}.BiasAdd`, name]),
  "head.MatMul",
  "head",
];
const NODES: Patterns = [...NODES_AFTER_EMBED, ["embed", ["embed"]], ["**", EMBED_AND_AFTER]];

async function graphModel(): Promise<FuzzSubject> {
  const fragile = intact();
  const graph = await tinyGraph(loadGraphModel);
  const weights = new TinyModule();
  const input = tinyTokens();
  const wrong = keep(cast(input, "float32"));
  const given = (): Tensor => (fragile.isBroken ? wrong : input);
  return {
    ...atOnce(() => graph.predict(given()) as Tensor), // one output
    name: "graph models",
    model: hookGraph(graph) as unknown as Model, // it takes lists and records, too
    reference: tinyReference(weights, input, "node", fragile),
    input,
    fragile,
    held: [],
    patterns: NODES,
    floats: NODES_AFTER_EMBED,
    weights: Object.values(graph.weights).flat(),
    objects: [graph, ...nodesOf(graph)],
    dispose: () => {
      graph.dispose();
      weights.dispose();
      wrong.dispose();
      input.dispose();
    },
  };
}

const CONTROL_FLOATS: Patterns = [
  ["start", ["start"]],
  ["{low,high}", ["low", "high"]],
  ["choice", ["choice"]],
  ["doubled.twice", ["doubled.twice"]],
  ["lowered.less", ["lowered.less"]],
  ["turn.grown", ["turn.grown"]],
  ["frame", ["frame"]],
  ["{choice,out,*.grown}", ["choice", "out", "turn.grown"]],
];
const CONTROL: Patterns = [
  ...CONTROL_FLOATS,
  ["isBig", ["isBig"]],
  ["few.*", ["few.below"]],
  ["{fragile,turns}", ["fragile", "turns"]],
];

function controlModel(): Promise<FuzzSubject> {
  const fragile = intact();
  const graph = controlGraph(fragile);
  const input = scalar(2);
  const model = hookGraph(graph) as unknown as Model; // it takes lists and records, too
  const direct = (): Tensor => graph.predict(input) as Tensor; // one output
  return Promise.resolve({
    name: "graphs with control flow",
    model,
    reference: controlReference(input, fragile),
    input,
    fragile,
    held: [],
    isWaiting: true,
    direct,
    directAsync: async () => (await graph.predictAsync(input)) as Tensor,
    part: () => graph.execute({ x: input }, "start") as Tensor,
    patterns: CONTROL,
    floats: CONTROL_FLOATS,
    weights: Object.values(graph.weights).flat(),
    objects: [graph, ...nodesOf(graph)],
    dispose: () => {
      graph.dispose();
      input.dispose();
    },
  });
}

/** Models that do not wait. */
function atOnce(direct: () => Tensor): Pick<FuzzSubject, "isWaiting" | "direct" | "directAsync" | "part"> {
  return { isWaiting: false, direct, directAsync: () => Promise.resolve(tidy(direct)), part: direct };
}

function weightsOf({ table, mix, head }: TinyModule): readonly Tensor[] {
  return [table, mix.kernel, mix.bias, head.kernel, head.bias];
}

/** The nodes of a graph, private to the converter. */
function nodesOf(graph: object): readonly object[] {
  const { executor } = graph as { executor: { graph: { nodes: Record<string, object> } } };
  return [executor, ...Object.values(executor.graph.nodes)];
}

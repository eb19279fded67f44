import {
  AttnLrp,
  DeepLift,
  epsilonEverywhere,
  GuidedBackprop,
  LayerwiseRelevancePropagation,
  Saliency,
} from "@hookdict/attribution";
import type { Hookable } from "@hookdict/core";
import { hookGraph } from "@hookdict/core/graph";
import { hookLayers } from "@hookdict/core/layers";
import { randomUniform, type Tensor } from "@tensorflow/tfjs-core";
import { initializers, input, layers, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { floats, graph, ints, type NodeDef, placeholder } from "../core/graph/models.ts";
import { assert, suite, thrown } from "../gate/suite.ts";

const test = suite("classes of layers and operations under relevance");

type Layered = Hookable<readonly Tensor[], Tensor>;
interface Step {
  apply(x: SymbolicTensor): unknown;
}

const seeded = (seed: number): { kernelInitializer: ReturnType<typeof initializers.randomUniform> } => ({
  kernelInitializer: initializers.randomUniform({ minval: -0.4, maxval: 0.6, seed }),
});

/** What keeps its sum under the epsilon rule and its change under DeepLIFT, for images `[6, 6, 2]`. */
const IMAGES: Readonly<Record<string, () => Step[]>> = {
  "a separable convolution": () => [
    layers.separableConv2d({
      filters: 3,
      kernelSize: 3,
      padding: "same",
      activation: "relu",
      depthwiseInitializer: initializers.randomUniform({ minval: -0.4, maxval: 0.6, seed: 1 }),
      pointwiseInitializer: initializers.randomUniform({ minval: -0.4, maxval: 0.6, seed: 2 }),
    }),
  ],
  "a depthwise convolution and a padding": () => [
    layers.zeroPadding2d({ padding: 1 }),
    layers.depthwiseConv2d({
      kernelSize: 3,
      depthMultiplier: 2,
      depthwiseInitializer: initializers.randomUniform({ minval: -0.4, maxval: 0.6, seed: 3 }),
    }),
    layers.reLU({ maxValue: 6 }),
  ],
  "a strided convolution, dropout and leaky ReLU": () => [
    layers.conv2d({ filters: 2, kernelSize: 3, strides: 2, padding: "same", ...seeded(5) }),
    layers.dropout({ rate: 0.5 }),
    layers.leakyReLU({ alpha: 0.1 }),
  ],
  poolings: () => [
    layers.maxPooling2d({ poolSize: 2, strides: 1 }),
    layers.averagePooling2d({ poolSize: 3, strides: 2, padding: "same" }),
  ],
};

/** The same for sequences `[6, 2]`. */
const SEQUENCES: Readonly<Record<string, () => Step[]>> = {
  "a convolution of sequences": () => [
    layers.conv1d({ filters: 3, kernelSize: 2, activation: "relu", ...seeded(6) }),
    layers.maxPooling1d({ poolSize: 2, strides: 1 }),
    layers.averagePooling1d({ poolSize: 2 }),
    layers.flatten(),
  ],
  "a dense layer at every step": () => [
    layers.timeDistributed({ layer: layers.dense({ units: 3, activation: "relu", ...seeded(7) }) }),
    layers.permute({ dims: [2, 1] }),
    layers.globalAveragePooling1d({}),
  ],
};

function layered(
  steps: readonly Step[],
  shape: readonly number[],
  ending: readonly Step[],
): { model: Layered; readonly dispose: () => void } {
  const x = input({ shape: [...shape] });
  const out = [...steps, ...ending, layers.dense({ units: 2, ...seeded(9) })];
  const built = model({
    inputs: x,
    outputs: out.reduce((value, step) => step.apply(value) as SymbolicTensor, x),
  }); // one in, one out
  return { model: hookLayers(built) as never, dispose: () => void built.dispose() };
}

/** Relevance sums to the target, as `conservation` checks, and DeepLIFT to the change of it. */
function checkSums(hookable: Layered, shape: readonly number[]): void {
  const x = randomUniform([2, ...shape], 0.1, 1, "float32", 11);
  {
    const method = new LayerwiseRelevancePropagation({
      composite: epsilonEverywhere({ epsilon: 1e-9, stabilizer: 1e-9 }),
      conservation: 1e-3, // float32
    });
    using hooked = method.prepare(hookable);
    hooked.attribute([x], { target: 1 }).dispose();
  }
  using hooked = new DeepLift({ baseline: 0.3, delta: true }).prepare(hookable);
  using result = hooked.attribute([x], { target: [0, 1] });
  for (const rest of result.get<Tensor>("delta").dataSync()) assert.ok(Math.abs(rest) < 1e-4, `${rest}`);
  x.dispose();
}

for (const [name, steps] of Object.entries(IMAGES))
  test(`${name} as layers`, () => {
    const { model: hookable, dispose } = layered(steps(), [6, 6, 2], [layers.globalAveragePooling2d({})]);
    checkSums(hookable, [6, 6, 2]);
    dispose();
  });

for (const [name, steps] of Object.entries(SEQUENCES))
  test(`${name} as layers`, () => {
    const { model: hookable, dispose } = layered(steps(), [6, 2], []);
    checkSums(hookable, [6, 2]);
    dispose();
  });

const text = (value: string): { s: string } => ({ s: Buffer.from(value).toString("base64") });
const list = (...values: number[]): { list: { i: string[] } } => ({ list: { i: values.map(String) } });
const KERNEL = [0.5, -0.3, 0.2, 0.7, 0.4, 0.1, -0.2, 0.6];

/** Graphs on `[batch, 2, 2, 2]` that end in `[batch, 2]` and have no offset. */
const GRAPHS: Readonly<Record<string, readonly NodeDef[]>> = {
  "a depthwise convolution, scaled": [
    {
      name: "depthwise",
      op: "DepthwiseConv2dNative",
      input: ["x", "depthwiseKernel"],
      attr: {
        strides: list(1, 1, 1, 1),
        padding: text("SAME"),
        data_format: text("NHWC"),
        dilations: list(1, 1, 1, 1),
      },
    },
    { name: "scaled", op: "Mul", input: ["depthwise", "two"] },
    { name: "relu", op: "Relu6", input: ["scaled"] },
    { name: "out", op: "Mean", input: ["relu", "axes"] },
  ],
  "a constant that another node passes on": [
    { name: "kernel", op: "Identity", input: ["matrix"] },
    { name: "flat", op: "Reshape", input: ["x", "shape"] },
    { name: "product", op: "MatMul", input: ["flat", "kernel"] },
    { name: "out", op: "LeakyRelu", input: ["product"], attr: { alpha: { f: 0.1 } } },
  ],
  "a shape that is computed": [
    { name: "size", op: "Shape", input: ["x"] },
    { name: "moved", op: "Transpose", input: ["x", "order"] },
    { name: "back", op: "Reshape", input: ["moved", "size"] },
    { name: "max", op: "Max", input: ["back", "axes"] },
    { name: "halved", op: "RealDiv", input: ["max", "two"] },
    { name: "out", op: "Concat", input: ["axis", "halved"] },
  ],
  "parts put together": [
    { name: "half", op: "Split", input: ["axis3", "x"], attr: { num_split: { i: "2" } } },
    { name: "both", op: "ConcatV2", input: ["half:1", "half", "axis3"] },
    { name: "sum", op: "AddV2", input: ["both", "x"] },
    { name: "out", op: "Mean", input: ["sum", "axes"] },
  ],
};

const CONSTANTS = {
  depthwiseKernel: floats(KERNEL, [2, 2, 2, 1]),
  matrix: floats([...KERNEL, ...KERNEL], [8, 2]),
  two: floats(2),
  axes: ints([1, 2]),
  axis: ints(0),
  axis3: ints(3),
  shape: ints([-1, 8]),
  order: ints([0, 2, 1, 3]),
};

for (const [name, nodes] of Object.entries(GRAPHS))
  test(`${name} in a graph`, () => {
    const used = nodes.filter(({ op }) => op !== "Concat");
    const names = new Set(used.flatMap(({ input: inputs }) => inputs ?? []));
    const constants = Object.fromEntries(Object.entries(CONSTANTS).filter(([each]) => names.has(each)));
    const built = graph({ nodes: [placeholder("x", [-1, 2, 2, 2]), ...used], constants });
    checkSums(hookGraph(built) as never, [2, 2, 2]);
    built.dispose();
  });

test("a product of two computed values shares its change in DeepLIFT", () => {
  const built = graph({
    nodes: [
      placeholder("x", [-1, 2]),
      { name: "gate", op: "Sigmoid", input: ["x"] },
      { name: "out", op: "Mul", input: ["x", "gate"] }, // swish
    ],
  });
  const x = randomUniform([3, 2], -2, 2, "float32", 5);
  using hooked = new DeepLift({ baseline: 0.5, delta: true }).prepare(hookGraph(built) as never);
  using result = hooked.attribute([x] as never, { target: 1 });
  for (const rest of result.get<Tensor>("delta").dataSync()) assert.ok(Math.abs(rest) < 1e-5);
  x.dispose();
  built.dispose();
});

test("an operation without a rule is an error that names it, and passes its gradient if told to", () => {
  const built = graph({
    nodes: [
      placeholder("x", [-1, 2]),
      { name: "squares/Square", op: "Square", input: ["x"] },
      { name: "out", op: "Relu", input: ["squares/Square"] },
    ],
  });
  const hookable = hookGraph(built) as unknown as Layered;
  for (const Method of [LayerwiseRelevancePropagation, DeepLift, GuidedBackprop, AttnLrp]) {
    const error = thrown(() => new Method().prepare(hookable)) as Error & { code: string };
    assert.is(error.code, "RULE_MISSING");
    assert.match(error.message, " has no rule for squares.Square (Square). ");
  }
  const x = randomUniform([2, 2], 0.5, 1, "float32", 1);
  using guided = new GuidedBackprop({ unknown: "gradient" }).prepare(hookable);
  using saliency = new Saliency({ absolute: false }).prepare(hookable);
  using a = guided.attribute([x], { target: 0 });
  using b = saliency.attribute([x], { target: 0 });
  const of = (result: typeof a): number[] => [...result.get<Tensor>(["attr", "input"]).dataSync()];
  assert.equal(of(a), of(b)); // all is active
  x.dispose();
  built.dispose();
});

test("a layer without a rule is an error that names it", () => {
  const { model: hookable, dispose } = layered([layers.lstm({ units: 2 })], [3, 2], []);
  const error = thrown(() => new LayerwiseRelevancePropagation().prepare(hookable));
  assert.match(error.message, /has no rule for lstm\S*\.cell \(LSTMCell\)/);
  dispose();
});

test.run();

import { Binding, type Hookable, resolveTarget } from "@hookdict/core";
import { TensorDict } from "@hookdict/tensordict";
import { encodeUtf8, memoryDirectory, type MemoryDirectory, writeSafetensors } from "@hookdict/tensordict/io";
import {
  Adapter,
  FactoredMatrix,
  Ia3,
  loadPeftAdapter,
  LowRankAdaptation,
  ovCircuit,
  PeftAdaptation,
  PruningContext,
  Pruning,
  qkCircuit,
  RankOneEdit,
  scoreWeights,
  TaskVectors,
  WeightContext,
  WeightEditing,
  WeightSwapping,
} from "@hookdict/weights";
import { ones, type Scalar, sum, type Tensor, tensor1d, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { Net } from "../../weights/models.ts";
import { endAll } from "../calls.ts";
import { lent, owned, type Recipes, type Subject } from "../recipes.ts";

/** One for all calls: what is done to it is undone. */
const MADE: Net = new Net();
const NET: Net = lent(MADE);

export const endNet = (): void => MADE.dispose();

const x = (): Tensor => tensor2d([1, 2, 3], [1, 3]);
const bias = (): Tensor => tensor1d([1, 2, 3, 4]);
const vector = (): TensorDict => new TensorDict({ "fc1.bias": bias() });
const matrix = (): Tensor => tensor2d([1, 2, 3, 5], [2, 2]);
const product = (): FactoredMatrix => alone(() => new FactoredMatrix(matrix(), matrix()));
/** A product that alone holds its factors. */
function alone(make: () => FactoredMatrix): FactoredMatrix {
  const made: FactoredMatrix[] = [];
  tidy(() => void made.push(make()));
  return made[0] as FactoredMatrix; // just made
}
const square = (): Tensor => tensor2d([2, 0, 0, 0, 2, 0, 0, 0, 2], [3, 3]);

/** The loss of the net, whose input it frees. */
const loss = (): Scalar => {
  const given = x();
  const value = sum<Scalar>(NET.call(given));
  given.dispose();
  return value;
};

/** Something that is prepared with, and called. */
type Prepared = { prepare(model: Hookable): { call(x: Tensor): unknown; dispose(): void } };

/** A factory's class, made with what is given, on the net. */
function onNet(Made: new (...args: never[]) => object) {
  return (args: readonly unknown[]): unknown => {
    const hooked = (new Made(...(args as never[])) as Prepared).prepare(NET);
    const given = x();
    try {
      return hooked.call(given);
    } finally {
      hooked.dispose();
      given.dispose();
    }
  };
}

const FOLDER: MemoryDirectory = memoryDirectory("adapter", {
  "adapter_config.json": encodeUtf8(JSON.stringify({ peft_type: "LORA", r: 1, lora_alpha: 2 })),
});
await writeSafetensors(await FOLDER.create("adapter_model.safetensors"), [
  { name: "fc1.lora_A.weight", dtype: "F32", shape: [1, 3], data: new Float32Array(3) },
  { name: "fc1.lora_B.weight", dtype: "F32", shape: [4, 1], data: new Float32Array(4) },
]);

const edits = { Adapter, Ia3, LowRankAdaptation, PeftAdaptation, Pruning, RankOneEdit, TaskVectors, WeightEditing, WeightSwapping }; // prettier-ignore

/** Right arguments of the factories' classes. */
const GIVEN: Readonly<Record<keyof typeof edits, () => readonly unknown[]>> = {
  Adapter: () => [{ source: "act", target: "act", adapter: (h: Tensor) => h }],
  Ia3: () => ["fc1", { scales: bias(), on: "output" }],
  LowRankAdaptation: () => [
    {
      factors: { "fc1.kernel": { a: ones([3, 1]), b: ones([1, 4]), alpha: 1, magnitude: bias() } },
      mode: "merged",
      strength: 1,
    },
  ],
  PeftAdaptation: () => [{ adapter: undefined, mode: "live", strength: 1 }],
  Pruning: () => [
    "**.kernel",
    { amount: 0.5, importance: (w: Tensor) => w, among: "all", units: { axis: 0, norm: 1 } },
  ],
  RankOneEdit: () => ["fc1.kernel", { key: tensor1d([1, 0, 1]), value: bias(), covariance: square() }],
  TaskVectors: () => [{ vector: vector(), alpha: 1 }],
  WeightEditing: () => [{ name: "same", of: "fc1.*", change: (w: Tensor) => w }],
  WeightSwapping: () => [{ values: vector() }],
};

const scored = (): readonly unknown[] => [NET, "**.kernel", "magnitude", {}];
/** A context, whose methods lend weights of the net: they are not the caller's to free. */
const context = (Made: typeof WeightContext): Subject => {
  const made = new Made(new Binding(resolveTarget(NET), "test"));
  const methods = made as unknown as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>; // by name
  const call = (method: string, args: readonly unknown[]): void => void methods[method]?.(...args);
  return { value: made, end: () => made.dispose(), call };
};
const named = <T>(suffix: (name: string) => string, of: (name: keyof typeof edits) => T): Record<string, T> =>
  Object.fromEntries(Object.keys(edits).map((name) => [suffix(name), of(name as keyof typeof edits)])); // its keys

export const WEIGHTS: Recipes = {
  subjects: {
    ...named(
      (name) => name,
      (name) => async (): Promise<Subject> => {
        if (name === "PeftAdaptation") {
          const adapter = await loadPeftAdapter(FOLDER);
          return { value: new PeftAdaptation({ adapter }), end: () => adapter.dispose() };
        }
        const given = GIVEN[name]();
        const Made = edits[name] as new (...args: readonly unknown[]) => object; // of its own arguments
        return { value: new Made(...given), end: () => endAll(given) };
      },
    ),
    FactoredMatrix: () => owned(product()),
    PeftAdapter: async () => owned(await loadPeftAdapter(FOLDER)),
    PruningContext: () => context(PruningContext),
    WeightContext: () => context(WeightContext),
  },
  right: {
    ...named(
      (name) => `new ${name}`,
      (name) => GIVEN[name],
    ),
    "FactoredMatrix.at": () => [],
    "FactoredMatrix.leftMatMul": () => [matrix()],
    "FactoredMatrix.matMul": () => [matrix()],
    "FactoredMatrix.scale": () => [2],
    "FactoredMatrix.times": () => [tensor1d([1, 2])],
    "WeightContext.edit": GIVEN.WeightEditing,
    "WeightContext.editEach": () => [new Map()],
    accumulatedBias: () => [matrix(), matrix()],
    chooseAlpha: () => [[1, 2], { accuracy: (alpha: number) => alpha, isAdequate: () => true }],
    compositionScores: () => [
      {
        qk: alone(() => qkCircuit(ones([2, 1, 3, 1]), ones([2, 1, 3, 1]))),
        ov: alone(() => ovCircuit(ones([2, 1, 3, 1]), ones([2, 1, 1, 3]))),
      },
      "Q",
    ],
    loadPeftAdapter: () => [FOLDER],
    lowRank: () => [matrix(), 1],
    mergeTaskVectors: () => [
      [vector(), vector()],
      {
        method: "ties",
        weights: [1, 1],
        density: 0.5,
        majoritySign: "total",
        trim: "each",
        seed: 1,
        masks: undefined,
      },
    ],
    "new FactoredMatrix": () => [matrix(), matrix()],
    "new PruningContext": () => [new Binding(resolveTarget(NET), "test"), "error"],
    "new WeightContext": () => [new Binding(resolveTarget(NET), "test"), "error"],
    outliers: () => [bias(), { threshold: 1, side: "positive", pool: 3, most: 1 }],
    ovCircuit: () => [matrix(), matrix()],
    positiveFraction: () => [matrix()],
    qkCircuit: () => [matrix(), matrix()],
    scoreWeights: scored,
    spectrum: () => [matrix()],
    taskVector: () => [vector(), vector()],
    topTokens: () => [matrix(), matrix(), { count: 1, isOriented: true }],
    weightLens: () => [
      {
        encoder: tensor1d([1, 2]),
        decoder: tensor1d([1, 2]),
        embedding: matrix(),
        unembedding: matrix(),
        earlierDecoders: [matrix()],
        tokenThreshold: 1,
        featureThreshold: 1,
        tokenPool: 2,
        featurePool: 2,
        most: 1,
      },
    ],
    weightsOf: () => [NET, "**"],
  },
  uses: {
    ...named(
      (name) => `new ${name}, prepared`,
      (name) => ({ right: GIVEN[name], call: onNet(edits[name]) }),
    ),
    "scoreWeights by a loss": {
      right: () => [{ loss }],
      call: ([options]) => scoreWeights(NET, "**.kernel", "snip", options as never), // whatever it is
    },
    "scoreWeights by inputs": {
      right: () => [{ run: () => loss().dispose() }],
      call: ([options]) => scoreWeights(NET, "**.kernel", "wanda", options as never), // whatever it is
    },
  },
  spared: {},
};

import { TensorDict } from "@hookdict/tensordict";
import { FactoredMatrix, loadPeftAdapter, Pruning, WeightEditing } from "@hookdict/weights";
import { ones, scalar, type Tensor, tensor1d } from "@tensorflow/tfjs-core";
import { adapterFolder, numbersFor } from "../../weights/peft/folders.ts";
import { Net } from "../../weights/models.ts";
import { owned, type Recipes } from "../recipes.ts";

const dict = (): TensorDict => new TensorDict({ "fc1.bias": ones([4]) });
const halves = (weight: Tensor): Tensor => weight;
const circuit = (): FactoredMatrix => {
  const [left, right] = [ones([2, 1, 3, 1]), ones([2, 1, 1, 3])];
  const made = new FactoredMatrix(left, right);
  for (const each of [left, right]) each.dispose();
  return made;
};

/** A model with a context on it, and what ends both. */
function hooked(factory: { prepare(model: never): { readonly context: object; dispose(): void } }): {
  value: object;
  end: () => void;
} {
  const model = new Net();
  const prepared = factory.prepare(model as never);
  return { value: prepared.context, end: () => (prepared.dispose(), model.dispose()) };
}

export const WEIGHTS: Recipes = {
  subjects: {
    FactoredMatrix: () => owned(circuit()),
    PeftAdapter: async () =>
      owned(
        await loadPeftAdapter(
          await adapterFolder([numbersFor("fc1", [4, 3], 1, 5)], { r: 1, lora_alpha: 1 }),
        ),
      ),
    PruningContext: () => hooked(new Pruning("**.kernel", { amount: 0.5 })),
    WeightContext: () => hooked(new WeightEditing({ name: "same", of: "**", change: halves })),
  },
  right: {
    "FactoredMatrix.at": () => [0, 0],
    "FactoredMatrix.leftMatMul": () => [ones([1, 3])],
    "FactoredMatrix.matMul": () => [circuit()],
    "FactoredMatrix.scale": () => [2],
    "FactoredMatrix.times": () => [ones([3])],
    "WeightContext.edit": () => [{ name: "same", of: "**", change: halves }],
    "WeightContext.own": () => [scalar(1)],
    accumulatedBias: () => [ones([2, 3]), ones([2, 3])],
    chooseAlpha: () => [[1, 2], { accuracy: (alpha: number) => alpha, isAdequate: () => true }],
    compositionScores: () => [{ qk: circuit(), ov: circuit() }, "Q"],
    lowRank: () => [ones([2, 3]), 1],
    mergeTaskVectors: () => [
      [dict()],
      { method: "ties", weights: [1], density: 1, majoritySign: "total", trim: "each", seed: 1 },
    ],
    "new Adapter": () => [{ source: "fc1", target: "fc1", adapter: halves }],
    "new FactoredMatrix": () => [ones([2, 3]), ones([3, 2])],
    "new Ia3": () => ["fc1", { scales: ones([4]), on: "output" }],
    "new LowRankAdaptation": () => [
      { factors: { "fc1.kernel": { a: ones([3, 1]), b: ones([1, 4]) } }, mode: "live", strength: 1 },
    ],
    "new Pruning": () => ["**", { amount: 0.5, among: "all", importance: halves, units: { axis: 0 } }],
    "new RankOneEdit": () => ["fc1.kernel", { key: ones([3]), value: ones([4]), covariance: ones([3, 3]) }],
    "new TaskVectors": () => [{ vector: dict(), alpha: 1 }],
    "new WeightEditing": () => [{ name: "same", of: "**", change: halves }],
    "new WeightSwapping": () => [{ values: dict() }],
    outliers: () => [tensor1d([1, 2, 9]), { threshold: 1, side: "positive", pool: 3, most: 1 }],
    ovCircuit: () => [ones([3, 1]), ones([1, 3])],
    positiveFraction: () => [ones([3, 2])],
    qkCircuit: () => [ones([3, 1]), ones([3, 1])],
    scoreWeights: () => [new Net(), "**", "magnitude", {}],
    spectrum: () => [ones([2, 3])],
    taskVector: () => [dict(), dict()],
    topTokens: () => [ones([1, 2]), ones([2, 3]), { count: 1, isOriented: true }],
    weightLens: () => [
      {
        encoder: ones([2]),
        decoder: ones([2]),
        embedding: ones([3, 2]),
        unembedding: ones([2, 3]),
        earlierDecoders: [],
        most: 1,
      },
    ],
    weightsOf: () => [new Net(), "**"],
  },
  spared: {
    "new PeftAdapter": "internal: loadPeftAdapter makes it",
    "new PruningContext": "internal: Pruning makes it",
    "new WeightContext": "internal: the edits make it",
    "WeightContext.dispose": "it is what ends the subject",
    "WeightContext.mount": "of HookingContext, which is examined there",
    "PruningContext.mount": "of HookingContext, which is examined there",
  },
};

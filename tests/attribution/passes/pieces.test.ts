import {
  type AttributionMethod,
  DeepLift,
  DeepLiftShap,
  FeatureAblation,
  FeaturePermutation,
} from "@hookdict/attribution";
import { memory, ones, randomUniform, type Tensor, tensor2d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { TinyNet, withNet } from "../models.ts";

const test = suite("rows that run at once");

const baselines = (count: number): Tensor => randomUniform([count, 2], -1, 1, "float32", 5);
const permutations = (count: number): Tensor =>
  tensor2d(
    Array.from({ length: count }, () => [1, 0]),
    [count, 2],
    "int32",
  );
const mask = (): Tensor => tensor2d([[0, 1]], [1, 2], "int32");

/** What runs in pieces, with what it owns. */
const methods: Readonly<Record<string, () => readonly [AttributionMethod, place: string, ...Tensor[]]>> = {
  DeepLift: () => [new DeepLift({ baseline: 0.5 }), "input"],
  DeepLiftShap: () => {
    const of = baselines(3);
    return [new DeepLiftShap({ baselines: of }), "input", of];
  },
  "FeatureAblation at a site": () => [new FeatureAblation({ at: "relu", baseline: 0.5 }), "relu"],
  FeaturePermutation: () => {
    const [of, by] = [permutations(2), mask()];
    return [new FeaturePermutation({ permutations: of, featureMask: by }), "input", of, by];
  },
};

for (const [name, make] of Object.entries(methods))
  test(`${name} gives the same in pieces of any size`, () => {
    withNet((net, x) => {
      const [method, place, ...owned] = make();
      using hooked = method.prepare(net);
      using whole = hooked.attribute([x], { target: 1 });
      const wanted = whole.get<Tensor>(["attr", place]).dataSync();
      for (const internalBatchSize of [1, 2, 3, 5]) {
        using cut = hooked.attribute([x], { target: 1, internalBatchSize });
        for (const [i, each] of cut.get<Tensor>(["attr", place]).dataSync().entries())
          assert.ok(Math.abs(each - (wanted[i] ?? NaN)) < 1e-5); // float32
      }
      for (const tensor of owned) tensor.dispose();
    });
  });

test("more baselines take no more memory for their examples than run at once", () => {
  const net = new TinyNet();
  const x = ones([2, 2]);
  const most = (count: number): number => {
    const of = baselines(count);
    const before = memory().numBytes;
    let bytes = 0;
    using hooked = new DeepLiftShap({ baselines: of }).prepare(net);
    const onProgress = (): void => {
      bytes = Math.max(bytes, memory().numBytes - before);
    };
    hooked.attribute([x], { target: 1, internalBatchSize: 4, onProgress }).dispose();
    of.dispose();
    return bytes;
  };
  // Of each of the two rows of a pair the gradient of two numbers and the score are kept.
  assert.is(most(40) - most(4), (40 - 4) * 2 * 2 * (2 + 1) * 4);
  net.dispose();
  x.dispose();
});

test.run();

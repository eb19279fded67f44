import {
  type AttributionMethod,
  DeepLift,
  DeepLiftShap,
  FeatureAblation,
  FeaturePermutation,
  GradientShap,
  IntegratedGradients,
  InputXGradient,
  NoiseTunnel,
  Saliency,
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
  GradientShap: () => {
    const of = baselines(3);
    return [new GradientShap({ baselines: of, samples: 5, stdev: 0.2, seed: 3 }), "input", of];
  },
  "NoiseTunnel of squares": () => [
    new NoiseTunnel(new InputXGradient(), { samples: 5, stdev: 0.2, kind: "squared", seed: 3 }),
    "input",
  ],
  "NoiseTunnel of several passes": () => {
    const baseline = baselines(2); // one for each example of a batch, which are copied
    return [
      new NoiseTunnel(new IntegratedGradients({ baseline, at: "relu", steps: 2 }), { samples: 3 }),
      "relu",
      baseline,
    ];
  },
  "NoiseTunnel of what looks beyond a row": () => [
    new NoiseTunnel(new FeaturePermutation({ seed: 2 }), { samples: 4, kind: "variance" }),
    "input",
  ],
  "NoiseTunnel of a NoiseTunnel": () => [
    new NoiseTunnel(new NoiseTunnel(new Saliency(), { samples: 2 }), { samples: 3 }),
    "input",
  ],
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

/** The most that a method had in memory between runs, in bytes. */
function mostOf(method: AttributionMethod, targets: readonly number[] = [1]): number {
  const net = new TinyNet();
  const x = ones([2, 2]);
  const before = memory().numBytes;
  let bytes = 0;
  using hooked = method.prepare(net);
  const onProgress = (): void => {
    bytes = Math.max(bytes, memory().numBytes - before);
  };
  hooked.attribute([x], { targets, internalBatchSize: 4, onProgress }).dispose();
  net.dispose();
  x.dispose();
  return bytes;
}

test("more baselines take no more memory for their examples than run at once", () => {
  const most = (count: number): number => {
    const of = baselines(count);
    const bytes = mostOf(new DeepLiftShap({ baselines: of }));
    of.dispose();
    return bytes;
  };
  // Of each of the two rows of a pair the gradient of two numbers and the score are kept.
  assert.is(most(40) - most(4), (40 - 4) * 2 * 2 * (2 + 1) * 4);
});

test("more places on lines take memory for their scores alone", () => {
  const of = baselines(3);
  const most = (samples: number): number => mostOf(new GradientShap({ baselines: of, samples }));
  assert.is(most(40) - most(4), (40 - 4) * 2 * 4);
  of.dispose();
});

for (const [name, method] of Object.entries({
  Saliency: new Saliency(),
  IntegratedGradients: new IntegratedGradients({ at: "relu", steps: 3 }),
  FeatureAblation: new FeatureAblation(),
}))
  test(`more noise around ${name} takes no more memory`, () => {
    for (const targets of [[1], [0, 1]]) {
      const most = (samples: number): number => mostOf(new NoiseTunnel(method, { samples }), targets);
      assert.is(most(40), most(4));
    }
  });

test.run();

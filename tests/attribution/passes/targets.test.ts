import {
  type AttributionMethod,
  DeepLift,
  FeatureAblation,
  FeaturePermutation,
  GuidedBackprop,
  IntegratedGradients,
  LayerwiseRelevancePropagation,
  NoiseTunnel,
  Saliency,
  type Target,
} from "@hookdict/attribution";
import { gather, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { withNet } from "../models.ts";

const test = suite("several targets at once");

const all = (output: Tensor): Tensor => sum(output, 1);
const TARGETS: readonly Target[] = [1, [0, 1], all, { site: "relu", index: [1] }];

const METHODS: readonly (() => AttributionMethod)[] = [
  () => new Saliency({ absolute: false }),
  () => new IntegratedGradients({ steps: 3, delta: true }),
  () => new IntegratedGradients({ at: "first", steps: 3 }),
  () => new NoiseTunnel(new Saliency({ absolute: false }), { samples: 3, seed: 4 }),
  () => new DeepLift({ baseline: 0.5, delta: true }),
  () => new GuidedBackprop(),
  () => new LayerwiseRelevancePropagation(),
  () => new FeatureAblation(),
  () => new FeaturePermutation({ seed: 1 }),
];

for (const make of METHODS)
  for (const internalBatchSize of [undefined, 1, 3, 5])
    test(`${String(make())} gives for a list what each target gives, ${internalBatchSize ?? "all"} rows at once`, () => {
      withNet((net, x) => {
        const rows = internalBatchSize === undefined ? {} : { internalBatchSize };
        using hooked = make().prepare(net);
        using together = hooked.attribute([x], { targets: TARGETS, ...rows });
        for (const [t, target] of TARGETS.entries()) {
          using alone = hooked.attribute([x], { target });
          for (const key of alone.keys({ nested: true, leavesOnly: true })) {
            const [wanted, found] = [alone.get<Tensor>(key), together.get<Tensor>(key)];
            assert.equal(found.shape, [wanted.shape[0], TARGETS.length, ...wanted.shape.slice(1)]);
            const part = tidy(() => [...gather(found, [t], 1).dataSync()]);
            for (const [i, value] of wanted.dataSync().entries())
              assert.ok(Math.abs(value - (part[i] ?? NaN)) < 1e-4, `${i} of ${String(key)}`); // float32
          }
        }
      });
    });

test("gradients of several targets are one pass, as far as rows fit, and outputs alone are one whatever they are for", () => {
  withNet((net, x) => {
    using saliency = new Saliency().prepare(net);
    saliency.attribute([x], { targets: [0, 1] }).dispose();
    assert.equal([net.runs, net.backwards], [1, 1]);
    saliency.attribute([x], { targets: [0, 1], internalBatchSize: 2 }).dispose();
    assert.equal([net.runs, net.backwards], [3, 3]);
  });
  withNet((net, x) => {
    using ablation = new FeatureAblation().prepare(net);
    ablation.attribute([x], { targets: [0, 1, [1, 0]] }).dispose();
    assert.equal([net.runs, net.backwards], [2, 0]); // the whole, and all that is left out
  });
});

test("methods whose backward pass is their own share it among their targets", () => {
  withNet((net, x) => {
    using hooked = new LayerwiseRelevancePropagation().prepare(net);
    hooked.attribute([x], { targets: [0, 1] }).dispose();
    assert.equal([net.runs, net.backwards], [1, 1]);
  });
});

test.run();

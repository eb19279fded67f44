import {
  ActivationMaximization,
  attributeAll,
  type AttributionMethod,
  FeatureAblation,
  GradientShap,
  IntegratedGradients,
  LayerConductance,
  Lime,
  NeuronConductance,
  NoiseTunnel,
  Occlusion,
  Saliency,
} from "@hookdict/attribution";
import { compose } from "@hookdict/contexts";
import { tensor2d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { withNet } from "../models.ts";

const test = suite("progress of attribution");

/** Methods of several passes. */
const METHODS: Readonly<Record<string, () => AttributionMethod>> = {
  "integrated gradients with their delta": () => new IntegratedGradients({ steps: 4, delta: true }),
  "integrated gradients at a site": () => new IntegratedGradients({ at: "relu", steps: 4, delta: true }),
  conductance: () => new LayerConductance({ at: "relu", steps: 4, delta: true }),
  "a neuron's conductance": () => new NeuronConductance({ site: "relu", index: [0], steps: 4 }),
  "an ablation": () => new FeatureAblation(),
  "an occlusion": () => new Occlusion({ window: [1] }),
  "a climb": () => new ActivationMaximization({ steps: 3 }),
  Lime: () => new Lime(),
  noise: () => new NoiseTunnel(new IntegratedGradients({ at: "relu", steps: 2 }), { samples: 6 }),
};

for (const [name, make] of Object.entries(METHODS))
  for (const internalBatchSize of [undefined, 3])
    test(`${name} knows its runs from the first on, ${internalBatchSize ?? "all"} rows at once`, () => {
      withNet((net, x) => {
        const seen: string[] = [];
        using hooked = make().prepare(net);
        hooked
          .attribute([x], {
            targets: [0, 1],
            ...(internalBatchSize !== undefined && { internalBatchSize }),
            onProgress: ({ done, total }) => seen.push(`${done} of ${total}`),
          })
          .dispose();
        if (make() instanceof ActivationMaximization)
          assert.match(seen.at(-1) ?? "", `${net.runs} of ${net.runs}`);
        else
          assert.equal(
            seen,
            Array.from({ length: net.runs }, (_, i) => `${i + 1} of ${net.runs}`),
          );
      });
    });

test("methods together end where the total is", () => {
  withNet((net, x) => {
    const baselines = tensor2d([[0, 0]]);
    const seen: (readonly [number, number])[] = [];
    using hooked = compose(
      new GradientShap({ baselines, delta: true }),
      new IntegratedGradients({ steps: 3, delta: true }),
      new Saliency(),
      new IntegratedGradients({ steps: 3 }),
    ).prepare(net);
    const results = attributeAll(hooked, [x] as never, {
      target: 0,
      internalBatchSize: 4,
      onProgress: ({ done, total }) => seen.push([done, total]),
    });
    assert.ok(seen.every(([done, total], i) => done === i + 1 && total >= done));
    assert.equal(seen.at(-1), [net.runs, net.runs]);
    for (const result of results) result.dispose();
    baselines.dispose();
  });
});

test.run();

import { readdirSync } from "node:fs";
import { loadModel, type ProcessingOptions, type Transformer } from "@hookdict/models";
import { ActivationCaching } from "@hookdict/latent";
import { abs, logSoftmax, max, mean, sub, tensor2d, tidy, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";
import { familyFolder } from "../families/variants.ts";

const test = suite("weight processing");

/** Float32 products of folded matrices, summed over three layers. */
const TOLERANCE = 2e-4;

const steps: (keyof ProcessingOptions)[] = [
  "foldLayerNorm",
  "centerWritingWeights",
  "centerUnembed",
  "foldValueBiases",
  "refactorAttentionMatrices",
];

const largest = (x: Tensor): number => tidy(() => max(abs(x)).dataSync()[0] ?? NaN);
const logitsOf = (model: Transformer): Tensor =>
  model.call(tensor2d([[14, 61, 88, 67, 38, 5]], undefined, "int32"));

// Layer norms, root mean squares, norms around both, grouped heads, ALiBi, parallel layers, experts, projections.
const families = [
  "gpt2",
  "gpt2-scaled",
  "gpt-neo",
  "gpt-neox",
  "gpt-neox-sequential",
  "gptj",
  "opt",
  "opt-proj",
  "bloom",
  "falcon",
  "falcon-mqa",
  "falcon-alibi",
  "mpt",
  "phi",
  "starcoder2",
  "stablelm",
  "stablelm-parallel",
  "cohere",
  "olmo",
  "olmo2",
  "llama",
  "qwen2",
  "qwen3",
  "gemma",
  "gemma2",
  "mixtral",
  "gpt-oss",
  "granite",
];

for (const name of families) {
  test(`${name}: every step that it can have leaves its probabilities, and but for one its logits`, async () => {
    using model = await loadModel(familyFolder(name));
    tidy(() => {
      const before = logitsOf(model);
      const done = steps.filter((step) => {
        try {
          using other = model.processed({ [step]: true });
          const after = logitsOf(other);
          if (step !== "centerUnembed") {
            const gap = largest(sub(after, before));
            assert.ok(gap < TOLERANCE, `${step}: ${gap}`);
          } else if (model.config.head.scale === undefined) {
            const gap = largest(mean(after, -1));
            assert.ok(gap < TOLERANCE, `${step}: ${gap}`);
          }
          const gap = largest(sub(logSoftmax(after), logSoftmax(before)));
          assert.ok(gap < TOLERANCE, `${step}: ${gap}`);
          return true;
        } catch (error) {
          assert.is((error as { code?: string }).code, "PROCESSING_UNFIT", String(error));
          return false;
        }
      });
      assert.ok(done.length > 0);
      using all = model.processed();
      const gap = largest(sub(logSoftmax(logitsOf(all)), logSoftmax(before)));
      assert.ok(gap < TOLERANCE, `all: ${gap}`);
      assert.is(largest(sub(logitsOf(model), before)), 0);
    });
  });
}

for (const name of ["gpt2", "gpt-neox", "opt-proj", "phi", "starcoder2", "falcon"]) {
  test(`${name}: with centred writing weights the residual stream has the mean 0, folded or not`, async () => {
    using model = await loadModel(familyFolder(name));
    for (const fold of [true, false]) {
      using centred = model.processed({
        centerWritingWeights: true,
        foldLayerNorm: fold,
        foldValueBiases: fold,
      });
      using hooked = new ActivationCaching("blocks.*.hook_resid_*").prepare(centred);
      tidy(() => {
        hooked.call(tensor2d([[14, 61, 88, 67, 38, 5]], undefined, "int32"));
        for (let layer = 0; layer < centred.config.blocks.length; layer++) {
          const stream = hooked.cache.get<Tensor>(["fwd", `blocks.${layer}.hook_resid_post`]);
          assert.ok(largest(mean(stream, -1)) < TOLERANCE, `layer ${layer}`);
        }
      });
    }
  });
}

test("folded norms have neither gain nor bias, folded biases of values are 0", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  using folded = model.processed({ foldLayerNorm: true, foldValueBiases: true });
  assert.equal(
    folded.weights.names.filter((each) => /ln/.test(each)),
    [],
  );
  assert.is(largest(folded.b_V), 0);
  assert.ok(largest(model.b_V) > 0);
  assert.is(folded.config.blocks[0]?.norm.isPlain, true);
});

test("a model that was processed lives on when the first one is disposed", async () => {
  const model = await loadModel(familyFolder("llama"));
  using folded = model.processed({ foldLayerNorm: true });
  model.dispose();
  tidy(() => assert.equal(logitsOf(folded).shape.slice(0, 2), [1, 6]));
  assert.is(failure(() => model.processed())[0], "MODEL_DISPOSED");
});

test("a step that would change the results is refused with the reason", async () => {
  const refused = async (name: string, step: keyof ProcessingOptions, why: string): Promise<void> => {
    using model = await loadModel(familyFolder(name));
    const type = model.config.modelType;
    assert.equal(
      failure(() => model.processed({ [step]: true })),
      [
        "PROCESSING_UNFIT",
        `"${step}" would change what this ${type} model computes: ${why}. Leave out { ${step} }.`,
      ],
    );
  };
  await refused("llama", "centerWritingWeights", "its norms do not take the mean off");
  await refused("bloom", "centerWritingWeights", "its embedding is normalised before it enters the stream");
  await refused("gemma2", "centerUnembed", "it caps its logits");
  await refused("gpt-oss", "foldValueBiases", "its patterns do not sum to 1");
  await refused("llama", "refactorAttentionMatrices", "its queries and keys are turned");
  await refused("olmo", "foldValueBiases", "it clips its values");
  await refused("bert", "foldLayerNorm", "its norms stand behind the sums, and write to the stream");
  await refused("bloom-postres", "foldLayerNorm", "the stream goes on from what its norms give");
});

test("an option that there is not, or that is no switch, is refused", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  const hint = `Give true or false for ${steps.join(", ")}.`;
  assert.equal(
    failure(() => model.processed({ foldLn: true } as never)),
    ["PROCESSING_OPTION", `processed() was given "foldLn": true. ${hint}`],
  );
  assert.equal(
    failure(() => model.processed({ foldLayerNorm: 1 } as never)),
    ["PROCESSING_OPTION", `processed() was given "foldLayerNorm": 1. ${hint}`],
  );
});

test("every step is a file of its folder", () => {
  const folder = new URL("../../../packages/models/src/processing/steps/", import.meta.url);
  assert.is(readdirSync(folder).length, steps.length);
});

test.run();

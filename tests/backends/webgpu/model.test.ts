import { ActivationCaching } from "@hookdict/latent";
import { generateRows, GPT2, randomModel } from "@hookdict/models";
import { mean, tensor2d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";
import { assertSameAsCpu } from "../../support/same-as-cpu.ts";

const test = suite("models on webgpu, against cpu");

const shape = { nLayers: 2, nHeads: 2, dModel: 16, dVocab: 20, nPositions: 8 };
const model = (): GPT2 => GPT2.fromConfig(shape, { seed: 3 });

test("logits", () =>
  assertSameAsCpu(() => {
    using gpt2 = model();
    const tokens = tensor2d([[1, 5, 3, 5]], [1, 4], "int32");
    const logits = gpt2.call(tokens);
    tokens.dispose();
    return logits;
  }));

test("gradients at every residual stream", () =>
  assertSameAsCpu(() => {
    using gpt2 = model();
    using hooked = new ActivationCaching("blocks.*.hook_resid_pre", { directions: ["bwd"] }).prepare(gpt2);
    const tokens = tensor2d([[1, 5, 3, 5]], [1, 4], "int32");
    hooked.backward(() => mean(hooked.call(tokens)));
    tokens.dispose();
    const cache = hooked.takeCache();
    const gradients = [0, 1].map((layer) => cache.release(["bwd", `blocks.${layer}.hook_resid_pre`]));
    cache.dispose();
    return gradients;
  }));

const sizes = {
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  vocab_size: 20,
};
const ids = (): ReturnType<typeof tensor2d> => tensor2d([[1, 5, 3, 5]], [1, 4], "int32");

for (const [name, config] of Object.entries({
  "experts, each of which computes every token there": {
    model_type: "mixtral",
    ...sizes,
    num_local_experts: 3,
  },
  "positions that are counted from tokens": { model_type: "roberta", ...sizes, max_position_embeddings: 9 },
  "rows of numbers as a mask": { model_type: "llama", ...sizes },
}))
  test(name, () =>
    assertSameAsCpu(() => {
      using random = randomModel(config, { seed: 3 });
      const tokens = ids();
      const logits = random.call(tokens, { attentionMask: [[0, 1, 1, 1]] });
      tokens.dispose();
      return logits;
    }),
  );

test("a mask that is a tensor is refused, as it cannot be read", () => {
  using random = randomModel({ model_type: "llama", ...sizes });
  const [tokens, attentionMask] = [ids(), tensor2d([[0, 1, 1, 1]], [1, 4], "int32")];
  assert.equal(
    failure(() => random.call(tokens, { attentionMask })),
    [
      "MASK_UNREADABLE",
      "The attention mask is a tensor on WebGPU, whose values cannot be read within a run. Give rows of numbers in its place: " +
        "attentionMask: [[0, 1, 1], [1, 1, 1]]. What is in a tensor, await tensor.array() says.",
    ],
  );
  for (const each of [tokens, attentionMask]) each.dispose();
});

test("prompts of unequal lengths, padded, generate what they do on cpu", async () => {
  using random = randomModel({ model_type: "llama", ...sizes }, { seed: 3 });
  const rows = await generateRows(random, [[1, 5, 3], [7, 2]], { maxNewTokens: 3, padLeft: true }); // prettier-ignore
  assert.equal(rows, await generateRows(random, [[1, 5, 3], [7, 2]], { maxNewTokens: 3 })); // prettier-ignore
});

test.run();

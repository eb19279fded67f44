import { AttnLrp } from "@hookdict/attribution";
import { loadModel, type Transformer } from "@hookdict/models";
import { reshape, slice, sum, tensor2d, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { familyFolder, variants } from "../../models/families/variants.ts";

// Without biases, clipping and caps a model is a sum of products: with constant patterns and gates no relevance is lost.

const test = suite("AttnLRP of families");

/** What a family adds that is no product: there relevance goes elsewhere, or is cut. */
function isSumOfProducts(model: Transformer): boolean {
  const { config } = model;
  const { attention } = config.blocks[0] ?? {};
  const isCut =
    attention?.clip !== undefined || attention?.cap !== undefined || config.head.cap !== undefined;
  return (
    !isCut &&
    !model
      .hookTarget()
      .weights()
      .some(({ path }) => path.endsWith("bias"))
  );
}

const conserving: string[] = [];

for (const name of variants("decoder"))
  test(`${name} keeps what it has`, async () => {
    using model = await loadModel<Transformer>(familyFolder(name));
    if (!isSumOfProducts(model)) return;
    conserving.push(name);
    tidy(() => {
      const tokens = tensor2d([[14, 61, 8, 67, 38, 5]], undefined, "int32");
      const at = "blocks.0.hook_resid_pre";
      using hooked = new AttnLrp({ at, variant: "cp" }).prepare(model);
      using result = hooked.attribute([tokens], { target: { position: -1, index: [7] } });
      const [logit = NaN] = reshape(slice(model.call(tokens), [0, 5, 7], [1, 1, 1]), []).dataSync();
      const [found = NaN] = sum(result.get<Tensor>(["attr", at])).dataSync();
      assert.ok(Math.abs(found - logit) < 1e-3 * Math.max(1, Math.abs(logit)), `${found} of ${logit}`);
    });
  });

test("these are sums of products, gated ones and experts among them", () => {
  assert.is(
    conserving.join(" "),
    "cohere cohere2 gemma gemma3-text llama llama-dynamic llama-yarn mistral mixtral mpt-heads6 olmo2 phi3 phi3-partial qwen3 qwen3-moe qwen3-moe-norm smollm3",
  );
});

test.run();

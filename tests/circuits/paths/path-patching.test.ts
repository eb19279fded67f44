import { logitDifference, pathPatching, pathPatchingAsync, type Receiver } from "@hookdict/circuits";
import { loadModel } from "@hookdict/models";
import { tensor2d, type Tensor2D } from "@tensorflow/tfjs-core";
import { assert, rejected, suite, thrown } from "../../gate/suite.ts";
import { familyFolder } from "../../models/families/variants.ts";
import { EdgeOracle } from "../graph/oracle.ts";

const test = suite("path patching");

const METRIC = logitDifference(3, 5);
const ids = (row: number[]): Tensor2D => tensor2d([row], undefined, "int32");

for (const family of ["gpt2", "llama", "gptj"]) {
  test(`${family}: with MLPs frozen a path is an edge, patched by the model's own parts`, async () => {
    using model = await loadModel(familyFolder(family));
    const prompts = { clean: ids([1, 5, 3, 7]), corrupt: ids([1, 5, 4, 7]) };
    using oracle = new EdgeOracle(model, prompts.clean, prompts.corrupt, METRIC);
    const share = model.config.blocks[1]?.attention;
    const keyHead = Math.floor(1 / ((share?.nHeads ?? 4) / (share?.nKeyHeads ?? 4)));
    const receivers: readonly (readonly [Receiver, string])[] = [
      ["final", "logits"],
      [{ layer: 1, head: 1, input: "q" }, "a1.h1<q>"],
      [{ layer: 1, head: 1, input: "v" }, `a1.h${keyHead}<v>`],
      [{ layer: 1, input: "mlp" }, "m1"],
    ];
    for (const [receiver, name] of receivers) {
      using found = pathPatching(model, prompts, { receivers: receiver, freezeMlps: true, metrics: METRIC });
      const [, , layers = 0, heads = 0] = found.get("values").shape;
      assert.is(layers, receiver === "final" ? model.blocks.length : 1);
      const values = found.get("values").dataSync();
      for (const head of [0, heads - 1]) {
        const want = oracle.metric(`a0.h${head}`, name, 1);
        assert.ok(Math.abs((values[head] ?? NaN) - want) < 2e-4, `a0.h${head} to ${name}`);
      }
    }
    prompts.clean.dispose();
    prompts.corrupt.dispose();
  });
}

test("what cannot be a receiver is said, and an aborted one ends", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  const prompts = { clean: ids([1, 5, 3]), corrupt: ids([1, 5, 4]) };
  const wrong = (receivers: unknown): string => {
    const options = { receivers: receivers as Receiver, metrics: METRIC };
    return thrown(() => pathPatching(model, prompts, options)).message;
  };
  const wanted = 'Give "final", { layer, head, input: "q", "k" or "v" } or { layer, input: "mlp" }.';
  assert.is(wrong("last"), `pathPatching: the option receivers is "last". ${wanted}`);
  assert.ok(wrong({ layer: 1, head: 9, input: "q" }).endsWith(wanted));
  assert.ok(wrong({ layer: 7, input: "mlp" }).endsWith(wanted));
  assert.ok(wrong({ layer: 0, head: 0, input: "q" }).endsWith("Give a receiver behind some head."));
  assert.ok(wrong(["final", { layer: 1, input: "mlp" }]).endsWith('Give heads and MLPs, or "final" alone.'));
  const signal = { aborted: true };
  const error = await rejected(
    pathPatchingAsync(model, prompts, { receivers: "final", metrics: METRIC, signal }),
  );
  assert.match(error.message, /^Path patching was aborted after 0 of \d+ runs\.$/);
  prompts.clean.dispose();
  prompts.corrupt.dispose();
});

test.run();

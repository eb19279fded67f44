import { MultiHookManager } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import { loadModel, randomModel, type Transformer } from "@hookdict/models";
import { fill, memory, reshape, sum, tensor2d, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";
import { familyFolder } from "./variants.ts";

const test = suite("Experts");

const tokens = (): ReturnType<typeof tensor2d> => tensor2d([[3, 5, 7, 9], [2, 4, 6, 8]], undefined, "int32"); // prettier-ignore

/** The tokens that each expert serves, by rank of the choice. */
function served(indices: Tensor, count: number): number[][] {
  const rows = reshape(indices, [-1, indices.shape[2] ?? 1]).arraySync() as number[][]; // a matrix
  return Array.from({ length: count }, (_, expert) =>
    (rows[0] ?? []).flatMap((_each, rank) =>
      rows.flatMap((row, token) => (row[rank] === expert ? [token] : [])),
    ),
  );
}

for (const name of ["mixtral", "qwen3-moe", "gpt-oss"]) {
  test(`${name}: each expert computes the tokens that it serves, and no others`, async () => {
    using model = await loadModel(familyFolder(name));
    const before = memory().numTensors;
    const { count } = model.config.blocks[0]!.mlp.experts!; // it has them
    tidy(() => {
      using hooked = new ActivationCaching(["blocks.0.mlp", "blocks.0.mlp.**"], {
        directions: ["fwd_pre", "fwd"],
      }).prepare(model);
      hooked.call(tokens());
      const at = (direction: string, path: string): Tensor =>
        hooked.cache.get([direction, `blocks.0.mlp${path}`]);
      const given = reshape(at("fwd_pre", ""), [8, -1]).arraySync() as number[][];
      const wanted = served(at("fwd", ".hook_expert_indices"), count);
      assert.ok(wanted.some((own) => own.length < 8));
      for (const [expert, own] of wanted.entries()) {
        const path = `.experts.${expert}`;
        const isThere = hooked.cache.has(["fwd", `blocks.0.mlp${path}.hook_pre`]);
        assert.is(isThere, own.length > 0);
        if (!isThere) continue;
        assert.is(at("fwd", `${path}.hook_pre`).shape[0], own.length);
        assert.equal(
          at("fwd_pre", path).arraySync(),
          own.map((token) => given[token]),
        );
      }
    });
    assert.is(memory().numTensors, before);
  });
}

const sizes = { hidden_size: 8, intermediate_size: 12, num_hidden_layers: 1, num_attention_heads: 2 };
const config = {
  model_type: "mixtral",
  ...sizes,
  vocab_size: 11,
  num_local_experts: 3,
  num_experts_per_tok: 2,
};

test("gradients reach the experts' weights and what they read, as far as they serve", () => {
  using model: Transformer = randomModel(config, { seed: 2 });
  const given = tokens();
  using hooked = new ActivationCaching("blocks.0.mlp.experts.*.hook_post", { directions: ["bwd"] }).prepare(
    model,
  );
  hooked.backward(() => sum(hooked.call(given)));
  for (let expert = 0; expert < 3; expert++) {
    const key = ["bwd", `blocks.0.mlp.experts.${expert}.hook_post`];
    if (hooked.cache.has(key))
      assert.ok(
        hooked.cache
          .get<Tensor>(key)
          .dataSync()
          .some((each: number) => each !== 0),
      );
  }
  given.dispose();
});

test("one expert twice counts once, and one that there is not is refused", () => {
  using model: Transformer = randomModel(config, { seed: 2 });
  const given = tokens();
  const choosing =
    (expert: number): (() => Tensor) =>
    () => {
      using manager = new MultiHookManager(model);
      manager.register("blocks.0.mlp.hook_expert_indices", "fwd", (x: Tensor) =>
        fill(x.shape, expert, "int32"),
      );
      using hooked = new ActivationCaching("blocks.0.mlp.experts.*.hook_pre").prepare(model);
      hooked.call(given).dispose();
      return hooked.cache.release<Tensor>(["fwd", `blocks.0.mlp.experts.${expert}.hook_pre`]);
    };
  const once = choosing(1)();
  assert.equal(once.shape, [8, 12]);
  once.dispose();
  const before = memory().numTensors;
  const [code, message] = failure(choosing(3));
  assert.is(code, "EXPERT_UNKNOWN");
  assert.is(
    message,
    "Token 0 is given to expert 3; there are 3. A hook at hook_expert_indices gives integers from 0 to 2.",
  );
  assert.is(memory().numTensors, before);
  given.dispose();
});

test.run();

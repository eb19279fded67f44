import { readFileSync } from "node:fs";
import {
  type EncoderDecoder,
  GPT2,
  loadModel,
  randomModel,
  type StateSpaceModel,
  type Transformer,
} from "@hookdict/models";
import { MultiHookManager } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import {
  memory,
  slice,
  tensor,
  tensor2d,
  type Tensor,
  type Tensor2D,
  tidy,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure, failure } from "../../support/failure.ts";
import { ioiTiny } from "../ioi-tiny.ts";
import { familyFolder } from "./variants.ts";

const test = suite("Options of models");

const tokens = (): ReturnType<typeof tensor2d> => tensor2d([[3, 5, 7]], [1, 3], "int32");

/** A variant's files with another config.json, as bytes by name. */
function withConfig(name: string, change: object): Record<string, Uint8Array> {
  const read = (file: string): Uint8Array => new Uint8Array(readFileSync(new URL(file, familyFolder(name))));
  const config = JSON.parse(new TextDecoder().decode(read("config.json"))) as object;
  return {
    "config.json": new TextEncoder().encode(JSON.stringify({ ...config, ...change })),
    "model.safetensors": read("model.safetensors"),
  };
}

test("a point that was asked for runs, whatever the order of the block", async () => {
  for (const name of ["llama", "phi", "cohere", "olmo2", "opt-postnorm"]) {
    using model = await loadModel(familyFolder(name), { points: ["hook_mlp_in", "attn.hook_result"] });
    using hooked = new ActivationCaching(["blocks.*.hook_mlp_in", "blocks.*.attn.hook_result"]).prepare(
      model,
    );
    const given = tokens();
    hooked.call(given).dispose();
    assert.equal(hooked.unfired, [], name);
    given.dispose();
  }
});

test("a decoder that attends to an encoder has the points, too", async () => {
  const model = await loadModel<EncoderDecoder>(familyFolder("t5"), { points: ["hook_mlp_in"] });
  using hooked = new ActivationCaching("{en,de}coder.*.hook_mlp_in").prepare(model);
  const [given, decoderTokens] = [tokens(), tokens()];
  hooked.call(given, { decoderTokens }).dispose();
  assert.equal(hooked.unfired, []);
  for (const each of [given, decoderTokens, model]) each.dispose();
});

test("a point that there is not is refused, and no weight stays behind", async () => {
  assert.equal(await asyncFailure(loadModel(familyFolder("llama"), { points: ["hook_mlp"] as never })), [
    "POINT_UNKNOWN",
    'A llama model has no point "hook_mlp" to ask for. Give a list of these: "attn.hook_result", "hook_q_input", ' +
      '"hook_k_input", "hook_v_input", "hook_mlp_in".',
  ]);
  assert.equal(await asyncFailure(loadModel(familyFolder("mamba"), { points: ["hook_mlp_in"] })), [
    "POINT_UNKNOWN",
    'A mamba model has no point "hook_mlp_in" to ask for. It has no points on request: leave the option `points` out.',
  ]);
});

test("every kind that reads tokens says when it has no tokenizer", async () => {
  using mamba = await loadModel<StateSpaceModel>(familyFolder("mamba"));
  using bart = await loadModel<EncoderDecoder>(familyFolder("bart"));
  for (const model of [mamba, bart]) assert.is(failure(() => model.tokens("When Mary"))[0], "NO_TOKENIZER");
});

test("a text stands in place of tokens, hooked or not, and leaves nothing behind", async () => {
  using model = await GPT2.fromPretrained(ioiTiny);
  const text = "When Mary and John";
  using hooked = new ActivationCaching("hook_embed").prepare(model);
  const given = model.tokens(text);
  const want = model.call(given);
  const before = memory().numTensors;
  for (const got of [model.call(text), hooked.call([text])]) {
    assert.equal([...got.dataSync()], [...want.dataSync()]);
    got.dispose();
  }
  hooked.takeCache().dispose();
  assert.is(memory().numTensors, before - 1);
  for (const each of [given, want]) each.dispose();
  using mamba = await loadModel<StateSpaceModel>(familyFolder("mamba"));
  assert.is(failure(() => mamba.call(text))[0], "NO_TOKENIZER");
  assert.equal(
    failure(() => mamba.call(7 as never)),
    [
      "TOKENS_SHAPE",
      "Tokens must be int32 [batch, pos], each at least 1; got number []. Make them with model.tokens(text), or with " +
        "tensor2d([ids], undefined, 'int32').",
    ],
  );
});

test("a model of states stops at a layer and goes on from there, with its states and without", async () => {
  using model = await loadModel<StateSpaceModel>(familyFolder("mamba"));
  using seen = new ActivationCaching("blocks.1.hook_resid_pre").prepare(model);
  tidy(() => {
    const given = tokens();
    const mask = { attentionMask: [[0, 1, 1]] };
    const whole = seen.call(given, mask);
    const before = [...seen.cache.get<Tensor>(["fwd", "blocks.1.hook_resid_pre"]).dataSync()];
    for (const layer of [0, 1, model.blocks.length, -1]) {
      const stream = model.call(given, { ...mask, stopAtLayer: layer });
      if (layer === 1) assert.equal([...stream.dataSync()], before);
      const got = model.call(stream, { ...mask, startAtLayer: layer });
      assert.equal([...got.dataSync()], [...whole.dataSync()]);
    }
    const part = slice(given, [0, 0], [-1, 1]);
    using cache = model.newCache();
    const first = model.withCache(cache, () => model.call(part));
    const next = slice(given, [0, 1], [-1, 1]);
    using again = model.newCache();
    const from = (x: Tensor2D): Tensor => {
      const stream = model.call(x, { stopAtLayer: 0 });
      return model.withCache(again, () => model.call(stream, { startAtLayer: 0 }));
    };
    const same = from(part);
    assert.equal([...same.dataSync()], [...first.dataSync()]);
    const [left, right] = [model.withCache(cache, () => model.call(next)), from(next)];
    assert.equal([...right.dataSync()], [...left.dataSync()]);
    assert.equal(
      [
        failure(() => model.call(given, { startAtLayer: 0 }))[0],
        failure(() => model.call(given, { stopAtLayer: 9 }))[0],
        failure(() => model.call(given, { outputAt: 0 } as never))[0],
      ],
      ["RESIDUAL_SHAPE", "LAYER_RANGE", "LAYERS_WHOLE"],
    );
  });
});

test("models that run all their layers refuse one to start or stop at", async () => {
  using bart = await loadModel<EncoderDecoder>(familyFolder("bart"));
  const given = tokens();
  const is = (type: string, option: string): string[] => [
    "LAYERS_WHOLE",
    `A ${type} model was given "${option}"; it runs all its layers. Capture the residual stream at a site, or end the run ` +
      "there with a hook that stops it.",
  ];
  assert.equal(
    failure(() => bart.call(given, { decoderTokens: given, startAtLayer: 1 } as never)),
    is("bart", "startAtLayer"),
  );
  given.dispose();
});

test("all layers share the angles of a run", async () => {
  using model = await loadModel(familyFolder("llama"));
  using hooked = new ActivationCaching("blocks.*.attn.hook_cos").prepare(model);
  const given = tokens();
  hooked.call(given).dispose();
  const seen = model.blocks.map(
    (_, i) => hooked.cache.get<Tensor>(["fwd", `blocks.${i}.attn.hook_cos`]).dataId,
  );
  assert.is(new Set(seen).size, 1);
  given.dispose();
});

test("of experts with equal scores exactly as many are chosen as serve a token", async () => {
  for (const name of ["gpt-oss", "qwen3-moe"]) {
    using model = await loadModel(familyFolder(name));
    const { count, chosen } = model.config.blocks[0]!.mlp.experts!; // it has them
    const manager = new MultiHookManager(model);
    manager.register("blocks.0.mlp.router", "fwd", (x: Tensor) => zerosLike(x));
    using hooked = new ActivationCaching("blocks.0.mlp.hook_expert_*").prepare(model);
    const given = tokens();
    hooked.call(given).dispose();
    const indices = hooked.cache.get<Tensor>(["fwd", "blocks.0.mlp.hook_expert_indices"]);
    assert.is(indices.shape[2], chosen);
    if (model.config.blocks[0]!.mlp.experts?.shows !== "softmax") {
      const shares = hooked.cache.get<Tensor>(["fwd", "blocks.0.mlp.hook_expert_weights"]).dataSync();
      for (let row = 0; row < shares.length; row += count)
        assert.is(shares.subarray(row, row + count).filter((share: number) => share > 0).length, chosen);
    }
    given.dispose();
    manager.dispose();
  }
});

test("a hook that replaces the indices of experts chooses others", async () => {
  using model = await loadModel(familyFolder("gpt-oss"));
  const { count } = model.config.blocks[0]!.mlp.experts!; // it has them
  const manager = new MultiHookManager(model);
  manager.register("blocks.0.mlp.hook_expert_indices", "fwd", (x: Tensor) =>
    tensor(
      Int32Array.from({ length: x.size }, (_, i) => (i % (x.shape[2] ?? 1)) + count - (x.shape[2] ?? 1)),
      x.shape,
      "int32",
    ),
  );
  using hooked = new ActivationCaching("blocks.0.mlp.hook_expert_weights").prepare(model);
  const given = tokens();
  hooked.call(given).dispose();
  const shares = hooked.cache.get<Tensor>(["fwd", "blocks.0.mlp.hook_expert_weights"]).dataSync();
  assert.ok(shares.every((share: number, i: number) => (share > 0 ? i % count >= count - 2 : true)));
  given.dispose();
  manager.dispose();
});

for (const [name, field] of [
  ["llama", "num_hidden_layers"],
  ["gpt2", "n_layer"],
  ["gpt-neo", "num_layers"],
  ["mpt", "n_heads"],
  ["t5", "num_layers"],
  ["bart", "decoder_layers"],
  ["mamba", "num_hidden_layers"],
  ["vit", "num_hidden_layers"],
  ["bert", "num_attention_heads"],
  ["qwen3-moe", "num_local_experts"],
] as const) {
  test(`${name}: a config that claims a billion of ${field} is refused at once`, async () => {
    const [code, message] = await asyncFailure(loadModel(withConfig(name, { [field]: 1e9 }) as never));
    assert.is(code, "CONFIG_FIELD");
    assert.match(message ?? "", `"${field}" is 1000000000; it must be a positive integer up to 512.`);
  });
}

/** Logits of a variant whose config.json was changed. */
async function logitsWith(name: string, change: object): Promise<Float32Array> {
  using model = await loadModel(withConfig(name, change) as never);
  const given = tensor2d([[3, 5, 7, 9, 11, 2]], undefined, "int32");
  const logits = model.call(given);
  const values = logits.dataSync<"float32">();
  for (const each of [logits, given]) each.dispose();
  return values;
}

test("what Hugging Face ignores in a config changes nothing", async () => {
  const rotation = { rope_theta: 500, rope_type: "default" };
  for (const [name, change, without] of [
    [
      "llama",
      { rope_parameters: { ...rotation, partial_rotary_factor: 0.5 } },
      { rope_parameters: rotation },
    ],
    ["gemma3-text", { attn_logit_softcapping: 1 }, {}],
  ] as const)
    assert.equal([...(await logitsWith(name, change))], [...(await logitsWith(name, without))], name);
});

test("dynamic scaling has no end in any family", async () => {
  const rope = { rope_type: "dynamic", factor: 2, rope_theta: 10000, partial_rotary_factor: 0.25 };
  using model = await loadModel(
    withConfig("gpt-neox", { max_position_embeddings: 2, rope_parameters: rope }) as never,
  );
  const given = tokens();
  const logits = model.call(given);
  assert.equal(logits.shape, [1, 3, 96]);
  for (const each of [logits, given]) each.dispose();
});

test("ALBERT's groups may hold several layers, which run one after the other", async () => {
  const sizes = {
    hidden_size: 8,
    embedding_size: 4,
    intermediate_size: 12,
    num_attention_heads: 2,
    vocab_size: 11,
  };
  const shape = { num_hidden_layers: 4, num_hidden_groups: 2, inner_group_num: 3 };
  using model = randomModel<Transformer>({ model_type: "albert", ...sizes, ...shape });
  const weights = model.blocks.map((block) => block.attn.q.weight);
  assert.is(weights.length, 12);
  // Two groups of three; each runs twice.
  const first = weights.map((each) => weights.indexOf(each));
  assert.equal(first, [0, 1, 2, 0, 1, 2, 6, 7, 8, 6, 7, 8]);
  const [code, message] = await asyncFailure(
    loadModel(withConfig("albert", { inner_group_num: 2 }) as never),
  );
  assert.is(code, "CHECKPOINT_TENSORS_MISSING");
  assert.match(message ?? "", "albert_layer_groups.0.albert_layers.1.attention.query.weight");
});

test("kinds of GPT-Neo's layers that are no lists are refused", async () => {
  const files = withConfig("gpt-neo", { attention_layers: null, attention_types: [[["global"], 1e9]] });
  const [code, message] = await asyncFailure(loadModel(files as never));
  assert.is(code, "CONFIG_FIELD");
  assert.match(message ?? "", "it must be lists of layers' kinds with times, for 4 layers");
});

test.run();

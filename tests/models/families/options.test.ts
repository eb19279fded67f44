import { readFileSync } from "node:fs";
import {
  type ActivationName,
  ACTIVATIONS,
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
  grad,
  memory,
  slice,
  tensor,
  tensor1d,
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

test("OPT's norms may have no weights", () => {
  const sizes = { hidden_size: 8, ffn_dim: 12, num_hidden_layers: 2, num_attention_heads: 2, vocab_size: 11 };
  const [with_, without] = [true, false].map((layer_norm_elementwise_affine) =>
    randomModel({ model_type: "opt", ...sizes, layer_norm_elementwise_affine }),
  ) as [Transformer, Transformer];
  assert.is(without.weights.find("blocks.0.ln1.weight"), undefined);
  assert.is(without.weights.find("ln_final.bias"), undefined);
  assert.ok(with_.weights.find("ln_final.bias") !== undefined);
  const given = tensor2d([[3, 5, 7]], undefined, "int32");
  const logits = without.call(given);
  assert.ok(logits.dataSync().every((each: number) => Number.isFinite(each)));
  for (const each of [given, logits, with_, without]) each.dispose();
});

test("every activation of Hugging Face's configs is there, with its gradient", async () => {
  // Of -2, -0.5, 0.5, 7 and 12: transformers 5.24 in float64.
  const values: Readonly<Record<string, readonly number[]>> = {
    gelu_new: [-0.04540231, -0.154286, 0.345714, 7.0, 12.0],
    gelu_pytorch_tanh: [-0.04540231, -0.154286, 0.345714, 7.0, 12.0],
    gelu_python_tanh: [-0.04540231, -0.154286, 0.345714, 7.0, 12.0],
    gelu_accurate: [-0.04540231, -0.154286, 0.345714, 7.0, 12.0],
    gelu_fast: [-0.04540231, -0.154286, 0.345714, 7.0, 12.0],
    gelu: [-0.04550026, -0.1542688, 0.3457312, 7.0, 12.0],
    gelu_python: [-0.04550026, -0.1542688, 0.3457312, 7.0, 12.0],
    quick_gelu: [-0.06434138, -0.1496116, 0.3503884, 6.999953, 12.0],
    relu: [0.0, 0.0, 0.5, 7.0, 12.0],
    relu2: [0.0, 0.0, 0.25, 49.0, 144.0],
    silu: [-0.2384058, -0.1887703, 0.3112297, 6.993623, 11.99993],
    swish: [-0.2384058, -0.1887703, 0.3112297, 6.993623, 11.99993],
    sigmoid: [0.1192029, 0.3775407, 0.6224593, 0.9990889, 0.9999939],
    sqrtsoftplus: [0.3562696, 0.6885325, 0.9869534, 2.645924, 3.464103],
    tanh: [-0.9640276, -0.4621172, 0.4621172, 0.9999983, 1.0],
    linear: [-2.0, -0.5, 0.5, 7.0, 12.0],
    mish: [-0.2525015, -0.2207438, 0.3752452, 6.999988, 12.0],
    relu6: [0.0, 0.0, 0.5, 6.0, 6.0],
    leaky_relu: [-0.02, -0.005, 0.5, 7.0, 12.0],
    hardswish: [-0.3333333, -0.2083333, 0.2916667, 7.0, 12.0],
    laplace: [0.0, 9.383381e-6, 0.2314211, 1.0, 1.0],
    gelu_10: [-0.04550026, -0.1542688, 0.3457312, 7.0, 10.0],
  };
  const x = tensor1d([-2, -0.5, 0.5, 7, 12]);
  for (const [name, want] of Object.entries(values)) {
    const fn = ACTIVATIONS[name as ActivationName];
    const got = fn(x);
    got.dataSync().forEach((each: number, i: number) => {
      assert.ok(
        Math.abs(each - (want[i] ?? NaN)) < 2e-5 * Math.max(1, Math.abs(want[i] ?? 0)),
        `${name} ${each}`,
      );
    });
    const slope = tidy(() => grad((of: Tensor) => fn(of))(x));
    const step = 1e-2;
    const [above, below] = tidy(() => [fn(tensor1d([0.5 + step])), fn(tensor1d([0.5 - step]))]);
    const rise = ((above?.dataSync()[0] ?? NaN) - (below?.dataSync()[0] ?? NaN)) / (2 * step);
    assert.ok(Math.abs((slope.dataSync()[2] ?? NaN) - rise) < 1e-3, `gradient of ${name}`);
    for (const each of [got, slope, above, below]) each?.dispose();
  }
  assert.equal(new Set(Object.keys(values)), new Set(Object.keys(ACTIVATIONS)));
  x.dispose();
});

test("kinds of GPT-Neo's layers that are no lists are refused", async () => {
  const files = withConfig("gpt-neo", { attention_layers: null, attention_types: [[["global"], 1e9]] });
  const [code, message] = await asyncFailure(loadModel(files as never));
  assert.is(code, "CONFIG_FIELD");
  assert.match(message ?? "", "it must be lists of layers' kinds with times, for 4 layers");
});

test.run();

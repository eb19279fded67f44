import { randomModel } from "@hookdict/models";
import { ActivationCaching } from "@hookdict/latent";
import { tensor2d, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";

const test = suite("What config.json leaves out");

const SIZES = { hidden_size: 128, intermediate_size: 4, num_hidden_layers: 2, vocab_size: 5 };

/** What a model has that its config.json may leave out. */
function read(modelType: string, nHeads: number, given: object = {}): Record<string, unknown> {
  using model = randomModel({ model_type: modelType, num_attention_heads: nHeads, ...SIZES, ...given });
  const { nPositions, head, blocks } = model.config;
  const [first, second] = blocks.map(({ attention }) => attention);
  return {
    keyHeads: first?.nKeyHeads,
    dHead: first?.dHead,
    windows: [first?.window, second?.window],
    scale: first?.scale,
    caps: [first?.cap, head.cap],
    activation: blocks[0]?.mlp.activation,
    base: (first?.rotary ?? second?.rotary)?.base,
    scaling: (first?.rotary ?? second?.rotary)?.scaling.kind,
    nPositions,
  };
}

const TANH = "gelu_pytorch_tanh";

// What transformers 5.24 makes of the same: `AutoConfig.for_model(type, **sizes)`.
for (const [type, nHeads, want] of [
  ["cohere", 4, { keyHeads: 4, base: 500000, nPositions: 8192 }],
  ["cohere2", 4, { keyHeads: 4, base: 10000, windows: [4096, 4096], nPositions: 8192 }],
  ["gemma", 16, { keyHeads: 16, dHead: 256, activation: TANH, nPositions: 8192 }],
  [
    "gemma2",
    8,
    { keyHeads: 4, dHead: 256, windows: [4096, undefined], scale: 1 / 16, caps: [50, 30], activation: TANH },
  ],
  ["gemma3_text", 4, { keyHeads: 4, dHead: 256, windows: [4096, 4096], scale: 1 / 16, nPositions: 131072 }],
  ["gpt_oss", 8, { keyHeads: 8, dHead: 64, windows: [128, undefined], scaling: "yarn", base: 150000 }],
  ["mistral", 16, { keyHeads: 8, windows: [4096, 4096], nPositions: 131072 }],
  ["mixtral", 16, { keyHeads: 8, windows: [undefined, undefined], base: 1e6, nPositions: 131072 }],
  ["phi3", 4, { keyHeads: 4, windows: [undefined, undefined], nPositions: 4096 }],
  ["qwen2", 32, { keyHeads: 32, windows: [undefined, undefined], nPositions: 32768 }],
  ["qwen3", 32, { keyHeads: 32, dHead: 128, windows: [undefined, undefined], nPositions: 32768 }],
  ["qwen3_moe", 8, { keyHeads: 4, windows: [undefined, undefined], nPositions: 32768 }],
  ["smollm3", 8, { keyHeads: 4, base: 2e6, nPositions: 32768 }],
  ["stablelm", 32, { keyHeads: 32, nPositions: 4096 }],
  ["starcoder2", 8, { keyHeads: 2, windows: [undefined, undefined], activation: TANH, nPositions: 4096 }],
] as const)
  test(`${type}: as in Hugging Face's class`, () => {
    const got = read(type, nHeads);
    for (const [field, value] of Object.entries(want)) assert.equal(got[field], value, field);
  });

test("null is a value of its own", () => {
  const windows = [undefined, undefined];
  assert.equal(read("mistral", 4, { sliding_window: null, num_key_value_heads: null }), {
    ...read("mistral", 4, { sliding_window: 7, num_key_value_heads: 4 }),
    windows,
  });
  const none = { attn_logit_softcapping: null, final_logit_softcapping: null, sliding_window: null };
  const types = { layer_types: ["full_attention", "full_attention"] };
  const { caps, windows: got } = read("gemma2", 4, { ...none, ...types, head_dim: null });
  assert.equal([caps, got], [windows, windows]);
  assert.is(read("gpt_oss", 8, { rope_parameters: null })["scaling"], "yarn");
  assert.is(read("gpt_oss", 8, { rope_scaling: { rope_type: "linear", factor: 2 } })["scaling"], "linear");
});

test("a default of as many heads of keys as do not fit is none", () => {
  assert.is(read("mixtral", 4)["keyHeads"], 4);
  const [code, message] = failure(() => read("mixtral", 4, { num_key_value_heads: 8 }));
  assert.is(code, "CONFIG_FIELD");
  assert.match(
    message ?? "",
    '"num_key_value_heads" is 8; it must be a divisor of "num_attention_heads", which is 4.',
  );
});

test("ALBERT and GPT-J have defaults that are not their neighbours'", () => {
  using albert = randomModel({ model_type: "albert", num_attention_heads: 4, embedding_size: 4, ...SIZES });
  assert.is(albert.config.blocks[0]?.mlp.activation, "gelu_new");
  using gptj = randomModel({ model_type: "gptj", n_embd: 64, n_head: 1, n_layer: 1, vocab_size: 5 });
  assert.is(gptj.config.blocks[0]?.attention.rotary?.dims, 64);
});

test("Gemma's activation is what `hidden_act` says, and what else there is counts for nothing", () => {
  const activationOf = (given: object): unknown => read("gemma", 16, { head_dim: 2, ...given })["activation"];
  assert.is(activationOf({ hidden_act: "gelu" }), TANH);
  assert.is(activationOf({ hidden_activation: null }), TANH);
  assert.is(activationOf({ hidden_act: "relu", hidden_activation: "gelu" }), "relu");
  assert.is(read("gemma2", 4, { head_dim: 2, hidden_act: "relu" })["activation"], TANH);
});

test("layers that slide need a window, and kinds of layers a name", () => {
  const want =
    "it must be a list of words that are each full_attention or, where the config has a window, sliding_attention. " +
    'Check that it is the config.json of a model of the type "qwen2".';
  const sizes = { model_type: "qwen2", num_attention_heads: 2, num_key_value_heads: 2, ...SIZES };
  for (const [given, types] of [
    [{}, ["full_attention", "sliding_attention"]],
    [{ use_sliding_window: true, sliding_window: null }, ["sliding_attention", "full_attention"]],
    [{ use_sliding_window: true }, ["full_attention", "chunked_attention"]],
  ] as const)
    assert.equal(
      failure(() => randomModel({ ...sizes, ...given, layer_types: types })),
      ["CONFIG_FIELD", `config: "layer_types" is ${JSON.stringify(types)}; ${want}`],
    );
  const first = { use_sliding_window: true, sliding_window: 3, num_key_value_heads: 2 };
  assert.equal(read("qwen2", 2, { ...first, max_window_layers: 0 })["windows"], [3, 3]);
  assert.equal(
    failure(() => read("qwen2", 2, { ...first, max_window_layers: -1 })),
    [
      "CONFIG_FIELD",
      'config: "max_window_layers" is -1; it must be a layer\'s index, from 0 on. Check that it is the config.json of a ' +
        'model of the type "qwen2".',
    ],
  );
});

test("YaRN's factor may be null, and a length of the config goes before the rotation's", () => {
  const scalingOf = (given: object): unknown => {
    using model = randomModel({ model_type: "llama", num_attention_heads: 4, ...SIZES, ...given });
    return model.config.blocks[0]?.attention.rotary?.scaling;
  };
  const yarn = { rope_type: "yarn", factor: null, original_max_position_embeddings: 16 };
  const of = { max_position_embeddings: 64, rope_parameters: yarn };
  const plain = { kind: "yarn", betaFast: 32, betaSlow: 1, truncate: true };
  assert.equal(scalingOf(of), {
    ...plain,
    factor: 4,
    original: 16,
    amplitude: 0.1 * Math.log(4) + 1,
  });
  assert.equal(scalingOf({ ...of, original_max_position_embeddings: 32 }), {
    ...plain,
    factor: 2,
    original: 32,
    amplitude: 0.1 * Math.log(2) + 1,
  });
});

test("a part of a head that is odd turns with its neighbour, and a proportion leaves the other pairs alone", () => {
  const sizes = { ...SIZES, hidden_size: 16, num_attention_heads: 2 };
  const turns = { rope_theta: 10000, partial_rotary_factor: 0.5 };
  // transformers 5.24's `inv_freq`.
  for (const [config, want] of [
    [{ model_type: "gpt_neox", ...sizes, hidden_size: 12, rope_parameters: turns }, [1, 0.0021544346]],
    [
      { model_type: "llama", ...sizes, rope_parameters: { ...turns, rope_type: "proportional", factor: 2 } },
      [0.5, 0.05, 0, 0],
    ],
  ] as const) {
    using model = randomModel(config);
    using hooked = new ActivationCaching("blocks.0.attn.hook_sin").prepare(model);
    const tokens = tensor2d([[1, 2]], undefined, "int32");
    hooked.call(tokens).dispose();
    tokens.dispose();
    const sin = hooked.cache.get<Tensor>(["fwd", "blocks.0.attn.hook_sin"]).dataSync();
    const second = [...sin.subarray(sin.length / 2)].slice(0, want.length);
    second.forEach((each, i) => {
      assert.ok(Math.abs(each - Math.sin(want[i] ?? NaN)) < 1e-6, `${config.model_type} ${second.join()}`);
    });
  }
});

test("a rotation that does not fit a head is refused", () => {
  const sizes = { model_type: "llama", num_attention_heads: 2, ...SIZES, hidden_size: 8 };
  const check = 'Check that it is the config.json of a model of the type "llama".';
  assert.equal(
    failure(() => randomModel({ ...sizes, head_dim: 5 })),
    [
      "CONFIG_FIELD",
      `config: "head_dim" is 5; it must be such that pairs turn; 5 of a head's 5 dimensions are none. ${check}`,
    ],
  );
  const rope = { rope_type: "longrope", short_factor: [1, 2], long_factor: [1] };
  assert.equal(
    failure(() => randomModel({ ...sizes, rope_parameters: rope })),
    [
      "CONFIG_FIELD",
      'config: rope_parameters: "long_factor" is [1]; it must be a list of 2, one for each pair. Check that it is the ' +
        "config.json of a model.",
    ],
  );
  const gptj = { model_type: "gptj", n_embd: 8, n_head: 2, n_layer: 1, vocab_size: 5 };
  for (const rotary_dim of [3, 6])
    assert.equal(
      failure(() => randomModel({ ...gptj, rotary_dim })),
      [
        "CONFIG_FIELD",
        `config: "rotary_dim" is ${rotary_dim}; it must be an even number, up to the 4 dimensions of a head. Check that it ` +
          'is the config.json of a model of the type "gptj".',
      ],
    );
});

test.run();

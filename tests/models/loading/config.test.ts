import { GPT2, gpt2Config, loadModel, randomModel, type TransformerConfig } from "@hookdict/models";
import { encodeUtf8 } from "@hookdict/tensordict/io";
import { assert, rejected, suite, thrown } from "../../gate/suite.ts";
import { jsonFile, tinyConfig, tinyFiles } from "./tiny.ts";

const test = suite("config.json of GPT2");

/** What a model of this config.json computes by. */
function parse(changes: object): TransformerConfig {
  using model = randomModel({ ...tinyConfig, ...changes });
  return model.config;
}
const CHECK = 'Check that it is the config.json of a model of the type "gpt2".';

const SIZES = { nLayers: 1, nHeads: 2, dModel: 4, dVocab: 5, nPositions: 3 };

/** Whole message of a field that is refused. */
function refused(changes: object): string {
  const error = thrown(() => parse(changes)) as Error & { code: string };
  assert.is(error.code, "CONFIG_FIELD");
  return error.message;
}

test("what is not given is as in GPT-2", () => {
  const { blocks, dModel, dVocab, nPositions, isTied, isCausal, bosTokenId } = parse({});
  assert.equal([dModel, dVocab, nPositions, isTied, isCausal, bosTokenId], [4, 5, 3, true, true, undefined]);
  assert.equal(
    blocks.map(({ attention, mlp, norm }) => [attention.nHeads, attention.dHead, attention.scale, mlp, norm]),
    [
      [
        2,
        4 / 2,
        1 / Math.sqrt(2),
        { dMlp: 4 * 4, activation: "gelu_new", isGated: false, hasBias: true },
        { kind: "layer", epsilon: 1e-5 },
      ],
    ],
  );
  const { blocks: same } = gpt2Config(SIZES);
  assert.equal(same, blocks);
});

test("what is given is taken, in files and in code", () => {
  const config = parse({
    n_inner: 6,
    layer_norm_epsilon: 1e-6,
    activation_function: "relu",
    bos_token_id: 4,
  });
  const [block] = config.blocks;
  assert.equal(
    [block?.mlp.dMlp, block?.norm.epsilon, block?.mlp.activation, config.bosTokenId],
    [6, 1e-6, "relu", 4],
  );
  assert.equal(gpt2Config({ ...SIZES, dMlp: 6, epsilon: 1e-6, activation: "relu", bosTokenId: 4 }).blocks, [
    block,
  ]);
  const scales = ({ blocks }: TransformerConfig): number[] => blocks.map(({ attention }) => attention.scale);
  const other = parse({
    n_layer: 2,
    scale_attn_weights: false,
    scale_attn_by_inverse_layer_idx: true,
    tie_word_embeddings: false,
  });
  assert.equal([scales(other), other.isTied], [[1, 1 / 2], false]);
  const ours = gpt2Config({
    ...SIZES,
    nLayers: 2,
    scaleAttention: false,
    scaleAttentionByLayer: true,
    tiedEmbeddings: false,
  });
  assert.equal([scales(ours), ours.isTied], [[1, 1 / 2], false]);
  assert.equal([ours.nLayers, ours.nHeads, ours.dHead, ours.dMlp], [2, 2, 2, 16]);
});

test("a field of the wrong kind is named, with what it must be", () => {
  const is = (field: string, value: string, want: string): string =>
    `config: "${field}" is ${value}; it must be ${want}. ${CHECK}`;
  const upTo = "a positive integer up to";
  assert.is(refused({ n_layer: undefined }), is("n_layer", "missing", `${upTo} 512`));
  assert.is(refused({ n_layer: 0 }), is("n_layer", "0", `${upTo} 512`));
  assert.is(refused({ n_embd: "4" }), is("n_embd", '"4"', `${upTo} 1048576`));
  assert.is(refused({ vocab_size: 2.5 }), is("vocab_size", "2.5", "a positive integer"));
  assert.is(refused({ n_head: 3 }), is("n_head", "3", 'a divisor of "n_embd", which is 4'));
  assert.is(refused({ layer_norm_epsilon: -1 }), is("layer_norm_epsilon", "-1", "a positive number"));
  assert.is(refused({ tie_word_embeddings: 1 }), is("tie_word_embeddings", "1", "true or false"));
  assert.is(refused({ bos_token_id: -1 }), is("bos_token_id", "-1", "a token id"));
});

test("an activation that is nothing, or no activation's name, is refused in files and in code", () => {
  const supported =
    '"gelu_new", "gelu_pytorch_tanh", "gelu_python_tanh", "gelu_accurate", "gelu_fast", "gelu", "gelu_python", "gelu_10", ' +
    '"quick_gelu", "relu", "relu2", "relu6", "leaky_relu", "silu", "swish", "mish", "hardswish", "laplace", "sigmoid", "sqrtsoftplus", "tanh", "linear".';
  for (const activation of [null, "constructor", "__proto__", 7]) {
    const message = `config: "activation_function" is ${JSON.stringify(activation)}, which is not supported. Supported: ${supported}`;
    assert.is(thrown(() => parse({ activation_function: activation })).message, message);
    // As JavaScript may.
    assert.is(thrown(() => gpt2Config({ ...SIZES, activation: activation as never })).message, message);
  }
});

test("loadModel and GPT2 refuse an activation that is nothing or none's name, and an epsilon below 0", async () => {
  type Files = Awaited<ReturnType<typeof tinyFiles>>;
  const loaders = [(files: Files) => loadModel(files), (files: Files) => GPT2.fromPretrained(files)];
  for (const load of loaders) {
    const refusal = async (changes: object): Promise<string> => {
      const files = await tinyFiles({ "config.json": jsonFile({ ...tinyConfig, ...changes }) });
      return (await rejected(load(files))).message;
    };
    for (const activation of [null, "constructor"]) {
      const message = await refusal({ activation_function: activation });
      const got = JSON.stringify(activation);
      assert.ok(
        message.startsWith(
          `memory/config.json: "activation_function" is ${got}, which is not supported. Supported: `,
        ),
        message,
      );
    }
    assert.is(
      await refusal({ layer_norm_epsilon: -1 }),
      `memory/config.json: "layer_norm_epsilon" is -1; it must be a positive number. ${CHECK}`,
    );
  }
});

test("numbers, switches and names given in code are checked", () => {
  const message = (given: object): string => thrown(() => gpt2Config({ ...SIZES, ...given })).message;
  for (const epsilon of [-1, 0, NaN, Infinity, "1e-5"])
    assert.is(
      message({ epsilon }),
      `config: "layer_norm_epsilon" is ${JSON.stringify(epsilon)}; it must be a positive number. ${CHECK}`,
    );
  assert.is(
    message({ tiedEmbeddings: "no" }),
    `config: "tie_word_embeddings" is "no"; it must be true or false. ${CHECK}`,
  );
  assert.is(
    message({ nHeads: 3 }),
    `config: "n_head" is 3; it must be a divisor of "n_embd", which is 4. ${CHECK}`,
  );
  assert.is(
    message({ heads: 3 }),
    'config: "heads" is 3; it must be left out: known are nLayers, nHeads, dModel, dVocab, nPositions, dMlp, epsilon, ' +
      "activation, scaleAttention, scaleAttentionByLayer, tiedEmbeddings, bosTokenId. Check that it is the config.json of a " +
      "GPT-2 model.",
  );
});

test("a config.json that is no object is refused", async () => {
  const files = await tinyFiles({ "config.json": encodeUtf8("[]") });
  const error = (await rejected(loadModel(files))) as Error & { code: string };
  assert.is(error.code, "CONFIG_FIELD");
  assert.is(
    error.message,
    'memory/config.json: "(the whole file)" is []; it must be an object. Check that it is the config.json of a model.',
  );
});

test("what is not implemented is refused, with what is", async () => {
  const refusal = async (changes: object): Promise<string[]> => {
    const files = await tinyFiles({ "config.json": jsonFile({ ...tinyConfig, ...changes }) });
    const error = (await rejected(GPT2.fromPretrained(files))) as Error & { code: string };
    return [error.code, error.message];
  };
  for (const [type, got] of [
    ["llama", '"llama"'],
    [undefined, "missing"],
  ] as const)
    assert.equal(await refusal({ model_type: type }), [
      "CONFIG_UNSUPPORTED",
      `memory/config.json: "model_type" is ${got}, which is not supported. Supported: "gpt2".`,
    ]);
  assert.equal(await refusal({ activation_function: "prelu" }), [
    "CONFIG_UNSUPPORTED",
    'memory/config.json: "activation_function" is "prelu", an activation with weights of its own, which is not supported. Supported: "gelu_new", ' +
      '"gelu_pytorch_tanh", "gelu_python_tanh", "gelu_accurate", "gelu_fast", "gelu", "gelu_python", "gelu_10", "quick_gelu", "relu", ' +
      '"relu2", "relu6", "leaky_relu", "silu", "swish", "mish", "hardswish", "laplace", "sigmoid", "sqrtsoftplus", "tanh", "linear".',
  ]);
  assert.equal(await refusal({ add_cross_attention: true }), [
    "CONFIG_UNSUPPORTED",
    'memory/config.json: "add_cross_attention" is true, which is not supported. Supported: false.',
  ]);
});

test("a model's name in place of a directory is told how to get the files", async () => {
  const loaders = [(name: string) => GPT2.fromPretrained(name), (name: string) => loadModel(name)];
  for (const load of loaders) {
    const error = (await rejected(load("gpt2"))) as Error & { code: string };
    assert.is(error.code, "MODEL_NOT_FOUND");
    assert.is(
      error.message,
      "gpt2/config.json: there is no such file, and models are not downloaded by their names. Get config.json, " +
        'tokenizer.json and the safetensors files first, as with "hf download gpt2 --local-dir models/gpt2", and ' +
        "give that folder; or give the URL of the folder that they are in.",
    );
    const path = (await rejected(load("./no/such/place"))) as Error & { code: string };
    assert.is(path.code, "FILE_NOT_FOUND");
  }
});

test("a directory without config.json, or with a damaged one, is refused", async () => {
  const missing = await rejected(GPT2.fromPretrained(await tinyFiles({ "config.json": undefined })));
  assert.is(
    missing.message,
    "memory/config.json: there is no such file. Check the directory and the file's name.",
  );
  const files = await tinyFiles({ "config.json": encodeUtf8('{"n_layer": 1') });
  const damaged = (await rejected(GPT2.fromPretrained(files))) as Error & { code: string };
  assert.is(damaged.code, "JSON_INVALID");
  assert.ok(damaged.message.startsWith("memory/config.json: is not valid JSON ("));
});

test.run();

import { GPT2, gpt2Config, loadModel, parseGPT2Config } from "@hookdict/models";
import { encodeUtf8 } from "@hookdict/tensordict/io";
import { assert, rejected, suite, thrown } from "../../gate/suite.ts";
import { jsonFile, tinyConfig, tinyFiles } from "./tiny.ts";

const test = suite("config.json of GPT2");

const parse = (changes: object) => parseGPT2Config({ ...tinyConfig, ...changes }, "config.json");
const CHECK = "Check that it is the config.json of a GPT-2 model.";

const SIZES = { nLayers: 1, nHeads: 2, dModel: 4, dVocab: 5, nPositions: 3 };

/** Whole message of a field that is refused. */
function refused(changes: object): string {
  const error = thrown(() => parse(changes)) as Error & { code: string };
  assert.is(error.code, "CONFIG_FIELD");
  return error.message;
}

test("what is not given is as in GPT-2", () => {
  assert.equal(parse({}), {
    nLayers: 1,
    nHeads: 2,
    dModel: 4,
    dHead: 4 / 2,
    dMlp: 4 * 4,
    dVocab: 5,
    nPositions: 3,
    epsilon: 1e-5,
    activation: "gelu_new",
    scaleAttention: true,
    scaleAttentionByLayer: false,
    tiedEmbeddings: true,
    initializerRange: 0.02,
    bosTokenId: undefined,
  });
});

test("what is given is taken", () => {
  const config = parse({
    n_inner: 6,
    layer_norm_epsilon: 1e-6,
    activation_function: "relu",
    bos_token_id: 4,
  });
  assert.equal([config.dMlp, config.epsilon, config.activation, config.bosTokenId], [6, 1e-6, "relu", 4]);
  const other = parse({
    scale_attn_weights: false,
    scale_attn_by_inverse_layer_idx: true,
    tie_word_embeddings: false,
  });
  assert.equal(
    [other.scaleAttention, other.scaleAttentionByLayer, other.tiedEmbeddings],
    [false, true, false],
  );
});

test("a field of the wrong kind is named, with what it must be", () => {
  const is = (field: string, value: string, want: string): string =>
    `config.json: "${field}" is ${value}; it must be ${want}. ${CHECK}`;
  assert.is(refused({ n_layer: undefined }), is("n_layer", "missing", "a positive integer"));
  assert.is(refused({ n_layer: 0 }), is("n_layer", "0", "a positive integer"));
  assert.is(refused({ n_embd: "4" }), is("n_embd", '"4"', "a positive integer"));
  assert.is(refused({ vocab_size: 2.5 }), is("vocab_size", "2.5", "a positive integer"));
  assert.is(refused({ n_head: 3 }), is("n_head", "3", 'a divisor of "n_embd", which is 4'));
  assert.is(refused({ layer_norm_epsilon: -1 }), is("layer_norm_epsilon", "-1", "a positive number"));
  assert.is(refused({ tie_word_embeddings: 1 }), is("tie_word_embeddings", "1", "true or false"));
  assert.is(refused({ bos_token_id: -1 }), is("bos_token_id", "-1", "a token id"));
  assert.is(refused({ bos_token_id: 5 }), is("bos_token_id", "5", "a token id below 5"));
});

test("an activation that is nothing, or no activation's name, is refused in files and in code", () => {
  const supported = '"gelu_new", "gelu_pytorch_tanh", "gelu_fast", "gelu", "relu", "silu", "swish", "tanh".';
  for (const activation of [null, "constructor", "__proto__", 7]) {
    const got = JSON.stringify(activation);
    assert.is(
      thrown(() => parse({ activation_function: activation })).message,
      `config.json: "activation_function" is ${got}, which is not supported. Supported: ${supported}`,
    );
    assert.is(
      thrown(() => gpt2Config({ ...SIZES, activation: activation as never })).message, // as JavaScript may
      `config: "activation" is ${got}, which is not supported. Supported: ${supported}`,
    );
  }
});

test("loadModel refuses an activation that is nothing or no activation's name, and an epsilon below 0", async () => {
  const refusal = async (changes: object): Promise<string> => {
    const files = await tinyFiles({ "config.json": jsonFile({ ...tinyConfig, ...changes }) });
    return (await rejected(loadModel(files))).message;
  };
  for (const activation of [null, "constructor"]) {
    const message = await refusal({ activation_function: activation });
    const got = JSON.stringify(activation);
    assert.ok(
      message.startsWith(`memory/config.json: "activation_function" is ${got}, which is not supported.`),
      message,
    );
  }
  assert.is(
    await refusal({ layer_norm_epsilon: -1 }),
    'memory/config.json: "layer_norm_epsilon" is -1; it must be a positive number. ' +
      'Check that it is the config.json of a model of the type "gpt2".',
  );
});

test("numbers and switches given in code are checked", () => {
  const message = (given: object): string => thrown(() => gpt2Config({ ...SIZES, ...given })).message;
  for (const epsilon of [-1, 0, NaN, Infinity, "1e-5"])
    assert.is(
      message({ epsilon }),
      `config: "epsilon" is ${JSON.stringify(epsilon)}; it must be a positive number. ${CHECK}`,
    );
  assert.is(
    message({ initializerRange: NaN }),
    `config: "initializerRange" is null; it must be a positive number. ${CHECK}`,
  );
  assert.is(
    message({ tiedEmbeddings: "no" }),
    `config: "tiedEmbeddings" is "no"; it must be true or false. ${CHECK}`,
  );
});

test("a config that is no object is refused", () => {
  const error = thrown(() => parseGPT2Config(null, "config.json")) as Error & { code: string };
  assert.is(error.code, "CONFIG_FIELD");
  assert.is(error.message, `config.json: "(the whole file)" is null; it must be an object. ${CHECK}`);
});

test("what is not implemented is refused, with what is", () => {
  const error = thrown(() => parse({ model_type: "llama" })) as Error & { code: string };
  assert.is(error.code, "CONFIG_UNSUPPORTED");
  assert.is(
    error.message,
    'config.json: "model_type" is "llama", which is not supported. Supported: "gpt2".',
  );
  assert.is(
    thrown(() => parse({ model_type: undefined })).message,
    'config.json: "model_type" is missing, which is not supported. Supported: "gpt2".',
  );
  assert.is(
    thrown(() => parse({ activation_function: "mish" })).message,
    'config.json: "activation_function" is "mish", which is not supported. Supported: "gelu_new", ' +
      '"gelu_pytorch_tanh", "gelu_fast", "gelu", "relu", "silu", "swish", "tanh".',
  );
  assert.is(
    thrown(() => parse({ add_cross_attention: true })).message,
    'config.json: "add_cross_attention" is true, which is not supported. Supported: false.',
  );
});

test("sizes given in code are checked under their own names", () => {
  const sizes = { nLayers: 1, nHeads: 3, dModel: 4, dVocab: 5, nPositions: 3 };
  assert.is(
    thrown(() => gpt2Config(sizes)).message,
    `config: "nHeads" is 3; it must be a divisor of "dModel", which is 4. ${CHECK}`,
  );
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

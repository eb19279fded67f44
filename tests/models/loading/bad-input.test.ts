import { readFileSync } from "node:fs";
import { CausalCache, loadModel, type Transformer, TransformerCache } from "@hookdict/models";
import { memory, tensor3d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure, failure } from "../../support/failure.ts";
import { familyFolder } from "../families/variants.ts";
import { ints } from "../generation/families.ts";
import { ioiTiny } from "../ioi-tiny.ts";

// What people give that cannot work, once each: one clear error, and nothing left behind.
const test = suite("bad input of language models");

const bytesOf = (name: string, file: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(file, familyFolder(name))));

/** A variant's files, with another config.json or other weights. */
function files(
  name: string,
  change: object = {},
  weights: Uint8Array = bytesOf(name, "model.safetensors"),
): Record<string, Uint8Array> {
  const config = JSON.parse(new TextDecoder().decode(bytesOf(name, "config.json"))) as object;
  return {
    "config.json": new TextEncoder().encode(JSON.stringify({ ...config, ...change })),
    "model.safetensors": weights,
  };
}

/** A file whose header names one tensor otherwise; data are as they were. */
function renamed(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
  const changed = new TextEncoder().encode(header.replace(`"${from}"`, `"${to}"`));
  const all = new Uint8Array(8 + changed.length + bytes.length - 8 - length);
  new DataView(all.buffer).setBigUint64(0, BigInt(changed.length), true);
  all.set(changed, 8);
  all.set(bytes.subarray(8 + length), 8 + changed.length);
  return all;
}

const CONFIG = "memory/config.json";
const FILE = "memory/model.safetensors";
const TOGETHER = "Check that config and weights belong together.";

const refused: Readonly<Record<string, readonly [Record<string, Uint8Array>, string, string]>> = {
  "an unknown scaling of positions": [
    files("llama", { rope_parameters: { rope_type: "spiral", rope_theta: 1e4 } }),
    "CONFIG_UNSUPPORTED",
    `${CONFIG}: rope_parameters: "rope_type" is "spiral", which is not supported. ` +
      'Supported: "default", "linear", "dynamic", "yarn", "longrope", "llama3", "proportional", "su".',
  ],
  "an activation that takes weights": [
    files("llama", { hidden_act: "xielu" }),
    "CONFIG_UNSUPPORTED",
    `${CONFIG}: "hidden_act" is "xielu", an activation with weights of its own, which is not supported. Supported: "gelu_new", "gelu_pytorch_tanh", ` +
      '"gelu_python_tanh", "gelu_accurate", "gelu_fast", "gelu", "gelu_python", "gelu_10", "quick_gelu", "relu", "relu2", "relu6", ' +
      '"leaky_relu", "silu", "swish", "mish", "hardswish", "laplace", "sigmoid", "sqrtsoftplus", "tanh", "linear".',
  ],
  "a tensor that is missing, and one for which there is no place": [
    files(
      "llama",
      {},
      renamed(bytesOf("llama", "model.safetensors"), "model.norm.weight", "model.morn.weight"),
    ),
    "CHECKPOINT_TENSORS_MISSING",
    `${FILE}: lacks "model.norm.weight", which config.json calls for. ${TOGETHER}`,
  ],
  "layers for which there is no place": [
    files("llama", { num_hidden_layers: 2 }),
    "CHECKPOINT_TENSORS_EXTRA",
    `${FILE}: has ${[
      "input_layernorm",
      "mlp.down_proj",
      "mlp.gate_proj",
      "mlp.up_proj",
      "post_attention_layernorm",
    ]
      .map((each) => `"model.layers.2.${each}.weight"`)
      .join(", ")} and 4 more, for which the model of config.json has no place. ${TOGETHER}`,
  ],
  "sizes that do not fit": [
    files("llama", { intermediate_size: 8 }),
    "CHECKPOINT_TENSOR_SHAPE",
    `${FILE}: tensor "model.layers.0.mlp.gate_proj.weight" has shape [56, 32]; config.json calls for [8, 32]. ${TOGETHER}`,
  ],
  "heads that do not divide": [
    files("llama", { num_key_value_heads: 3 }),
    "CONFIG_FIELD",
    `${CONFIG}: "num_key_value_heads" is 3; it must be a divisor of "num_attention_heads", which is 4. Check that it is the config.json of a model of the type "llama".`,
  ],
};

for (const [what, [given, code, message]] of Object.entries(refused))
  test(`${what}: refused by name, and nothing stays`, async () => {
    const before = memory();
    assert.equal(await asyncFailure(loadModel(given)), [code, message]);
    assert.equal([memory().numTensors, memory().numBytes], [before.numTensors, before.numBytes]);
  });

test("positions beyond the context, with a cache and without, and a model goes on to work", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  const { nPositions = 0 } = model.config;
  using cache = new TransformerCache(model);
  const [long, one] = [ints([Array<number>(nPositions + 1).fill(1)]), ints([[1]])];
  const before = memory().numTensors;
  const message = `The tokens are ${nPositions + 1} long; the model has ${nPositions} positions. Shorten the text.`;
  assert.equal(failure(() => model.call(long)), ["TOKENS_TOO_LONG", message]); // prettier-ignore
  assert.equal(failure(() => model.withCache(cache, () => model.call(long))), ["TOKENS_TOO_LONG", message]); // prettier-ignore
  assert.equal([cache.length, memory().numTensors], [0, before]);
  model.call(one).dispose();
  for (const each of [long, one]) each.dispose();
});

test("a cache that is full stores nothing of what it has no room for", () => {
  using cache = new CausalCache({ capacity: 2 });
  const rows = tensor3d([1, 2], [2, 1, 1]);
  cache.startForward({ positions: [0, 1] });
  cache.put(rows, rows);
  const before = memory().numTensors;
  assert.equal(
    failure(() => cache.startForward({ positions: [2] })),
    [
      "CACHE_FULL",
      "The cache has no room for 1 token: 0 cells free.\n" +
        "CausalCache: 2 of 2 cells, history 0..1\n" +
        "  sequence 0: 2 tokens, positions 0..1, cells 0..1\n" +
        " Remove sequences that are finished, remove earlier tokens, or make a cache of more capacity.",
    ],
  );
  assert.is(memory().numTensors, before);
  rows.dispose();
});

test("a tokenizer that belongs to another model is found out by its tokens", async () => {
  const own = files("llama");
  const tokenizer = (file: string): Uint8Array => new Uint8Array(readFileSync(new URL(file, ioiTiny)));
  using model = await loadModel<Transformer>({ ...own, "tokenizer.json": tokenizer("tokenizer.json") });
  const before = memory().numTensors;
  const said = failure(() => model.call("When Mary and John went to the store"));
  assert.equal(said, [
    "TOKENIZER_FOREIGN",
    'The tokenizer gives token 100, "went"; the model has 96 tokens: they do not belong together. Load the model with the tokenizer.json of its own checkpoint.',
  ]);
  assert.is(memory().numTensors, before);
});

test.run();

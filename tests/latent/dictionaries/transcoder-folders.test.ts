import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadTranscoders, TRANSCODER_FORMATS } from "@hookdict/latent";
import { encodeUtf8 } from "@hookdict/tensordict/io";
import { memory, type Tensor, tensor2d } from "@tensorflow/tfjs-core";
import { asyncFailure } from "../../support/failure.ts";
import { assert, suite } from "../../gate/suite.ts";
import { npzOf, type Tensors, weightsOf } from "./files.ts";

const test = suite("folders of transcoders");

const CLT = {
  enc: (at: number, more: Tensors = {}): Tensors => ({
    [`W_enc_${at}`]: [[1, 2], [1, 2]],
    [`b_enc_${at}`]: [[1], [0]],
    [`b_dec_${at}`]: [[2], [0, at]],
    ...more,
  }),
} as const; // prettier-ignore

async function crossLayerFolder(more: Record<string, Uint8Array> = {}): Promise<Record<string, Uint8Array>> {
  return {
    "config.yaml": encodeUtf8(
      'model_kind: "cross_layer_transcoder"\nfeature_input_hook: "hook_in" # here\nfeature_output_hook: hook_out\n',
    ),
    "W_enc_0.safetensors": await weightsOf(CLT.enc(0, { threshold_0: [[1], [2]] })),
    "W_dec_0.safetensors": await weightsOf({ W_dec_0: [[1, 2, 2], [1, 0, 0, 10]] }), // prettier-ignore
    "W_enc_1.safetensors": await weightsOf(CLT.enc(1, { W_skip_1: [[2, 2], [0, 1, 0, 0]] })), // prettier-ignore
    "W_dec_1.safetensors": await weightsOf({ W_dec_1: [[1, 1, 2], [3, 4]] }), // prettier-ignore
    ...more,
  };
}

test("a folder of a cross-layer transcoder is loaded, with thresholds, skip connections and sites", async () => {
  using clt = await loadTranscoders(await crossLayerFolder());
  assert.is(String(clt), "Transcoders of 2 layers, cross-layer: 1 features by jumpRelu, 2 to 2");
  assert.is(clt.layers[1]?.config.activation, "relu");
  assert.is(clt.layers[1]?.config.site, "blocks.1.hook_in");
  assert.is(clt.layers[0]?.config.outputSite, "blocks.0.hook_out");
  const values = [tensor2d([[1, 1]]), tensor2d([[5, 1]])];
  const features = clt.encode(values); // 3; 7
  const written = clt.decode(features, values);
  assert.equal(
    written.map((one) => [...one.dataSync()]),
    [
      [3, 0],
      [21, 30 + 28 + 1 + 5],
    ],
  );
  for (const one of [...values, ...features, ...written]) one.dispose();
});

test("folders with a file for each layer, and lists of files, are loaded", async () => {
  const one: Tensors = {
    W_enc: [[1, 2], [1, 2]], W_dec: [[1, 2], [3, 4]], b_enc: [[1], [0]], b_dec: [[2], [0, 0]], W_skip: [[2, 2], [0, 0, 1, 0]],
  }; // prettier-ignore
  const yaml = (lines: string): Uint8Array => encodeUtf8(`feature_input_hook: 'hook_in'\n${lines}`);
  const file = await weightsOf(one);
  using apart = await loadTranscoders({
    "config.yaml": yaml(""),
    "layer_0.safetensors": file,
    "layer_1.safetensors": file,
  });
  assert.is(apart.isCrossLayer, false);
  assert.is(apart.layers[1]?.config.site, "blocks.1.hook_in");
  const x1 = tensor2d([[1, 1]]);
  const found = apart.layers[1]?.reconstruct(x1) as Tensor;
  assert.equal([...found.dataSync()], [9, 12 + 1]);
  found.dispose();
  using listed = await loadTranscoders({
    "config.yaml": yaml(
      'transcoders:\n  - "hf://google/scope/layer_0/params.npz"\n  # and\n  - hf://someone/else/own.safetensors?revision=main\nscan: x\n',
    ),
    "layer_0/params.npz": npzOf({
      W_enc: [[2, 1], [1, 2]], W_dec: [[1, 2], [3, 4]], b_enc: [[1], [0]], b_dec: [[2], [0, 0]], threshold: [[1], [1]],
    }), // prettier-ignore
    "own.safetensors": file,
  });
  assert.equal(
    listed.layers.map(({ config }) => config.activation),
    ["jumpRelu", "relu"],
  );
  x1.dispose();
});

for (const [what, change, code, message] of [
  [
    "nothing",
    async () => ({}),
    "TRANSCODER_FORMAT",
    "memory holds no transcoders of a known layout. A folder has one of these: W_enc_0.safetensors and W_dec_0.safetensors; layer_0.safetensors; config.yaml.",
  ],
  [
    "a layer missing",
    async () => {
      const { "W_dec_1.safetensors": _, ...rest } = await crossLayerFolder();
      return rest;
    },
    "FILE_NOT_FOUND",
    "memory/W_dec_1.safetensors",
  ],
  [
    "a decoder of too few layers",
    async () =>
      await crossLayerFolder({
        "W_dec_1.safetensors": await weightsOf({
          W_dec_1: [
            [1, 2],
            [3, 4],
          ],
        }),
      }),
    "DICTIONARY_WEIGHT_SHAPE",
    "memory/W_dec_1.safetensors: W_dec_1 has shape [1, 2] in place of [1, 1, 0]",
  ],
  [
    "an encoder missing",
    async () => await crossLayerFolder({ "W_enc_1.safetensors": await weightsOf({ b_enc_1: [[1], [0]] }) }),
    "DICTIONARY_WEIGHTS_MISSING",
    "lacks W_enc_1 and W_dec_1",
  ],
  [
    "another width",
    async () =>
      await crossLayerFolder({
        "W_enc_1.safetensors": await weightsOf(CLT.enc(1, { b_dec_1: [[3], [0, 0, 0]] })),
      }),
    "DICTIONARY_WEIGHT_SHAPE",
    "bDec has shape [3] in place of [2]",
  ],
  [
    "another width later",
    async () =>
      await crossLayerFolder({
        "W_dec_0.safetensors": await weightsOf({
          W_dec_0: [
            [1, 2, 3],
            [1, 0, 0, 10, 0, 0],
          ],
        }),
        "W_enc_0.safetensors": await weightsOf(CLT.enc(0, { b_dec_0: [[3], [0, 0, 0]] })),
      }),
    "TRANSCODER_LAYERS",
    "[1, 3] as decoder of layer 0 in layer 1, in place of [1, 2]",
  ],
  [
    "infinity",
    async () =>
      await crossLayerFolder({
        "W_dec_1.safetensors": await weightsOf({
          W_dec_1: [
            [1, 1, 2],
            [3, Infinity],
          ],
        }),
      }),
    "DICTIONARY_WEIGHT_INVALID",
    "W_dec_1 holds Infinity at 1",
  ],
  [
    "nested YAML",
    async () => await crossLayerFolder({ "config.yaml": encodeUtf8("a:\n  b: 1\n") }),
    "DICTIONARY_CONFIG",
    'memory/config.yaml: "line 2" is "  b: 1"; it must be a new "key: value", or "- value" in a list.',
  ],
  [
    "a key twice",
    async () => await crossLayerFolder({ "config.yaml": encodeUtf8("a: 1\na: 2\n") }),
    "DICTIONARY_CONFIG",
    '"line 2" is "a: 2"',
  ],
  [
    "bytes that are no text",
    async () => await crossLayerFolder({ "config.yaml": new Uint8Array([255, 254]) }),
    "DICTIONARY_CONFIG",
    "UTF-8 text",
  ],
  [
    "an endless configuration",
    async () => await crossLayerFolder({ "config.yaml": new Uint8Array(1 << 21) }),
    "DICTIONARY_CONFIG",
    "at most 1048576 bytes",
  ],
  [
    "no list",
    async () => ({ "config.yaml": encodeUtf8("a: 1\n") }),
    "DICTIONARY_CONFIG",
    '"transcoders" is missing; it must be a list of files.',
  ],
  [
    "a way out of the folder",
    async () => ({ "config.yaml": encodeUtf8("transcoders:\n- hf://a/b/../../secret.npz\n") }),
    "DICTIONARY_CONFIG",
    "it must be hf://owner/name/path to .npz or .safetensors",
  ],
  [
    "a path from the root",
    async () => ({ "config.yaml": encodeUtf8("transcoders:\n- /etc/secret.npz\n") }),
    "DICTIONARY_CONFIG",
    '"/etc/secret.npz"',
  ],
] as const)
  // prettier-ignore
  test(`a folder with ${what} is refused, and leaves nothing`, async () => {
    const { numTensors } = memory();
    const [found, text] = await asyncFailure(loadTranscoders(await change()));
    assert.match(text, message);
    assert.is(found, code);
    assert.is(memory().numTensors, numTensors);
  });

test("every file of formats is listed", () => {
  const path = fileURLToPath(
    new URL("../../../packages/latent/src/dictionaries/transcoders/formats", import.meta.url),
  );
  const text = readdirSync(path)
    .map((file) => readFileSync(`${path}/${file}`, "utf8"))
    .join("\n");
  assert.is([...text.matchAll(/: TranscoderFormat = \{/g)].length, TRANSCODER_FORMATS.length);
});

test.run();

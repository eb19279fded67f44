import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compose, Interventions } from "@hookdict/contexts";
import { countHooks, HookPoint, Module } from "@hookdict/core";
import {
  ActivationCaching,
  type DictionaryConfig,
  loadTranscoders,
  SparseDictionary,
  TRANSCODER_FORMATS,
  Transcoders,
  TranscoderSplicing,
} from "@hookdict/latent";
import { encodeUtf8 } from "@hookdict/tensordict/io";
import { add, memory, mul, type Tensor, tensor1d, tensor2d, tensor3d } from "@tensorflow/tfjs-core";
import { asyncFailure, failure } from "../../support/failure.ts";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { take } from "../../support/values.ts";
import { npzOf, type Tensors, weightsOf } from "./files.ts";

const test = suite("Transcoders");

/** x + 2 x in each of two layers, between the points where a layer reads and writes. */
class Layer extends Module {
  readonly hook_in: HookPoint = new HookPoint({ axes: ["batch", "pos", "dModel"] });
  readonly hook_out: HookPoint = new HookPoint({ axes: ["batch", "pos", "dModel"] });
  override forward(x: Tensor): Tensor {
    return add(x, this.hook_out.call(mul(this.hook_in.call(x), 2)));
  }
}

class Stack extends Module {
  readonly blocks: readonly Layer[] = [new Layer(), new Layer()];
  override forward(x: Tensor): Tensor {
    return this.blocks.reduce((stream, block) => block.call(stream), x);
  }
}

/** One feature for each value above 0, which writes `write` times that in its own layer. */
function layer(at: number, write: number, more: Partial<DictionaryConfig> = {}): SparseDictionary {
  return new SparseDictionary(
    {
      activation: "relu",
      dIn: 2,
      dSae: 2,
      site: `blocks.${at}.hook_in`,
      outputSite: `blocks.${at}.hook_out`,
      ...more,
    },
    {
      wEnc: tensor2d([1, 0, 0, 1], [2, 2]),
      wDec: tensor2d([write, 0, 0, write], [2, 2]),
      bEnc: tensor1d([0, 0]),
      bDec: tensor1d([0, at]),
    },
  );
}

const twoLayers = (): Transcoders =>
  new Transcoders([layer(0, 1), layer(1, 2)], [[tensor2d([10, 0, 0, 100], [2, 2])]]);

const x = (): Tensor => tensor3d([1, -4], [1, 1, 2]);

test("features of a layer write there and in later ones", () => {
  using both = twoLayers();
  assert.is(String(both), "Transcoders of 2 layers, cross-layer: 2 features by relu, 2 to 2");
  const values = [tensor2d([[1, 2]]), tensor2d([[3, -1]])];
  const features = both.encode(values);
  assert.equal([...(features[1] as Tensor).dataSync()], [3, 0]);
  const written = both.decode(features, values);
  assert.equal(
    written.map((one) => [...one.dataSync()]),
    [
      [1, 2],
      [6 + 10, 0 + 200 + 1],
    ],
  );
  assert.is(both.decoder(1, 0), undefined);
  for (const one of [...values, ...features, ...written]) one.dispose();
});

test("what does not fit is refused, and stays the caller's", () => {
  const layers = [layer(0, 1), layer(1, 1)];
  const wide = tensor2d([[1, 2, 3]]);
  assert.equal(
    failure(() => new Transcoders(layers, [[wide]])),
    [
      "TRANSCODER_LAYERS",
      "Transcoders were given [1, 3] as decoder of layer 0 in layer 1, in place of [2, 2]. Give one of each layer, in the layers' order.",
    ],
  );
  assert.match(thrown(() => new Transcoders(layers, [[], [wide]])).message, "1 as layers that layer 1 writes in besides its own, in place of 0"); // prettier-ignore
  assert.match(thrown(() => new Transcoders(layers, [[5 as never]])).message, "later[0][0]");
  assert.is(failure(() => new Transcoders([]))[0], "ARGUMENT_INVALID");
  using both = new Transcoders(layers);
  assert.is(both.isCrossLayer, false);
  assert.match(thrown(() => both.encode([wide])).message, "1 as values, in place of 2");
  assert.match(
    thrown(() => both.decodeAt(1, [wide])).message,
    "1 as features of layers 0 to 1, in place of 2",
  );
  wide.dispose();
});

for (const [errorTerm, before, silenced] of [
  // Of [1, -4]: features [1, 0], then [3, 0] of [3, -12] with the error kept, [2, 0] of [2, -4] without.
  ["kept", [9, -36], [9 - 1 - 2 - 10, -36]],
  ["none", [2 + 4 + 10, -4 + 1], [1 + 2, -4 + 1]],
] as const)
  test(`a change of a feature reaches all layers that it writes in, error ${errorTerm}`, () => {
    using transcoders = twoLayers();
    const model = new Stack();
    const splicing = new TranscoderSplicing({ transcoders, errorTerm });
    const given = x();
    using hooked = splicing.prepare(model);
    assert.equal(take(hooked.call(given)), [...before]);
    hooked.dispose();
    const at = "blocks.0.hook_in.transcoder.features[0]";
    const silence = new Interventions({ interventions: [{ kind: "zero", at }] });
    using changed = compose(splicing, silence).prepare(model);
    assert.equal(take(changed.call(given)), [...silenced]);
    changed.dispose();
    given.dispose();
    assert.is(countHooks(model), 0);
  });

test("features, reconstructions and errors of every layer are sites", () => {
  using transcoders = twoLayers();
  using hooked = compose(
    new TranscoderSplicing({ transcoders, name: "clt" }),
    new ActivationCaching("**.clt.*"),
  ).prepare(new Stack());
  const given = x();
  hooked.call(given).dispose();
  given.dispose();
  const read = (path: string): number[] => [
    ...hooked.cache.get<Tensor>(["fwd", `blocks.${path}`]).dataSync(),
  ];
  assert.equal(read("1.hook_in.clt.features"), [3, 0]);
  assert.equal(read("1.hook_in.clt.reconstruction"), [16, 1]);
  assert.equal(read("1.hook_in.clt.error"), [6 - 16, -24 - 1]);
});

test("a run that ends early leaves nothing", () => {
  using transcoders = twoLayers();
  using hooked = new TranscoderSplicing({ transcoders }).prepare(new Stack());
  const given = x();
  const { numTensors } = memory();
  const wide = tensor3d([1, 2, 3], [1, 1, 3]);
  assert.is(failure(() => hooked.call(wide))[0], "DICTIONARY_WIDTH");
  wide.dispose();
  hooked.call(given).dispose();
  assert.is(memory().numTensors, numTensors);
  given.dispose();
});

test("places that the model has not, or that are taken twice, are refused", () => {
  using transcoders = twoLayers();
  const prepare =
    (options: object): (() => unknown) =>
    () =>
      new TranscoderSplicing({ transcoders, ...options }).prepare(new Stack());
  assert.equal(failure(prepare({ input: "blocks.{layer}.hook_mid" })), [
    "TRANSCODER_SITES",
    "Transcoders of 2 layers do not fit the model: it lacks blocks.0.hook_mid, blocks.1.hook_mid. Give input and output as paths with {layer} in place of the number, and transcoders of this model.",
  ]);
  assert.match(
    thrown(prepare({ output: "blocks.1.hook_out" })).message,
    "they read and write at 3 places, not 4",
  );
  using bare = new Transcoders([layer(0, 1, { outputSite: undefined } as never)]);
  assert.match(
    thrown(() => new TranscoderSplicing({ transcoders: bare }).prepare(new Stack())).message,
    "it lacks the output of layer 0",
  );
});

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

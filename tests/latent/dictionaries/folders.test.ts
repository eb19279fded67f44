import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  DICTIONARY_FORMATS,
  FEATURE_ACTIVATIONS,
  loadDictionary,
  ROW_NORMALIZATIONS,
} from "@hookdict/latent";
import { encodeUtf8 } from "@hookdict/tensordict/io";
import { tensor2d } from "@tensorflow/tfjs-core";
import { asyncFailure } from "../../support/failure.ts";
import { assert, rejected, suite } from "../../gate/suite.ts";
import { npzOf, type Tensors, weightsOf } from "./files.ts";

const test = suite("folders of sparse dictionaries");

type Files = Record<string, Uint8Array>;
const CONFIG = { architecture: "standard", d_in: 2, d_sae: 1, apply_b_dec_to_input: false };
const WEIGHTS: Tensors = {
  W_enc: [
    [2, 1],
    [1, 2],
  ],
  W_dec: [
    [1, 2],
    [3, 4],
  ],
  b_enc: [[1], [0]],
  b_dec: [[2], [0, 0]],
};

async function folder(config: object = {}, weights: Tensors = {}): Promise<Files> {
  return {
    "cfg.json": encodeUtf8(JSON.stringify({ ...CONFIG, ...config })),
    "sae_weights.safetensors": await weightsOf({ ...WEIGHTS, ...weights }),
  };
}

const failureOf = (files: Files): Promise<readonly [string, string]> => asyncFailure(loadDictionary(files));
const messageOf = async (files: Files): Promise<string> => (await rejected(loadDictionary(files))).message;

test("a folder of two files is a dictionary", async () => {
  using dictionary = await loadDictionary(await folder());
  assert.is(String(dictionary), "SparseDictionary of 1 features by relu, 2 to 2");
  const x = tensor2d([[1, 1]]);
  const found = dictionary.reconstruct(x);
  assert.equal([...found.dataSync()], [9, 12]);
  x.dispose();
  found.dispose();
});

test("the k of older versions is read where it stands", async () => {
  const old = {
    architecture: undefined,
    activation_fn_str: "topk",
    activation_fn_kwargs: { k: 1 },
    hook_name: "blocks.0.hook_z",
  };
  using dictionary = await loadDictionary(await folder(old));
  assert.is(dictionary.config.activation, "topK");
  assert.is(dictionary.config.k, 1);
  assert.is(dictionary.config.joinsHeads, true);
  assert.is(dictionary.config.site, "blocks.0.hook_z");
});

test("what older versions leave out, or say in other words, is what SAE Lens takes it for", async () => {
  const { apply_b_dec_to_input: _, ...bare } = CONFIG;
  const read = async (config: object, weights: Tensors = {}): Promise<unknown> => {
    const files = {
      "cfg.json": encodeUtf8(JSON.stringify({ ...bare, ...config })),
      "sae_weights.safetensors": await weightsOf({ ...WEIGHTS, ...weights }),
    };
    using dictionary = await loadDictionary(files);
    const { activation, k, centresInput, normalization } = dictionary.config;
    return [activation, k, centresInput, normalization];
  };
  const gates: Tensors = { b_gate: [[1], [0]], b_mag: [[1], [0]], r_mag: [[1], [0]] };
  assert.equal(await read({}), ["relu", undefined, true, "none"]);
  assert.equal(await read({ architecture: "jumprelu" }, { threshold: [[1], [1]] }), ["jumpRelu", undefined, true, "none"]); // prettier-ignore
  assert.equal(await read({ architecture: "gated" }, gates), ["gated", undefined, true, "none"]);
  assert.equal(await read({ activation_fn: "topk", activation_fn_kwargs: { k: 1 } }), ["topK", 1, true, "none"]); // prettier-ignore
  for (const normalize_activations of [false, null, "none"])
    assert.equal(await read({ normalize_activations }), ["relu", undefined, true, "none"]);
  const ones = await read({ finetuning_scaling_factor: true }, { scaling_factor: [[1], [1]] });
  assert.equal(ones, ["relu", undefined, true, "none"]);
});

test("features that were scaled after training are refused", async () => {
  assert.equal(await failureOf(await folder({}, { scaling_factor: [[1], [0.5]] })), [
    "DICTIONARY_WEIGHT_INVALID",
    "memory/sae_weights.safetensors: scaling_factor holds 0.5, a factor that is not supported. Weights are finite floating-point numbers.",
  ]);
});

test("a folder of another kind is refused with the layouts that there are", async () => {
  assert.equal(await failureOf({ "readme.md": encodeUtf8("hello") }), [
    "DICTIONARY_FORMAT",
    `memory holds no sparse dictionary of a known layout. A folder has one of these: ${DICTIONARY_FORMATS.map(({ files }) => files.join(" and ")).join("; ")}.`,
  ]);
});

for (const [config, message] of [
  [{ d_sae: -1 }, 'memory/cfg.json: "d_sae" is -1; it must be a whole number of at least 1.'],
  [{ d_in: "2" }, 'memory/cfg.json: "d_in" is "2"; it must be a whole number of at least 1.'],
  [
    { architecture: "temporal" },
    'memory/cfg.json: "architecture" is "temporal"; it must be one of standard, jumprelu,',
  ],
  [
    { architecture: "topk" },
    'memory/cfg.json: activation_fn_kwargs: "k" is missing; it must be a number above 0.',
  ],
  [{ architecture: "topk", k: 0 }, 'memory/cfg.json: "k" is 0; it must be a number above 0.'],
  [
    { normalize_activations: "expected_average_only_in" },
    '"normalize_activations" is "expected_average_only_in"; it must be one of none, layer_norm, constant_norm_rescale.',
  ],
  [{ apply_b_dec_to_input: 1 }, '"apply_b_dec_to_input" is 1; it must be true or false.'],
  [{ metadata: [] }, '"(all of it)" is'],
  [
    { normalize_activations: true },
    '"normalize_activations" is true; it must be one of none, layer_norm, constant_norm_rescale.',
  ],
  [{ activation_fn_str: "tanh-relu" }, '"activation_fn_str" is "tanh-relu"; it must be one of relu, topk.'],
] as const) {
  test(`a configuration with ${JSON.stringify(config)} is refused`, async () => {
    const [code, text] = await failureOf(await folder(config));
    assert.is(code, "DICTIONARY_CONFIG");
    assert.match(text, message);
  });
}

test("weights that are missing, of another shape or not finite are refused, and leave nothing", async () => {
  const files = await folder();
  assert.equal(
    await failureOf({
      ...files,
      "sae_weights.safetensors": await weightsOf({
        W_enc: [
          [2, 1],
          [1, 2],
        ],
      }),
    }),
    [
      "DICTIONARY_WEIGHTS_MISSING",
      "memory/sae_weights.safetensors lacks wDec, bDec, bEnc; it has wEnc. Check that configuration and weights belong together.",
    ],
  );
  assert.equal(
    await failureOf(
      await folder(
        {},
        {
          W_dec: [
            [2, 1],
            [1, 2],
          ],
        },
      ),
    ),
    [
      "DICTIONARY_WEIGHT_SHAPE",
      "memory/sae_weights.safetensors: wDec has shape [2, 1] in place of [1, 2]. Check that configuration and weights belong together.",
    ],
  );
  assert.equal(await failureOf(await folder({}, { b_enc: [[1], [Number.NaN]] })), [
    "DICTIONARY_WEIGHT_INVALID",
    "sae_weights.safetensors: b_enc holds NaN at 0. Weights are finite floating-point numbers.",
  ]);
  assert.match(await messageOf({ ...files, "cfg.json": encodeUtf8("[1, 2") }), "cfg.json");
  assert.match(await messageOf({ ...files, "cfg.json": encodeUtf8("[]") }), '"(all of it)" is');
  assert.match(await messageOf({ ...files, "sae_weights.safetensors": new Uint8Array(4) }), "sae_weights");
});

test("folders of Gemma Scope 2 and of sparsify are dictionaries", async () => {
  const shared: Tensors = { b_enc: [[1], [0]], b_dec: [[2], [0, 0]] };
  using scope = await loadDictionary({
    "config.json": encodeUtf8(
      JSON.stringify({ hook_point_in: "ln2.hook_normalized", hook_point_out: "hook_mlp_out" }),
    ),
    "params.safetensors": await weightsOf({
      ...shared,
      w_enc: [
        [2, 1],
        [1, 2],
      ],
      w_dec: [
        [1, 2],
        [3, 4],
      ],
      threshold: [[1], [2]],
      affine_skip_connection: [
        [2, 2],
        [0, 1, 0, 0],
      ],
    }),
  });
  using eleuther = await loadDictionary({
    "cfg.json": encodeUtf8(JSON.stringify({ d_in: 2, k: 1, activation: "topk" })),
    "sae.safetensors": await weightsOf({
      "encoder.weight": [
        [1, 2],
        [1, 2],
      ],
      "encoder.bias": [[1], [0]],
      W_dec: [
        [1, 2],
        [3, 4],
      ],
      b_dec: [[2], [0, 0]],
    }),
  });
  const x = tensor2d([[1, 1]]);
  const [first, second] = [scope.reconstruct(x), eleuther.reconstruct(x)];
  assert.equal([...first.dataSync()], [9, 12 + 1]);
  assert.equal([...second.dataSync()], [9, 12]);
  assert.ok(scope.isTranscoder);
  for (const one of [x, first, second]) one.dispose();
  const [code, message] = await failureOf({
    "cfg.json": encodeUtf8(JSON.stringify({ d_in: 2, k: 1, activation: "groupmax" })),
    "sae.safetensors": new Uint8Array(8),
  });
  assert.is(code, "DICTIONARY_CONFIG");
  assert.match(message, '"activation" is "groupmax"; it must be one of topk.');
});

const SCOPE: Tensors = {
  W_enc: [
    [2, 1],
    [1, 2],
  ],
  W_dec: [
    [1, 2],
    [3, 4],
  ],
  b_enc: [[1], [0]],
  b_dec: [[2], [0, 1]],
  threshold: [[1], [2]],
};

test("a file of Gemma Scope 1 is a dictionary, at the site that is told", async () => {
  using scope = await loadDictionary({ "params.npz": npzOf(SCOPE) }, { site: "blocks.20.hook_resid_post" });
  assert.is(String(scope), "SparseDictionary of 1 features by jumpRelu, 2 to 2");
  assert.is(scope.config.site, "blocks.20.hook_resid_post");
  const x = tensor2d([
    [1, 1],
    [1, 0.5],
  ]);
  const found = scope.reconstruct(x);
  assert.equal([...found.dataSync()], [9, 13, 0, 1]);
  for (const one of [x, found]) one.dispose();
});

test("a file of Gemma Scope 1 that lacks a part, or whose parts do not fit, is refused", async () => {
  const { threshold: _, ...rest } = SCOPE;
  assert.equal(await failureOf({ "params.npz": npzOf({ b_enc: [[1], [0]] }) }), [
    "DICTIONARY_WEIGHTS_MISSING",
    "memory/params.npz lacks W_enc and W_dec; it has b_enc. Check that configuration and weights belong together.",
  ]);
  assert.match(await messageOf({ "params.npz": npzOf(rest) }), "memory/params.npz lacks threshold");
  assert.is((await failureOf({ "params.npz": npzOf({ ...SCOPE, b_dec: [[1], [0]] }) }))[0], "DICTIONARY_WEIGHT_SHAPE"); // prettier-ignore
  assert.is((await failureOf({ "params.npz": npzOf({ ...SCOPE, W_dec: [[2], [3, 4]] }) }))[0], "OPTION_INVALID"); // prettier-ignore
  assert.is((await failureOf({ "params.npz": npzOf({ ...SCOPE, b_enc: [[1], [NaN]] }) }))[0], "DICTIONARY_WEIGHT_INVALID"); // prettier-ignore
  assert.is((await failureOf({ "params.npz": new Uint8Array(40) }))[0], "NPZ_ARCHIVE");
  assert.is((await asyncFailure(loadDictionary({}, { sites: 1 } as never)))[0], "ARGUMENT_INVALID");
});

for (const [name, listed] of [
  ["activations", FEATURE_ACTIVATIONS],
  ["normalizations", ROW_NORMALIZATIONS],
  ["formats", DICTIONARY_FORMATS],
] as const) {
  test(`every file of ${name} is listed once`, () => {
    const path = fileURLToPath(new URL(`../../../packages/latent/src/dictionaries/${name}`, import.meta.url));
    const files = readdirSync(path).map((file) => readFileSync(`${path}/${file}`, "utf8"));
    const defining = files.filter((text) =>
      /: (FeatureActivation|RowNormalization|DictionaryFormat) = \{/.test(text),
    );
    assert.is(defining.length, listed.length);
    assert.is(new Set(listed.map((each) => each.name)).size, listed.length);
  });
}

test.run();

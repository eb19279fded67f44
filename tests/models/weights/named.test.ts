import { ActivationCaching } from "@hookdict/latent";
import {
  type EncoderDecoder,
  type ImageClassifier,
  loadModel,
  randomModel,
  type StateSpaceModel,
  type Transformer,
} from "@hookdict/models";
import {
  abs,
  add,
  fill,
  matMul,
  max,
  reshape,
  slice,
  sub,
  tensor2d,
  tidy,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";
import { familyFolder } from "../families/variants.ts";

const test = suite("weights under TransformerLens's names");

/** Sums of at most a few hundred products in another order. */
const TOLERANCE = 1e-5;

function assertClose(got: Tensor, want: Tensor): void {
  assert.equal(got.shape, want.shape);
  const gap = max(abs(sub(got, want))).dataSync()[0] ?? NaN;
  assert.ok(gap < TOLERANCE, `${gap}`);
}

/** The entry of a stack, with the axes before it gone. */
function at(x: Tensor, ...where: number[]): Tensor {
  const rest = x.shape.slice(where.length);
  const part = slice(x, [...where, ...rest.map(() => 0)], [...where.map(() => 1), ...rest]);
  return reshape(part, rest);
}

/** Every head's part of `[1, pos, head, n]`, as `[pos, n]`. */
function head(x: Tensor, i: number): Tensor {
  const [, pos = 0, , n = 0] = x.shape;
  return reshape(slice(x, [0, 0, i, 0], [1, pos, 1, n]), [pos, n]);
}

function eachHead(model: Transformer, check: (layer: number, i: number, key: number) => void): void {
  model.config.blocks.forEach(({ attention: { nHeads, nKeyHeads } }, layer) => {
    for (let i = 0; i < nHeads; i++) check(layer, i, Math.floor(i / (nHeads / nKeyHeads)));
  });
}

// Plain, grouped heads, one key head, biases of all kinds, fused and interleaved in the file, no norm of queries.
for (const name of [
  "gpt2",
  "llama",
  "qwen2",
  "gpt-neox",
  "falcon",
  "falcon-mqa",
  "bloom",
  "starcoder2",
  "olmo",
]) {
  test(`${name}: what a head reads and writes is computed by its W_Q, W_K, W_V and W_O`, async () => {
    using model = await loadModel(familyFolder(name), { points: ["attn.hook_result"] });
    using hooked = new ActivationCaching("blocks.**").prepare(model);
    tidy(() => {
      hooked.call(tensor2d([[14, 61, 88, 67, 38, 5]], undefined, "int32"));
      const site = (path: string): Tensor => hooked.cache.get(["fwd", path]);
      eachHead(model, (layer, i, key) => {
        const attn = `blocks.${layer}.attn`;
        const read = reshape(site(`blocks.${layer}.ln1`), [6, -1]);
        for (const [letter, found, which] of [
          ["Q", "q", i],
          ["K", "k", key],
          ["V", "v", key],
        ] as const) {
          const product = matMul(read, at(model[`W_${letter}`], layer, i) as never);
          assertClose(
            add(product, at(model[`b_${letter}`], layer, i)),
            head(site(`${attn}.hook_${found}`), which),
          );
        }
        const written = matMul(head(site(`${attn}.hook_z`), i), at(model.W_O, layer, i) as never);
        assertClose(written, head(site(`${attn}.hook_result`), i));
      });
    });
  });
}

for (const name of ["gpt2", "llama", "gpt-neox", "olmo2", "bert"]) {
  test(`${name}: MLPs and logits are computed by W_in, W_out, W_U and their biases`, async () => {
    using model = await loadModel(familyFolder(name));
    using hooked = new ActivationCaching(["blocks.0.**", "unembed.**"]).prepare(model);
    tidy(() => {
      hooked.call(tensor2d([[14, 61, 88, 67, 38, 5]], undefined, "int32"));
      const rows = (path: string): Tensor => {
        const value = hooked.cache.get<Tensor>(["fwd", path]);
        return reshape(value, [6, -1]);
      };
      const post = matMul(rows("blocks.0.mlp.hook_post"), at(model.W_out, 0) as never);
      assertClose(add(post, at(model.b_out, 0)), rows("blocks.0.mlp.out"));
      assertClose(
        add(matMul(rows("unembed.hook_in"), model.W_U as never), model.b_U),
        rows("unembed.hook_out"),
      );
    });
  });
}

test("shapes are TransformerLens's, heads of keys repeated", async () => {
  using model = await loadModel(familyFolder("llama"));
  const { dModel: d, dVocab, blocks } = model.config;
  const { nHeads: h, nKeyHeads, dHead } = blocks[0]!.attention; // it has layers
  const l = blocks.length;
  const dMlp = blocks[0]!.mlp.dMlp;
  assert.ok(nKeyHeads < h);
  for (const name of ["W_Q", "W_K", "W_V"] as const) assert.equal(model[name].shape, [l, h, d, dHead]);
  for (const name of ["b_Q", "b_K", "b_V"] as const) assert.equal(model[name].shape, [l, h, dHead]);
  assert.equal(
    [model.W_O.shape, model.b_O.shape],
    [
      [l, h, dHead, d],
      [l, d],
    ],
  );
  for (const name of ["W_in", "W_gate"] as const) assert.equal(model[name].shape, [l, d, dMlp]);
  for (const name of ["b_in", "b_gate"] as const) assert.equal(model[name].shape, [l, dMlp]);
  assert.equal(
    [model.W_out.shape, model.b_out.shape],
    [
      [l, dMlp, d],
      [l, d],
    ],
  );
  assert.equal([model.W_E.shape, model.W_U.shape, model.b_U.shape], [[dVocab, d], [d, dVocab], [dVocab]]);
});

test("the embedding is the parameter itself; copies are made once, also in a scope, and end with the model", async () => {
  const model = await loadModel(familyFolder("gpt2"));
  assert.is(model.W_E, model.weights.get("embed.weight"));
  assert.is(model.W_pos, model.weights.get("embed.positions"));
  const made = tidy(() => model.W_Q);
  assert.is(made.isDisposed, false);
  assert.is(model.W_Q, made);
  model.dispose();
  assert.is(made.isDisposed, true);
  const refused = [
    "MODEL_DISPOSED",
    "This gpt2 model was disposed, and its weights with it. Call it inside the scope of its `using`.",
  ];
  assert.equal(
    failure(() => model.W_Q),
    refused,
  );
  assert.equal(
    failure(() => model.W_E),
    refused,
  );
});

test("an encoder's layers come before the decoder's", async () => {
  using model = await loadModel<EncoderDecoder>(familyFolder("bart"));
  const { dModel: d, dVocab, encoder, decoder } = model.config;
  const { nHeads: h, dHead } = encoder[0]!.attention; // it has layers
  const l = encoder.length + decoder.length;
  assert.equal(model.W_Q.shape, [l, h, d, dHead]);
  assert.equal(
    [model.W_out.shape, model.W_U.shape, model.b_U.shape],
    [[l, encoder[0]!.mlp.dMlp, d], [d, dVocab], [dVocab]],
  );
  assert.is(model.W_pos, model.weights.get("embed.positions"));
  tidy(() => {
    for (const [layer, path] of [
      [0, "encoder.0"],
      [encoder.length, "decoder.0"],
    ] as const) {
      assertClose(at(model.W_in, layer), model.weights.get(`${path}.mlp.in.weight`));
      assertClose(
        at(model.W_O, layer, 1),
        slice(model.weights.get(`${path}.attn.o.weight`), [dHead, 0], [dHead, d]),
      );
    }
  });
});

test("of images the unembedding gives classes, and computes the logits", async () => {
  using model = await loadModel<ImageClassifier>(familyFolder("vit"));
  const { dModel: d, classes, blocks, imageSize, channels } = model.config;
  assert.equal([model.W_U.shape, model.b_U.shape], [[d, classes], [classes]]);
  assert.is(model.W_Q.shape[0], blocks.length);
  using hooked = new ActivationCaching("unembed.*").prepare(model);
  tidy(() => {
    const logits = hooked.call(fill([1, channels, imageSize, imageSize], 0.5));
    assertClose(
      add(matMul(hooked.cache.get(["fwd", "unembed.hook_in"]), model.W_U as never), model.b_U),
      logits,
    );
  });
});

test("a state space model has what its embedding and unembedding are, and no other", async () => {
  using model = await loadModel<StateSpaceModel>(familyFolder("mamba"));
  using t5 = await loadModel<EncoderDecoder>(familyFolder("t5"));
  const { dModel: d, dVocab } = model.config;
  assert.equal([model.W_E.shape, model.W_U.shape, model.b_U.shape], [[dVocab, d], [d, dVocab], [dVocab]]);
  const hint = "`weights.names` lists the parameters that it has.";
  assert.equal(
    failure(() => model.W_Q),
    ["WEIGHT_ABSENT", `A mamba model has no W_Q: its layers have neither attention nor MLPs. ${hint}`],
  );
  assert.equal(
    failure(() => t5.W_pos),
    ["WEIGHT_ABSENT", `A t5 model has no W_pos: its positions are not learned. ${hint}`],
  );
});

test("layers of several sizes are not stacked", () => {
  const sizes = {
    d_model: 8,
    vocab_size: 7,
    encoder_layers: 1,
    decoder_layers: 1,
    max_position_embeddings: 9,
  };
  const heads = { encoder_attention_heads: 2, decoder_attention_heads: 4 };
  const widths = { encoder_ffn_dim: 12, decoder_ffn_dim: 16 };
  using model = randomModel<EncoderDecoder>({ model_type: "bart", ...sizes, ...heads, ...widths });
  const hint = "`weights.names` lists the parameters that it has.";
  for (const name of ["W_K", "W_in"] as const)
    assert.equal(
      failure(() => model[name]),
      ["WEIGHT_ABSENT", `A bart model has no ${name}: its layers differ in size. ${hint}`],
    );
  assert.equal(model.b_O.shape, [2, 8]);
});

test("a matrix that a family does not have is refused with the reason", async () => {
  using llama = await loadModel(familyFolder("llama"));
  using gpt2 = await loadModel(familyFolder("gpt2"));
  using mixtral = await loadModel(familyFolder("mixtral"));
  const hint = "`weights.names` lists the parameters that it has.";
  const is = (what: string): string[] => ["WEIGHT_ABSENT", `${what}. ${hint}`];
  assert.equal(
    failure(() => llama.W_pos),
    is("A llama model has no W_pos: its positions are not learned"),
  );
  assert.equal(
    failure(() => gpt2.W_gate),
    is("A gpt2 model has no W_gate: its MLPs are not gated"),
  );
  assert.equal(
    failure(() => mixtral.W_in),
    is("A mixtral model has no W_in: its MLPs are experts; see `weights` under blocks.0.mlp.experts"),
  );
});

test.run();

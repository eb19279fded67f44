import { readdirSync } from "node:fs";
import { type EncoderDecoder, FAMILIES, type ImageClassifier, loadModel } from "@hookdict/models";
import { isTensor } from "@hookdict/tensordict";
import { ActivationCaching } from "@hookdict/latent";
import {
  abs,
  add,
  matMul,
  max,
  slice,
  squeeze,
  sub,
  tensor2d,
  tidy,
  transpose,
  zeros,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure, failure } from "../../support/failure.ts";
import { familyFolder, variants } from "./variants.ts";

const test = suite("Families");

/** Sums of at most a few hundred products in another order. */
const TOLERANCE = 2e-4;

function farthest(a: Tensor, b: Tensor): number {
  return tidy(() => max(abs(sub(a, b))).dataSync()[0] ?? Number.NaN);
}

test("every file of the folder is in the list", () => {
  const folder = new URL("../../../packages/models/src/families/", import.meta.url);
  const files = readdirSync(folder).filter((name) => name !== "families.ts");
  assert.is(FAMILIES.length, files.length);
  assert.is(new Set(FAMILIES.flatMap(({ modelTypes }) => modelTypes)).size >= files.length, true);
});

for (const name of variants("decoder")) {
  test(`${name}: a padded row gives what it gives alone, wherever the padding stands`, async () => {
    using model = await loadModel(familyFolder(name));
    tidy(() => {
      const ids = [14, 61, 88, 67, 38, 5];
      const alone = model.call(tensor2d([ids], undefined, "int32"));
      for (const padding of ["left", "right"] as const) {
        const pad = padding === "left" ? [0, 0, 0, ...ids] : [...ids, 0, 0, 0];
        const one = padding === "left" ? [0, 0, 0, 1, 1, 1, 1, 1, 1] : [1, 1, 1, 1, 1, 1, 0, 0, 0];
        const other = [9, 8, 7, 6, 5, 4, 3, 2, 1];
        const both = model.call(tensor2d([pad, other], undefined, "int32"), {
          attentionMask: tensor2d([one, other.map(() => 1)], undefined, "int32"),
        });
        const own = slice(both, [0, padding === "left" ? 3 : 0, 0], [1, 6, both.shape[2] ?? 1]);
        assert.ok(farthest(own, alone) < TOLERANCE, `${padding}: ${farthest(own, alone)}`);
      }
    });
  });

  test(`${name}: the residual stream is the sum of what is written, values are mixed by the pattern`, async () => {
    using model = await loadModel(familyFolder(name));
    using hooked = new ActivationCaching("blocks.0.**.hook_*").prepare(model);
    tidy(() => {
      hooked.call(tensor2d([[14, 61, 88, 67, 38, 5]], undefined, "int32"));
      const at = (path: string): Tensor => hooked.cache.get(["fwd", `blocks.0.${path}`]);
      const written = add(at("hook_attn_out"), at("hook_mlp_out"));
      const block = model.config.blocks[0];
      if (block?.order !== "post" && block?.isResidualNormed !== true) {
        const gap = farthest(add(at("hook_resid_pre"), written), at("hook_resid_post"));
        assert.ok(gap < TOLERANCE, `residual: ${gap}`);
      }
      const [pattern, v, z] = [at("attn.hook_pattern"), at("attn.hook_v"), at("attn.hook_z")];
      const { nHeads = 1, nKeyHeads = 1, clip } = block?.attention ?? {};
      if (clip !== undefined) return; // hook_v stands before the clamp
      const group = nHeads / nKeyHeads;
      for (let head = 0; head < nHeads; head++) {
        const key = Math.floor(head / group);
        const one = slice(pattern, [0, head, 0, 0], [1, 1, 6, 6]);
        const values = transpose(slice(v, [0, 0, key, 0], [1, 6, 1, v.shape[3] ?? 1]), [0, 2, 1, 3]);
        const mixed = transpose(slice(z, [0, 0, head, 0], [1, 6, 1, z.shape[3] ?? 1]), [0, 2, 1, 3]);
        assert.ok(farthest(matMul(one, values), mixed) < TOLERANCE);
      }
    });
  });
}

for (const name of [...variants("decoder"), "bert", "albert", "distilbert", "electra", "roberta"]) {
  test(`${name}: what an MLP gives is its last matrix's of hook_post, and every site declares the axes that its values have`, async () => {
    using model = await loadModel(familyFolder(name), { points: ["attn.hook_result", "hook_mlp_in"] });
    using hooked = new ActivationCaching("**").prepare(model);
    tidy(() => {
      hooked.call(tensor2d([[14, 61, 88, 67, 38, 5]], undefined, "int32"));
      const at = (path: string): Tensor => hooked.cache.get(["fwd", path]);
      model.config.blocks.forEach(({ mlp }, layer) => {
        if (mlp.experts !== undefined) return;
        const path = `blocks.${layer}.mlp`;
        const bias = model.weights.find(`${path}.out.bias`);
        const product = matMul(
          squeeze(at(`${path}.hook_post`), [0]),
          model.weights.get(`${path}.out.weight`),
        );
        const given = squeeze(at(`${path}.out`), [0]);
        const gap = farthest(bias === undefined ? product : add(product, bias), given);
        assert.ok(gap < TOLERANCE, `${path}: ${gap}`);
      });
      for (const { path, axes } of hooked.sites) {
        if (!hooked.cache.has(["fwd", path])) continue;
        const value = hooked.cache.get<unknown>(["fwd", path]);
        if (!isTensor(value)) continue;
        assert.is(axes?.length, value.rank, `${path} declares ${String(axes)}`);
      }
    });
  });
}

test("a run that stops at a layer and goes on from there gives what one run gives", async () => {
  using model = await loadModel(familyFolder("llama"));
  tidy(() => {
    const tokens = tensor2d([[14, 61, 88]], undefined, "int32");
    const stream = model.call(tokens, { stopAtLayer: -2 });
    assert.equal(stream.shape, [1, 3, 32]);
    assert.is(farthest(model.call(stream, { startAtLayer: 1 }), model.call(tokens)), 0);
    assert.equal(
      failure(() => model.call(tokens, { stopAtLayer: 4 })),
      [
        "LAYER_RANGE",
        '"stopAtLayer" is 4; the model has 3 layers. Give an integer from -3 to 3; negative ones count from the end.',
      ],
    );
    assert.equal(
      failure(() => model.call(tokens, { startAtLayer: 1 })),
      [
        "RESIDUAL_SHAPE",
        "A run that starts at a layer takes float32 [batch, pos, 32]; got int32 [1, 3]. Give what a run with { stopAtLayer } gave.",
      ],
    );
  });
});

test("a mask that does not fit, and a decoder without tokens, are refused", async () => {
  using model = await loadModel(familyFolder("llama"));
  using pair = await loadModel<EncoderDecoder>(familyFolder("t5"));
  tidy(() => {
    const tokens = tensor2d([[14, 61, 88]], undefined, "int32");
    const masked = (mask: number[]): readonly [string, string] =>
      failure(() => model.call(tokens, { attentionMask: tensor2d([mask], undefined, "int32") }));
    assert.equal(masked([1, 1]), [
      "MASK_SHAPE",
      "The attention mask has shape [1, 2]; the tokens have [1, 3]. Give one number for each token: 1, or 0 for padding.",
    ]);
    const hint = "It must be 1 for a token and 0 for padding, with at least one token in each row.";
    assert.equal(masked([1, 2, 1]), ["MASK_VALUES", `The attention mask has the value 2. ${hint}`]);
    // Rows of numbers say the same, and are looked at alike.
    const rows = (attentionMask: unknown): readonly [string, string] =>
      failure(() => model.call(tokens, { attentionMask: attentionMask as number[][] }));
    assert.equal(rows([[1, 1]]), masked([1, 1]));
    assert.is(rows([[1, 1, 1], [1, 1]])[0], "MASK_SHAPE"); // prettier-ignore
    assert.equal(rows([[1, 2, 1]]), masked([1, 2, 1]));
    assert.is(rows("101")[0], "ARGUMENT_INVALID");
    assert.is(
      farthest(
        model.call(tokens, { attentionMask: [[0, 1, 1]] }),
        model.call(tokens, { attentionMask: tensor2d([[0, 1, 1]]) }),
      ),
      0,
    );
    assert.equal(masked([0, 0, 0]), [
      "MASK_VALUES",
      `Row 0 of the attention mask has no token at all. ${hint}`,
    ]);
    assert.equal(
      failure(() => pair.call(tokens, {} as never)), // as plain JavaScript may call it
      [
        "DECODER_TOKENS_MISSING",
        "A t5 model was called without tokens for its decoder. Call it as model.call(tokens, { decoderTokens }), both int32 [batch, pos].",
      ],
    );
  });
});

test("pixels of another shape or dtype than the model's are refused", async () => {
  using model = await loadModel<ImageClassifier>(familyFolder("vit"));
  const { channels, imageSize: size } = model.config;
  tidy(() => {
    const refused = (shape: number[], dtype: "float32" | "int32"): void =>
      assert.equal(
        failure(() => model.call(zeros(shape, dtype))),
        [
          "PIXELS_SHAPE",
          `Pixels must be float32 [batch, ${channels}, ${size}, ${size}]; got ${dtype} [${shape.join(", ")}]. ` +
            "Resize the image, put channels first, and normalise it as the model's preprocessor does.",
        ],
      );
    refused([1, size, size, channels], "float32");
    refused([channels, size, size], "float32");
    refused([1, channels, size, size], "int32");
  });
});

test("a family that is not known is named", async () => {
  const config = new TextEncoder().encode('{"model_type": "abacus"}');
  const known = FAMILIES.flatMap(({ modelTypes }) => modelTypes).join(", ");
  assert.equal(await asyncFailure(loadModel({ "config.json": config })), [
    "MODEL_TYPE_UNKNOWN",
    `memory/config.json: "model_type" is "abacus", which no family reads. Known: ${known}.`,
  ]);
});

test.run();

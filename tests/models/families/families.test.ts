import { readdirSync } from "node:fs";
import { FAMILIES, loadModel } from "@hookdict/models";
import { ActivationCaching } from "@hookdict/latent";
import { add, matMul, max, abs, mul, slice, sub, sum, tensor2d, tidy, transpose, type Tensor } from "@tensorflow/tfjs-core";
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
  const files = readdirSync(folder).filter((name) => name !== "index.ts");
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
          attentionMask: [one, other.map(() => 1)],
        });
        const own = slice(both, [0, padding === "left" ? 3 : 0, 0], [1, 6, both.shape[2] ?? 1]);
        assert.ok(farthest(own, alone) < TOLERANCE, `${padding}: ${farthest(own, alone)}`);
      }
    });
  });

  test(`${name}: the residual stream is the sum of what is written, values are mixed by the pattern`, async () => {
    using model = await loadModel(familyFolder(name));
    using hooked = new ActivationCaching("blocks.0.**").prepare(model);
    tidy(() => {
      hooked.call(tensor2d([[14, 61, 88, 67, 38, 5]], undefined, "int32"));
      const at = (path: string): Tensor => hooked.cache.get(["fwd", `blocks.0.${path}`]) as Tensor;
      const written = add(at("hook_attn_out"), at("hook_mlp_out"));
      if (model.config.block.order !== "post" && model.config.block.isResidualNormalised !== true) {
        const gap = farthest(add(at("hook_resid_pre"), written), at("hook_resid_post"));
        assert.ok(gap < TOLERANCE, `residual: ${gap}`);
      }
      const [pattern, v, z] = [at("attn.hook_pattern"), at("attn.hook_v"), at("attn.hook_z")];
      const group = model.config.nHeads / model.config.nKeyHeads;
      for (let head = 0; head < model.config.nHeads; head++) {
        const key = Math.floor(head / group);
        const one = slice(pattern, [0, head, 0, 0], [1, 1, 6, 6]);
        const values = transpose(slice(v, [0, 0, key, 0], [1, 6, 1, v.shape[3] ?? 1]), [0, 2, 1, 3]);
        const mixed = transpose(slice(z, [0, 0, head, 0], [1, 6, 1, z.shape[3] ?? 1]), [0, 2, 1, 3]);
        assert.ok(farthest(matMul(one, values), mixed) < TOLERANCE);
      }
    });
  });
}

test("a head's results add up to what attention writes, and are computed when they are hooked", async () => {
  using model = await loadModel(familyFolder("llama"));
  using hooked = new ActivationCaching("blocks.0.{attn.hook_result,hook_attn_out,hook_[qkv]_input}").prepare(model);
  tidy(() => {
    const tokens = tensor2d([[14, 61, 88]], undefined, "int32");
    const plain = model.call(tokens);
    assert.ok(farthest(hooked.call(tokens), mul(plain, 1)) < TOLERANCE);
    const result = hooked.cache.get(["fwd", "blocks.0.attn.hook_result"]) as Tensor;
    const out = hooked.cache.get(["fwd", "blocks.0.hook_attn_out"]) as Tensor;
    assert.ok(farthest(sum(result, 2), out) < TOLERANCE);
    assert.equal(hooked.cache.get(["fwd", "blocks.0.hook_k_input"]).shape, [1, 3, 2, 32]);
  });
});

test("a run that stops at a layer and goes on from there gives what one run gives", async () => {
  using model = await loadModel(familyFolder("llama"));
  tidy(() => {
    const tokens = tensor2d([[14, 61, 88]], undefined, "int32");
    const residual = model.call(tokens, { stopAtLayer: 1 });
    assert.equal(residual.shape, [1, 3, 32]);
    assert.is(farthest(model.call(residual, { startAtLayer: 1 }), model.call(tokens)), 0);
  });
});

test("inputs that do not fit are refused, and nothing stays behind", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  using pair = await loadModel(familyFolder("t5"));
  tidy(() => {
    const tokens = tensor2d([[14, 61, 88]], undefined, "int32");
    assert.equal(
      failure(() => model.call(tokens, { attentionMask: [[1, 1]] })),
      [
        "MODEL_INPUT_SHAPE",
        '"attentionMask" is [1, 2]; the tokens call for [1, 3]. Give one value for each token.',
      ],
    );
    assert.equal(
      failure(() => model.call(tokens, { stopAtLayer: 4 })),
      [
        "LAYER_RANGE",
        '"stopAtLayer" is 4; the model has 3 layers. Give an integer from -3 to 3; negative ones count from the end.',
      ],
    );
    assert.equal(
      failure(() => model.call(tokens, { positions: [[62, 63, 64]] })),
      ["TOKENS_TOO_LONG", "The tokens are 65 long; the model has 64 positions. Shorten the text."],
    );
    assert.equal(
      failure(() => pair.call(tokens)),
      [
        "NO_DECODER_TOKENS",
        "The model has a decoder, and got no tokens for it. Give { decoderTokens }, int32 [batch, pos], which begin with the token that decoders start with.",
      ],
    );
  });
});

test("a family that is not known is named", async () => {
  const config = new TextEncoder().encode('{"model_type": "abacus"}');
  const known = FAMILIES.flatMap(({ modelTypes }) => modelTypes).join(", ");
  assert.equal(await asyncFailure(loadModel({ "config.json": config })), [
    "MODEL_TYPE_UNKNOWN",
    `memory/config.json: "model_type" is "abacus", which is no family that is known. Known: ${known}.`,
  ]);
});

test.run();
